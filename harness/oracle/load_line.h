// SPDX-License-Identifier: Apache-2.0
// How far the rules let a find_largest step go. No formula of its own: the rules about an
// allocation are asked as the child asks the kernel, by bisection.
#pragma once

#include "harness/oracle/memory_state.h"

namespace memqual::oracle {

/// The line for `step`, which is the workload's step number `index`, in a process that holds
/// `state`. Sizes are literal.
LoadLine load_line(const Situation& situation, const MemoryState& state, const FindLargest& step,
                   std::size_t index);

/// "RLIMIT_AS - address space in use", in the names of the rule's arithmetic.
std::string_view formula_of(LimitingRule rule);

}  // namespace memqual::oracle
