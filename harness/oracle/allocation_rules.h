// SPDX-License-Identifier: Apache-2.0
// One function per rule that a request for address space meets.
#pragma once

#include <vector>

#include "harness/oracle/capacity.h"
#include "harness/oracle/memory_state.h"

namespace memqual::oracle {

/// Every rule's answer about `request.count` blocks of `shape`, in the kernel's order of checks.
std::vector<Capacity> allocation_rules(const Situation& situation, const MemoryState& state,
                                       const Allocate& request, const BlockShape& shape);

/// The overcommit rule alone, about `requests` charges of `charge_bytes` each: mprotect and fork
/// are charged like a new mapping. In mode 0 the kernel may see so much `more` or `less`.
Capacity overcommit_rule(const Situation& situation, const MemoryState& state,
                         std::uint64_t charge_bytes, std::uint64_t more_bytes = 0,
                         std::uint64_t less_bytes = 0);

/// RLIMIT_DATA alone, about charges of `data_bytes` each.
Capacity rlimit_data_rule(const Situation& situation, const MemoryState& state,
                          std::uint64_t data_bytes, bool on_heap);

/// The same for mprotect to writable: mm/mprotect.c mprotect_fixup refuses only where the range as
/// it is could be mapped once more, so a full RLIMIT_AS lets RLIMIT_DATA pass.
Capacity mprotect_data_rule(const Situation& situation, const MemoryState& state,
                            std::uint64_t data_bytes);

/// The soft limit in force for the case: its own where the scenario sets one, else the host's.
/// kUnlimited where there is none.
std::uint64_t rlimit_of(const Situation& situation, RlimitResource resource);

}  // namespace memqual::oracle
