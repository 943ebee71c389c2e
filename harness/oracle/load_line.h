// SPDX-License-Identifier: Apache-2.0
// How far the rules let a step go that goes as far as it can: find_largest, and a touch in a
// cgroup. No formula of its own: the rules about an allocation are asked as the child asks the
// kernel, by bisection.
#pragma once

#include <optional>

#include "harness/oracle/memory_state.h"

namespace memqual::oracle {

/// The line for `step`, which is the workload's step number `index`, in a process that holds
/// `state`. Sizes are literal.
LoadLine load_line(const Situation& situation, const MemoryState& state, const FindLargest& step,
                   std::size_t index);

/// How much of `set`, of which nothing is resident yet, `step` gets through before it is killed for
/// the case's own cgroup limit. Nothing where it surely gets through, or where another limit is
/// less.
std::optional<LoadLine> touch_line(const Situation& situation, const MemoryState& state,
                                   const BlockSet& set, const Touch& step, std::size_t index);

/// "RLIMIT_AS - address space in use", in the names of the rule's arithmetic.
std::string_view formula_of(LimitingRule rule);

}  // namespace memqual::oracle
