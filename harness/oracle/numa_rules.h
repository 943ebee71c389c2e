// SPDX-License-Identifier: Apache-2.0
// Memory policies and cpusets (mm/mempolicy.c, kernel/cgroup/cpuset.c), as of 6.18; bind,
// interleave and preferred say the same since 3.8, MPOL_LOCAL a mode of its own since 5.14. A
// request is never refused for them: they decide at touch where a page comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "harness/oracle/memory_state.h"
#include "harness/oracle/oracle.h"
#include "harness/oracle/step_outcome.h"

namespace memqual::oracle {

using Nodes = std::set<std::uint32_t>;

/// Nodes beyond which no page of the case can lie, whatever is full: those that the cpuset leaves,
/// and of these those of MPOL_BIND (mm/mempolicy.c policy_nodemask). Nothing where these are all
/// nodes with memory, or the machine does not tell them.
std::optional<Nodes> only_nodes(const Situation& situation);

/// Nodes on which `bytes` of fresh pages may come to lie. A policy other than bind falls back to
/// other nodes where its own are full (mm/page_alloc.c get_page_from_freelist over the zonelist):
/// they are left out where at least twice as much is free. Empty where the machine tells no nodes.
Nodes possible_nodes(const Situation& situation, std::uint64_t bytes);

/// What the nodes of only_nodes() have, in bytes.
struct NodeMemory {
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
  std::string name;  ///< "free memory of NUMA node 1"
};
NodeMemory memory_of(const Nodes& nodes, const HostFacts& facts);

/// What a placement step finds of `set`: nothing to say, or misplaced pages.
StepOutcome placement_outcome(const Situation& situation, const BlockSet& set,
                              const Placement& step);

}  // namespace memqual::oracle
