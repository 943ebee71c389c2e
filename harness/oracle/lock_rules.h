// SPDX-License-Identifier: Apache-2.0
// How much memory may be locked.
#pragma once

#include "harness/oracle/capacity.h"
#include "harness/oracle/memory_state.h"

namespace memqual::oracle {

/// Bytes of all blocks that mlock counts: whole pages only.
PageRange lockable_bytes(const BlockSet& set, std::uint64_t page);

/// RLIMIT_MEMLOCK about the blocks of `set`.
Capacity memlock_rule(const Situation& situation, const MemoryState& state, const BlockSet& set);

}  // namespace memqual::oracle
