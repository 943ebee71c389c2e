// SPDX-License-Identifier: Apache-2.0
// Texts that teach: what a case is and does here, what a run would do, what this host is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/plan/plan.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/result.h"

namespace memqual {

/// `explain CASE`: settings with the file and line each comes from, workload with sizes on this
/// host, expectation, plan and the command that repeats the case. Ends with a newline.
std::string explain_case(const PlannedCase& planned, const HostFacts& facts);

/// A line for each size that is not literal, with its bytes on this host. Forks too.
std::string explain_sizes(const std::vector<WorkloadStep>& workload, const HostFacts& facts);

/// `run --dry-run`: what runs, what does not and why, which settings would be changed and restored.
std::string explain_plan(const std::vector<PlannedCase>& plan, const HostFacts& facts,
                         std::uint64_t memory_budget_bytes);

/// `doctor`: every fact with its source, what memqual can do here, and what would unlock the rest.
/// `no_cgroup` is why no memory cgroup can be made; nullptr where one can.
std::string explain_host(const HostFacts& facts, const Error* no_cgroup);

}  // namespace memqual
