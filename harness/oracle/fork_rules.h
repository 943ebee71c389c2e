// SPDX-License-Identifier: Apache-2.0
// What fork charges again.
#pragma once

#include <cstdint>

#include "harness/oracle/memory_state.h"
#include "harness/oracle/step_outcome.h"
#include "harness/oracle/system_rules.h"

namespace memqual::oracle {

struct ForkCharge {
  std::uint64_t all = 0;         ///< of every mapping together
  std::uint64_t largest = 0;     ///< of one mapping, where all neighbours have merged
  bool may_be_more = false;      ///< by what mprotect may have left charged
  std::uint64_t surely_one = 0;  ///< of the largest that is one mapping for certain
};

/// mm/mmap.c dup_mmap charges mapping by mapping; mm/vma.c is_mergeable_vma says what is one.
ForkCharge fork_charge(const MemoryState& state, std::uint64_t page);

/// mm/mmap.c dup_mmap, VM_DONTCOPY: `set` is neither mapped nor counted in the copy. Behind headers
/// the whole pages are not.
void leave_out_of(MemoryState& copy, BlockSet& set, std::uint64_t page);

/// posix_spawn is vfork: nothing is copied, and nothing charged but a stack that the C library maps
/// for the new process. Where very little is left that is too much.
StepOutcome spawn_outcome(const SystemRules& rules, const Situation& situation,
                          const MemoryState& state);

/// One of the processes that `step` makes, each charged `charge_bytes`, and what it shares with its
/// parent until one of them writes. Page tables of what was written are copied (mm/memory.c
/// vma_needs_copy), the others are not.
struct ForkedCopy {
  MemoryState state;
  std::uint64_t held_bytes = 0;  ///< resident in the parent: private pages and page tables
};
ForkedCopy forked_copy(const SystemRules& rules, const Situation& situation,
                       const MemoryState& parent, const Fork& step, std::uint64_t charge_bytes);

/// All copies are there before the first begins, each with page tables of its own; `other_bytes`
/// are resident besides, and shared.
StepOutcome copies_made(const SystemRules& rules, const Situation& situation,
                        const ForkedCopy& copy, std::uint64_t other_bytes, std::uint64_t copies);

/// What a copy of `parent` charges at most, by all steps of `workload` together.
std::uint64_t most_charged(const SystemRules& rules, const Situation& situation,
                           const MemoryState& parent, const std::vector<WorkloadStep>& workload);

/// What the copies wrote into shared pages stays when they are gone.
void take_over_shared(MemoryState& parent, const MemoryState& copy);

}  // namespace memqual::oracle
