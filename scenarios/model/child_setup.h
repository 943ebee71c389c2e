// SPDX-License-Identifier: Apache-2.0
// What a case process needs to know: its own settings, resolved to numbers, and its steps.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/model/environment.h"
#include "scenarios/model/workload.h"

namespace memqual {

struct ResolvedRlimit {
  RlimitResource resource = RlimitResource::address_space;
  bool unlimited = false;
  std::uint64_t value = 0;  ///< bytes or a count; soft and hard
  /// address_space and data: `value` is added to what the process has when the limit is set.
  bool beyond_own_use = false;
  bool operator==(const ResolvedRlimit&) const = default;
};

/// Sizes of the data caches that one core sees; 0 where not known.
struct CacheBytes {
  std::uint64_t l1 = 0;
  std::uint64_t l2 = 0;
  std::uint64_t l3 = 0;
  bool operator==(const CacheBytes&) const = default;
};

/// Applied inside the case process, in this order: oom_score_adj, process group, parent-death
/// signal, aslr and stack limit with a fresh image, variables, processors and memory policy, the
/// other rlimits, user, user namespace.
struct ChildSetup {
  int oom_score_adj = 1000;
  std::vector<ResolvedRlimit> rlimits;
  bool disable_aslr = false;
  bool fresh_image =
      false;  ///< exec the child program again instead of running in the forked image
  std::optional<std::uint32_t> uid;  ///< with gid: drop to this user, all capabilities gone
  std::optional<std::uint32_t> gid;
  std::optional<NumaPolicy> numa_policy;
  std::vector<std::uint32_t> numa_nodes;  ///< of the policy
  std::vector<std::uint32_t> cpus;        ///< may run on these only; empty: as the harness
  bool namespace_root = false;            ///< root of a user namespace of its own
  std::map<std::string, std::string> variables;
  std::string scratch_dir;  ///< for Allocate using file; empty where no step needs it
  CacheBytes caches;        ///< for kernel steps, which choose tiles by them
  /// CPUs of each memory node, as "0-3,8"; for the threads of kernel steps. Empty: one node.
  std::vector<std::string> node_cpus;
  bool operator==(const ChildSetup&) const = default;
};

/// Everything sent to the child program for one case. Every Size in `workload` is literal.
struct ChildProgram {
  ChildSetup setup;
  std::vector<WorkloadStep> workload;
  bool operator==(const ChildProgram&) const = default;
};

}  // namespace memqual
