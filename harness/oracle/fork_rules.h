// SPDX-License-Identifier: Apache-2.0
// What fork charges again.
#pragma once

#include <cstdint>

#include "harness/oracle/memory_state.h"

namespace memqual::oracle {

struct ForkCharge {
  std::uint64_t all = 0;         ///< of every mapping together
  std::uint64_t largest = 0;     ///< of one mapping, where all neighbours have merged
  std::uint64_t surely_one = 0;  ///< of the largest that is one mapping for certain
};

/// mm/mmap.c dup_mmap charges mapping by mapping; mm/vma.c is_mergeable_vma says what is one.
ForkCharge fork_charge(const MemoryState& state, std::uint64_t page);

}  // namespace memqual::oracle
