// SPDX-License-Identifier: Apache-2.0
// The case that measures the machine for another case. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "scenarios/model/case.h"

namespace memqual {

/// Threads of the last kernel step, which is what `expect.throughput` is about; 1 where there is
/// none.
std::uint32_t limit_threads(const Case& test_case);

/// The case that measures for `test_case`: reading, writing, copying and what its bound names, with
/// as many threads, under the host's own settings. Nothing where the case is held against no share
/// of the machine's limit.
std::optional<Case> limit_case_for(const Case& test_case);

}  // namespace memqual
