// SPDX-License-Identifier: Apache-2.0
// A question on the command line as a Case: no YAML. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scenarios/model/case.h"
#include "scenarios/model/result.h"

namespace memqual {

/// The words of `explain --alloc`. Empty: not said.
struct AllocationQuestion {
  std::string what;         ///< "210000x210000 float64", or a size as in a scenario
  std::uint64_t count = 1;  ///< blocks
  std::string using_;       ///< word of AllocateUsing, or "numpy" (np.zeros: calloc)
  std::string touch;        ///< "write", "read" or ""
};

/// "210000x210000 float64" -> 352800000000 bytes, elsewhere parse_size. An array's text is kept for
/// messages. Errors: as parse_size; an unknown element type; more than 2^63-1 bytes.
Result<Size> parse_allocation(std::string_view text);

/// A case named "alloc" with one allocate step and, where asked for, a touch of it. An array is
/// np.zeros where `using_` is not said, anything else malloc. Errors: see parse_allocation; unknown
/// words; no blocks.
Result<Case> case_of(const AllocationQuestion& question);

/// "vm.overcommit_memory=1", "rlimit.address_space=4 GiB", "cgroup.memory_max=64 MiB": lays one
/// setting over `environment`. Errors name the settings there are.
Status apply_setting(Environment& environment, std::string_view text);

}  // namespace memqual
