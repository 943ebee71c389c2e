// SPDX-License-Identifier: Apache-2.0
// ChildTrace + evidence -> Observation. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/spawn/child_trace.h"
#include "scenarios/model/observation.h"
#include "scenarios/model/result.h"
#include "scenarios/model/workload.h"

namespace memqual {

/// What the host says about a case, collected around it.
struct CaseEvidence {
  std::optional<std::uint64_t>
      oom_kills;           ///< by the kernel in the case's own cgroup, during the case
  std::string oom_source;  ///< "cgroup v2 memory.events oom_kill"
  Fact<std::uint64_t> cgroup_peak_bytes;
  Fact<std::uint64_t> cgroup_swap_peak_bytes;
  std::vector<std::string> kernel_log;  ///< lines that name one of the case's processes
};

/// Exactly one of the three is there.
struct Interpretation {
  std::optional<Observation> observation;
  std::optional<Error> unsupported;  ///< what the host lacks: a privilege, a device
  std::optional<Error> trouble;      ///< the harness or the scenario is at fault: no verdict
};

/// Decides how the case ended and where each figure comes from. SIGKILL is an OOM kill only with
/// evidence: the cgroup's counter, or a kernel log line about one of the case's processes.
Interpretation interpret(const ChildTrace& trace, const std::vector<WorkloadStep>& workload,
                         const CaseEvidence& evidence);

/// Process ids that the trace names: the case and the commands it ran.
std::vector<std::int64_t> processes_of(const ChildTrace& trace);

/// "ENOMEM"; "errno 4711" for one without a name.
std::string errno_name(int error);

}  // namespace memqual
