// SPDX-License-Identifier: Apache-2.0
// What happens when granted memory is used.
#pragma once

#include <optional>

#include "harness/oracle/capacity.h"
#include "harness/oracle/memory_state.h"

namespace memqual::oracle {

/// What a touch of one set makes resident, as an interval: huge pages may round it up.
struct Footprint {
  std::uint64_t least_bytes = 0;
  std::uint64_t most_bytes = 0;
  std::uint64_t page_table_bytes = 0;
};
Footprint footprint_of(const BlockSet& set, const Touch& touch, const HostFacts& facts);

/// The memory limit over everything that holds the case: its own cgroup, those above it, the host.
struct MemoryLimit {
  LimitingRule rule = LimitingRule::host_memory;
  std::uint64_t least_bytes = 0;  ///< without swap
  std::uint64_t most_bytes = 0;   ///< with all the swap it may use
  std::string name;
  std::string source;
  std::string more = "swap";  ///< what the difference of the two is
};
MemoryLimit memory_limit(const Situation& situation);

/// `surely` 1: the process surely lives with `least..most` resident; `possibly` 0: it is surely
/// killed.
Capacity residency_rule(const Situation& situation, std::uint64_t least_bytes,
                        std::uint64_t most_bytes);

/// memory.high of the case's own cgroup (v2): `surely` 0 where the process may be slowed down so
/// much that the case times out. It is never killed for it.
Capacity high_rule(const Situation& situation, std::uint64_t most_bytes);

}  // namespace memqual::oracle
