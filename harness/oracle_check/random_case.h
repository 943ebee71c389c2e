// SPDX-License-Identifier: Apache-2.0
// Random cases that a machine survives: what is touched is bounded, by a cgroup or by the case.
#pragma once

#include <cstdint>

#include "scenarios/model/case.h"
#include "scenarios/model/host_facts.h"

namespace memqual::oracle_check {

/// The most that a case without a cgroup makes resident.
inline constexpr std::uint64_t kTouchBudget = 64 * kMiB;
/// The most that a cgroup lets a case make resident.
inline constexpr std::uint64_t kLargestCgroup = 256 * kMiB;

struct CaseOptions {
  bool cgroups = false;         ///< some cases get a memory cgroup
  bool system_changes = false;  ///< some cases get an overcommit mode
  bool other_user = false;      ///< some cases run as nobody
};

/// The same for the same seed, facts and options. The sizes lie around the boundaries that `facts`
/// and the case's own limits make; every size is literal.
Case random_case(std::uint64_t seed, const HostFacts& facts, const CaseOptions& options);

}  // namespace memqual::oracle_check
