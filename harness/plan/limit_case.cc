// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/limit_case.h"

#include <algorithm>

namespace memqual {
namespace {

// Short, because it comes twice for each attempt.
constexpr std::uint32_t kRounds = 3;

}  // namespace

std::uint32_t limit_threads(const Case& test_case) {
  std::uint32_t threads = 1;
  for (const WorkloadStep& step : test_case.workload)
    if (const auto* kernel = std::get_if<Kernel>(&step.action)) threads = kernel->threads;
  return threads;
}

std::optional<Case> limit_case_for(const Case& test_case) {
  if (!test_case.expect.throughput) return std::nullopt;
  const std::vector<BandwidthOperation> named = limits_of(*test_case.expect.throughput);
  if (named.empty()) return std::nullopt;
  Bandwidth step;
  step.operations = {BandwidthOperation::read, BandwidthOperation::nt_write,
                     BandwidthOperation::copy};
  for (const BandwidthOperation operation : named)
    if (std::find(step.operations.begin(), step.operations.end(), operation) ==
        step.operations.end())
      step.operations.push_back(operation);
  const std::uint32_t threads = limit_threads(test_case);
  step.threads = {1};  // one and two are the control of any more
  for (const std::uint32_t more : {std::uint32_t{2}, threads})
    if (threads > 1 && more != step.threads.back()) step.threads.push_back(more);
  step.rounds = kRounds;
  Case measurement;
  measurement.scenario = "machine_limit";
  measurement.summary = "What this machine's memory gives";
  measurement.workload = {{std::move(step), ""}};
  measurement.expect.none = true;
  set_identity(measurement);
  return measurement;
}

}  // namespace memqual
