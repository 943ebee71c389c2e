// SPDX-License-Identifier: Apache-2.0
// The run: the picture of the design, as a function.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/executor/executor.h"
#include "harness/plan/plan.h"
#include "harness/spawn/child_launcher.h"
#include "reports/sink.h"
#include "scenarios/model/run_record.h"

namespace memqual {

struct RunOptions {
  unsigned workers = 1;
  std::uint32_t max_fail = 0;             ///< stop after so many failed cases; 0: never
  std::uint64_t memory_budget_bytes = 0;  ///< of all cases that run at one time
  StopToken stop;
  /// Called when all cases have ended, before the reports are written.
  std::function<void(RunRecord&)> all_ended;
};

/// Runs a plan and tells the sinks. `record` has identity, host facts and command line; it is
/// returned with cases, times and exit code. Cases that change the system run alone, after all
/// others; the record keeps the order of the plan. A sink's error is a note and exit code 3, and
/// the other sinks still get the run.
RunRecord run_plan(const std::vector<PlannedCase>& plan, RunRecord record,
                   const RunOptions& options, const ExecutorFactory& make_executor,
                   const std::vector<std::unique_ptr<Sink>>& sinks);

/// "memqual run FILE -n HASH": repeats one case alone.
std::string repeat_command(const Case& test_case);

}  // namespace memqual
