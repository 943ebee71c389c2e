// SPDX-License-Identifier: Apache-2.0
// Where cases run. One real executor and, in tests, a fake.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "harness/plan/plan.h"
#include "scenarios/model/result.h"
#include "scenarios/model/run_record.h"

namespace memqual {

/// Runs cases one after the other. Each worker thread has its own executor.
class Executor {
 public:
  virtual ~Executor() = default;
  /// One attempt at a case that the plan lets run: settings applied, run, observed, settings
  /// undone, judged. Never throws; trouble is a verdict of status ERROR.
  virtual Attempt execute(const PlannedCase& planned, std::uint32_t attempt) = 0;
};

using ExecutorFactory = std::function<Result<std::unique_ptr<Executor>>()>;

}  // namespace memqual
