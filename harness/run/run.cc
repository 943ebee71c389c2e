// SPDX-License-Identifier: Apache-2.0
#include "harness/run/run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "harness/judge/judge.h"
#include "harness/run/clock.h"
#include "harness/run/memory_gate.h"

namespace memqual {
namespace {

bool counts_as_failure(CaseStatus status) {
  return status == CaseStatus::fail || status == CaseStatus::timeout ||
         status == CaseStatus::xpass || status == CaseStatus::flaky || status == CaseStatus::error;
}

CaseRecord record_without_run(const PlannedCase& planned, const Verdict& verdict) {
  CaseRecord record = record_of(planned.test_case);
  record.repeat_command = repeat_command(planned.test_case) + planned.repeat_options;
  record.verdict = verdict;
  return record;
}

CaseRecord run_case(const PlannedCase& planned, Executor& executor, const StopToken& stop) {
  CaseRecord record = record_of(planned.test_case);
  record.repeat_command = repeat_command(planned.test_case) + planned.repeat_options;
  for (std::uint32_t attempt = 1; attempt <= planned.test_case.repeat; ++attempt) {
    record.attempts.push_back(executor.execute(planned, attempt));
    if (stop.level() > 0) break;
  }
  record.verdict = judge_attempts(record.attempts);
  return record;
}

// Hands out indices to workers and collects what they return; the main thread takes results in the
// order in which cases end.
class Board {
 public:
  Board(const std::vector<PlannedCase>& plan, std::deque<std::size_t> todo, std::uint32_t max_fail,
        const StopToken& stop)
      : plan_(plan), todo_(std::move(todo)), max_fail_(max_fail), stop_(stop) {}

  /// `place` is where the worker is, and becomes where its next case runs.
  std::optional<std::size_t> next(std::string& place) {
    const std::lock_guard lock(mutex_);
    if (todo_.empty() || halted_ || stop_.level() > 0) return std::nullopt;
    const auto chosen = choose(place);
    const std::size_t index = *chosen;
    todo_.erase(chosen);
    if (const auto left = taken_.find(place); left != taken_.end()) taken_.erase(left);
    place = plan_[index].place;
    taken_.insert(place);
    return index;
  }
  void put(std::size_t index, CaseRecord record) {
    {
      const std::lock_guard lock(mutex_);
      if (counts_as_failure(record.verdict.status)) ++failures_;
      if (max_fail_ > 0 && failures_ >= max_fail_) halted_ = true;
      ended_.emplace_back(index, std::move(record));
    }
    changed_.notify_one();
  }
  void worker_left() {
    {
      const std::lock_guard lock(mutex_);
      --workers_;
    }
    changed_.notify_one();
  }
  void workers_start(unsigned count) { workers_ = count; }
  /// Nothing: all workers have left and every result was taken.
  std::optional<std::pair<std::size_t, CaseRecord>> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ended_.empty() || workers_ == 0; });
    if (ended_.empty()) return std::nullopt;
    auto result = std::move(ended_.front());
    ended_.pop_front();
    return result;
  }

 private:
  /// To move is dear: stay, or else go where nobody is.
  std::deque<std::size_t>::iterator choose(const std::string& place) {
    const auto first_at = [&](const auto& wanted) {
      return std::find_if(todo_.begin(), todo_.end(),
                          [&](std::size_t index) { return wanted(plan_[index].place); });
    };
    const auto here = first_at([&](const std::string& there) { return there == place; });
    if (here != todo_.end()) return here;
    const auto empty = first_at([&](const std::string& there) { return !taken_.contains(there); });
    return empty != todo_.end() ? empty : todo_.begin();
  }

  const std::vector<PlannedCase>& plan_;
  std::multiset<std::string> taken_;  ///< places that have a worker
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> todo_;
  std::deque<std::pair<std::size_t, CaseRecord>> ended_;
  std::uint32_t max_fail_;
  const StopToken& stop_;
  unsigned workers_ = 0;
  std::uint32_t failures_ = 0;
  bool halted_ = false;
};

class PlanRun {
 public:
  PlanRun(const std::vector<PlannedCase>& plan, RunRecord record, const RunOptions& options,
          const ExecutorFactory& make_executor, const std::vector<std::unique_ptr<Sink>>& sinks)
      : plan_(plan),
        record_(std::move(record)),
        options_(options),
        make_executor_(make_executor),
        sinks_(sinks),
        slots_(plan.size()) {}

  RunRecord run() {
    const auto start = std::chrono::steady_clock::now();
    record_.started_at = now_rfc3339();
    for (const auto& sink : sinks_) sink->run_started(record_, plan_.size());
    tell_what_does_not_run();
    run_phase(false, std::max(1u, options_.workers));
    run_phase(true, 1);  // one at a time, nothing beside it
    collect();
    record_.finished_at = now_rfc3339();
    record_.duration_ms =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                       std::chrono::steady_clock::now() - start)
                                       .count());
    record_.exit_code = exit_code_of(record_);
    if (options_.all_ended) options_.all_ended(record_);
    tell_sinks();
    return std::move(record_);
  }

 private:
  void settle(std::size_t index, CaseRecord record) {
    ++ended_;
    if (counts_as_failure(record.verdict.status)) ++failures_;
    for (const auto& sink : sinks_) sink->case_ended(record, ended_, plan_.size());
    slots_[index] = std::move(record);
  }

  void tell_what_does_not_run() {
    for (std::size_t i = 0; i < plan_.size(); ++i)
      if (plan_[i].not_run) settle(i, record_without_run(plan_[i], *plan_[i].not_run));
  }

  std::deque<std::size_t> phase(bool exclusive) const {
    std::deque<std::size_t> todo;
    if (options_.max_fail > 0 && failures_ >= options_.max_fail) return todo;
    for (std::size_t i = 0; i < plan_.size(); ++i)
      if (!plan_[i].not_run && plan_[i].exclusive == exclusive) todo.push_back(i);
    return todo;
  }

  void run_phase(bool exclusive, unsigned workers) {
    std::deque<std::size_t> todo = phase(exclusive);
    if (todo.empty()) return;
    workers = static_cast<unsigned>(std::min<std::size_t>(workers, todo.size()));
    const std::uint32_t allowed =
        options_.max_fail > 0 ? options_.max_fail - static_cast<std::uint32_t>(failures_) : 0;
    Board board(plan_, std::move(todo), allowed, options_.stop);
    MemoryGate gate(options_.memory_budget_bytes);
    board.workers_start(workers);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < workers; ++i) threads.emplace_back([&] { work(board, gate); });
    while (auto result = board.take()) settle(result->first, std::move(result->second));
    for (std::thread& thread : threads) thread.join();
  }

  void work(Board& board, MemoryGate& gate) {
    Result<std::unique_ptr<Executor>> executor = make_executor_();
    std::string place;
    while (const std::optional<std::size_t> index = board.next(place)) {
      const PlannedCase& planned = plan_[*index];
      if (!executor) {
        Verdict verdict;
        verdict.status = CaseStatus::error;
        verdict.reason = executor.error().message;
        verdict.hint = executor.error().hint;
        board.put(*index, record_without_run(planned, verdict));
        continue;
      }
      gate.enter(planned.memory_need_bytes);
      CaseRecord record = run_case(planned, **executor, options_.stop);
      gate.leave(planned.memory_need_bytes);
      board.put(*index, std::move(record));
    }
    board.worker_left();
  }

  void collect() {
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (!slots_[i]) {
        Verdict verdict;
        verdict.status = CaseStatus::not_run;
        verdict.reason =
            options_.stop.level() > 0 ? "the run was stopped" : "--max-fail was reached";
        slots_[i] = record_without_run(plan_[i], verdict);
      }
      record_.complete = record_.complete && slots_[i]->verdict.status != CaseStatus::not_run;
      record_.cases.push_back(*std::move(slots_[i]));
    }
  }

  void tell_sinks() {
    for (const auto& sink : sinks_) {
      const Status status = sink->run_ended(record_);
      if (status) continue;
      record_.notes.push_back("a report was not written: " + to_string(status.error()));
      record_.exit_code = 3;
    }
  }

  const std::vector<PlannedCase>& plan_;
  RunRecord record_;
  const RunOptions& options_;
  const ExecutorFactory& make_executor_;
  const std::vector<std::unique_ptr<Sink>>& sinks_;
  std::vector<std::optional<CaseRecord>> slots_;
  std::size_t ended_ = 0;
  std::size_t failures_ = 0;
};

}  // namespace

std::string repeat_command(const Case& test_case) {
  std::string command = "memqual run " + test_case.origin.file + " -n " +
                        (test_case.chosen_by.empty() ? test_case.hash : test_case.chosen_by);
  if (test_case.environment.machine) return command + " --on lab:" + *test_case.environment.machine;
  if (is_machine_scope(test_case.environment)) command += " --allow-system-changes";
  return command;
}

RunRecord run_plan(const std::vector<PlannedCase>& plan, RunRecord record,
                   const RunOptions& options, const ExecutorFactory& make_executor,
                   const std::vector<std::unique_ptr<Sink>>& sinks) {
  return PlanRun(plan, std::move(record), options, make_executor, sinks).run();
}

}  // namespace memqual
