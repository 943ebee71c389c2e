// SPDX-License-Identifier: Apache-2.0
// The kernel's accounting, as a model: pure, no I/O, independent of what the kernel answers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scenarios/model/child_setup.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/prediction.h"
#include "scenarios/model/workload.h"

namespace memqual::oracle {

/// What a case process owns before its first step, and by how much that may be wrong.
struct ProcessBaseline {
  std::uint64_t vsz_bytes = 3 * kMiB;
  std::uint64_t data_bytes = 512 * kKiB;  ///< the launcher's heap comes along: 0.4 to 0.8 MiB
  std::uint64_t rss_bytes = 1 * kMiB;
  std::uint64_t map_count = 40;
  std::uint64_t slack_bytes = 512 * kKiB;  ///< of the byte figures
  std::uint64_t slack_maps = 20;
};

/// Everything that decides. Facts are sampled after the settings are applied.
struct Situation {
  HostFacts facts;
  ChildSetup setup;                                      ///< rlimits and user as applied
  std::optional<std::uint64_t> cgroup_memory_max_bytes;  ///< of the case's own cgroup
  std::optional<std::uint64_t> cgroup_swap_max_bytes;
  ProcessBaseline baseline;
};

/// Steps through the workload as the kernel would. Every Size in `workload` is literal. Steps whose
/// effect is outside the model (a command) end certainty, not prediction: `not_modelled` names
/// them.
Prediction predict(const Situation& situation, const std::vector<WorkloadStep>& workload);

}  // namespace memqual::oracle
