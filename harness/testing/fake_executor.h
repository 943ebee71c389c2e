// SPDX-License-Identifier: Apache-2.0
// An executor that runs nothing, and watches what is asked of it by how many at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/executor/executor.h"

namespace memqual::testing {

inline Attempt attempt_of(CaseStatus status) {
  Attempt made;
  made.verdict.status = status;
  if (status != CaseStatus::pass) made.verdict.reason = "as the test says";
  made.observation = Observation{};
  return made;
}

/// What the executors of one run saw together. Must outlive the run.
class FakeHost {
 public:
  using Script = std::function<Attempt(const PlannedCase& planned, std::uint32_t attempt)>;

  explicit FakeHost(std::uint64_t budget_bytes = 0, Script script = {})
      : budget_bytes_(budget_bytes), script_(std::move(script)) {}

  ExecutorFactory factory() {
    return [this]() -> Result<std::unique_ptr<Executor>> {
      return std::unique_ptr<Executor>(std::make_unique<FakeExecutor>(*this));
    };
  }

  /// Scenario and attempt ("a 1"), in the order of their beginning.
  const std::vector<std::string>& log() const { return log_; }
  std::size_t most_at_once() const { return most_at_once_; }
  std::uint64_t most_bytes_at_once() const { return most_bytes_at_once_; }
  /// Times that something ran beside an exclusive case.
  std::size_t overlaps() const { return overlaps_; }

 private:
  class FakeExecutor : public Executor {
   public:
    explicit FakeExecutor(FakeHost& host) : host_(host) {}
    Attempt execute(const PlannedCase& planned, std::uint32_t attempt) override {
      host_.enter(planned, attempt);
      // Long enough for another worker to come in, were it let in.
      for (int i = 0; i < 200; ++i) std::this_thread::yield();
      const Attempt made =
          host_.script_ ? host_.script_(planned, attempt) : attempt_of(CaseStatus::pass);
      host_.leave(planned);
      return made;
    }

   private:
    FakeHost& host_;
  };

  void enter(const PlannedCase& planned, std::uint32_t attempt) {
    const std::lock_guard lock(mutex_);
    log_.push_back(planned.test_case.scenario + " " + std::to_string(attempt));
    ++running_;
    if (planned.exclusive) ++running_exclusive_;
    if (running_exclusive_ > 0 && running_ > 1) ++overlaps_;
    running_bytes_ += std::min(planned.memory_need_bytes, budget_bytes_);
    most_at_once_ = std::max(most_at_once_, running_);
    most_bytes_at_once_ = std::max(most_bytes_at_once_, running_bytes_);
  }
  void leave(const PlannedCase& planned) {
    const std::lock_guard lock(mutex_);
    --running_;
    if (planned.exclusive) --running_exclusive_;
    running_bytes_ -= std::min(planned.memory_need_bytes, budget_bytes_);
  }

  std::uint64_t budget_bytes_;
  Script script_;
  std::mutex mutex_;
  std::vector<std::string> log_;
  std::size_t running_ = 0;
  std::size_t running_exclusive_ = 0;
  std::size_t overlaps_ = 0;
  std::size_t most_at_once_ = 0;
  std::uint64_t running_bytes_ = 0;
  std::uint64_t most_bytes_at_once_ = 0;
};

}  // namespace memqual::testing
