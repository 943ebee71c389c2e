// SPDX-License-Identifier: Apache-2.0
// Case + facts (sampled after the settings were applied) -> what is sent to the child. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "scenarios/model/case.h"
#include "scenarios/model/child_setup.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/result.h"

namespace memqual {

/// What the host side decided for this case.
struct ChildPlacement {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::string scratch_dir;
  std::map<std::string, std::string> identity;  ///< MEMQUAL_RUN_ID, MEMQUAL_CASE_ID, ...
};

/// Every size becomes literal. Errors: a fact that the host does not have, a size out of range.
Result<ChildProgram> make_child_program(const Case& test_case, const HostFacts& facts,
                                        const ChildPlacement& placement);

}  // namespace memqual
