// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/measuring_executor.h"

#include <optional>
#include <utility>

#include "harness/judge/judge_throughput.h"
#include "harness/plan/limit_case.h"

namespace memqual {
namespace {

std::vector<BandwidthFigure> figures_of(const Attempt& attempt) {
  if (!attempt.observation || attempt.observation->steps.empty()) return {};
  return attempt.observation->steps.front().bandwidth;
}

class MeasuringExecutor : public Executor {
 public:
  explicit MeasuringExecutor(std::unique_ptr<Executor> inner) : inner_(std::move(inner)) {}

  Attempt execute(const PlannedCase& planned, std::uint32_t attempt) override {
    const std::optional<Case> limit_case = limit_case_for(planned.test_case);
    if (!limit_case) {
      Attempt result = inner_->execute(planned, attempt);
      judge_throughput(planned.test_case, result);
      return result;
    }
    PlannedCase measurement;
    measurement.test_case = *limit_case;
    MachineLimit limit;
    limit.threads = limit_threads(planned.test_case);
    limit.before = figures_of(inner_->execute(measurement, attempt));
    Attempt result = inner_->execute(planned, attempt);
    if (!result.observation) return result;
    limit.after = figures_of(inner_->execute(measurement, attempt));
    limit.doubt = doubt_about(limit);
    result.observation->machine_limit = std::move(limit);
    judge_throughput(planned.test_case, result);
    return result;
  }

 private:
  std::unique_ptr<Executor> inner_;
};

}  // namespace

std::unique_ptr<Executor> make_measuring_executor(std::unique_ptr<Executor> inner) {
  return std::make_unique<MeasuringExecutor>(std::move(inner));
}

}  // namespace memqual
