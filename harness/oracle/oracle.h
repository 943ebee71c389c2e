// SPDX-License-Identifier: Apache-2.0
// The kernel's accounting, as a model: pure, no I/O, independent of what the kernel answers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scenarios/model/child_setup.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/prediction.h"
#include "scenarios/model/process_baseline.h"
#include "scenarios/model/workload.h"

namespace memqual::oracle {

/// Everything that decides. Facts are sampled after the settings are applied.
struct Situation {
  HostFacts facts;
  ChildSetup setup;                                      ///< rlimits and user as applied
  std::optional<std::uint64_t> cgroup_memory_max_bytes;  ///< of the case's own cgroup
  std::optional<std::uint64_t> cgroup_swap_max_bytes;
  std::optional<std::uint64_t> cgroup_memory_high_bytes = {};
  std::vector<std::uint32_t> cpuset_mems = {};  ///< of the case's own cgroup; empty: not limited
  ProcessBaseline baseline;
};

/// Steps through the workload as the kernel would. Every Size in `workload` is literal. Steps whose
/// effect is outside the model (a command) end certainty, not prediction: `not_modelled` names
/// them.
Prediction predict(const Situation& situation, const std::vector<WorkloadStep>& workload);

}  // namespace memqual::oracle
