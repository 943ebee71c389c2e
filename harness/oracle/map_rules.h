// SPDX-License-Identifier: Apache-2.0
// vm.max_map_count: how many mappings a process may have.
#pragma once

#include "harness/oracle/capacity.h"
#include "harness/oracle/memory_state.h"

namespace memqual::oracle {

/// Blocks of `shape`, each mapped by a call of its own.
Capacity map_count_rule(const Situation& situation, const MemoryState& state,
                        const BlockShape& shape);

/// brk makes the heap longer: no new mapping, but too many of them are too many here as well.
Capacity break_count_rule(const Situation& situation, const MemoryState& state);

/// Blocks of `set` whose whole pages are marked: between headers each is a mapping of its own, with
/// an unmarked one beside it.
Capacity split_rule(const Situation& situation, const MemoryState& state, const BlockSet& set);

/// How many mappings that makes at most.
std::uint64_t split_mappings(const BlockSet& set);

}  // namespace memqual::oracle
