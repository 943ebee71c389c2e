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

/// How mlock makes pages resident (mm/gup.c populate_vma_page_range).
inline Access populating_access(const BlockSet& set) {
  const bool writes = set.access == Protection::read_write && !set.shape.always_own_mapping;
  return writes ? Access::write : Access::read;
}

}  // namespace memqual::oracle
