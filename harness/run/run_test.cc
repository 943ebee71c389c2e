// SPDX-License-Identifier: Apache-2.0
#include "harness/run/run.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <set>
#include <thread>

#include "harness/testing/fake_executor.h"
#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

using Names = std::vector<std::string>;
using Sinks = std::vector<std::unique_ptr<Sink>>;

/// What a sink was told. Owned by the test, because the run owns the sink.
struct Told {
  std::size_t total = 0;
  std::size_t started = 0;
  std::size_t run_ends = 0;
  Names cases;
  std::vector<std::size_t> counts;
  std::vector<std::thread::id> threads;
  RunRecord record;
};

class RecordingSink : public Sink {
 public:
  RecordingSink(Told& told, Status answer) : told_(told), answer_(std::move(answer)) {}
  void run_started(const RunRecord& record, std::size_t total) override {
    BOOST_TEST(record.cases.empty());
    BOOST_TEST(!record.started_at.empty());
    note_thread();
    ++told_.started;
    told_.total = total;
  }
  void case_ended(const CaseRecord& record, std::size_t ended, std::size_t total) override {
    note_thread();
    BOOST_TEST(total == told_.total);
    told_.cases.push_back(record.scenario);
    told_.counts.push_back(ended);
  }
  Status run_ended(const RunRecord& record) override {
    note_thread();
    ++told_.run_ends;
    told_.record = record;
    return answer_;
  }

 private:
  void note_thread() { told_.threads.push_back(std::this_thread::get_id()); }
  Told& told_;
  Status answer_;
};

void add_sink(Sinks& sinks, Told& told, Status answer = done()) {
  sinks.push_back(std::make_unique<RecordingSink>(told, std::move(answer)));
}

PlannedCase planned(const std::string& name, std::uint64_t need_bytes = 0) {
  PlannedCase made;
  made.test_case = make_case(name);
  made.memory_need_bytes = need_bytes;
  return made;
}
PlannedCase exclusive(const std::string& name) {
  PlannedCase made = planned(name);
  made.exclusive = true;
  return made;
}
PlannedCase refused(const std::string& name, CaseStatus status) {
  PlannedCase made = planned(name);
  made.not_run = Verdict{status, "the plan says so", "and how to change it", {}};
  return made;
}

/// 24 cases: every third is exclusive, every fifth does not run.
std::vector<PlannedCase> mixed_plan() {
  std::vector<PlannedCase> plan;
  for (int i = 0; i < 24; ++i) {
    const std::string name = "c" + std::to_string(i);
    if (i % 5 == 4)
      plan.push_back(refused(name, CaseStatus::skip));
    else
      plan.push_back(i % 3 == 2 ? exclusive(name) : planned(name));
  }
  return plan;
}

Names scenarios_of(const RunRecord& record) {
  Names names;
  for (const CaseRecord& entry : record.cases) names.push_back(entry.scenario);
  return names;
}

/// "PASS FAIL NOT_RUN"
std::string statuses_of(const RunRecord& record) {
  std::string text;
  for (const CaseRecord& entry : record.cases)
    text += (text.empty() ? "" : " ") + std::string(to_word(entry.verdict.status));
  return text;
}

/// Fails the cases whose name begins with "fail".
Attempt by_name(const PlannedCase& case_of_plan, std::uint32_t) {
  const bool fails = case_of_plan.test_case.scenario.starts_with("fail");
  return attempt_of(fails ? CaseStatus::fail : CaseStatus::pass);
}

RunOptions with_workers(unsigned workers) {
  RunOptions options;
  options.workers = workers;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run)

BOOST_AUTO_TEST_CASE(the_record_keeps_the_order_of_the_plan) {
  const std::vector<PlannedCase> plan = mixed_plan();
  Names expected;
  for (const PlannedCase& entry : plan) expected.push_back(entry.test_case.scenario);
  for (const unsigned workers : {0u, 1u, 2u, 4u, 64u}) {
    FakeHost host;
    RunRecord record;
    record.run_id = "the run";
    record = run_plan(plan, std::move(record), with_workers(workers), host.factory(), {});
    BOOST_TEST(scenarios_of(record) == expected, boost::test_tools::per_element());
    BOOST_TEST(host.log().size() == 20u);
    BOOST_TEST(record.run_id == "the run");
    BOOST_TEST(record.complete);
    BOOST_TEST(record.exit_code == 0);
    BOOST_TEST(record.finished_at >= record.started_at);
    BOOST_TEST(host.most_at_once() <= std::max(1u, workers));
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_run_keeps_the_words_of_the_plan) {
  FakeHost host;
  const RunRecord record =
      run_plan({refused("a", CaseStatus::unsupported)}, {}, {}, host.factory(), {});
  BOOST_TEST(record.cases.at(0).verdict.reason == "the plan says so");
  BOOST_TEST(record.cases.at(0).verdict.hint == "and how to change it");
  BOOST_TEST(record.cases.at(0).attempts.empty());
  BOOST_TEST(host.log().empty());
  BOOST_TEST(record.exit_code == 4);
  BOOST_TEST(record.complete);  // nothing is outstanding
}

BOOST_AUTO_TEST_CASE(an_empty_plan_is_still_a_run) {
  FakeHost host;
  Told told;
  Sinks sinks;
  add_sink(sinks, told);
  const RunRecord record = run_plan({}, {}, with_workers(4), host.factory(), sinks);
  BOOST_TEST(record.exit_code == 4);
  BOOST_TEST(told.started == 1u);
  BOOST_TEST(told.run_ends == 1u);
  BOOST_TEST(told.cases.empty());
}

BOOST_AUTO_TEST_CASE(sinks_hear_everything_once_and_from_one_thread) {
  FakeHost host;
  Told first, second;
  Sinks sinks;
  add_sink(sinks, first);
  add_sink(sinks, second);
  const std::vector<PlannedCase> plan = mixed_plan();
  const RunRecord record = run_plan(plan, {}, with_workers(4), host.factory(), sinks);
  for (const Told& told : {first, second}) {
    BOOST_TEST(told.total == plan.size());
    BOOST_TEST(told.started == 1u);
    BOOST_TEST(told.run_ends == 1u);
    BOOST_REQUIRE(told.counts.size() == plan.size());
    for (std::size_t i = 0; i < told.counts.size(); ++i) BOOST_TEST(told.counts[i] == i + 1);
    for (const std::thread::id id : told.threads) BOOST_TEST((id == std::this_thread::get_id()));
    BOOST_TEST((std::set<std::string>(told.cases.begin(), told.cases.end()).size() == plan.size()));
    BOOST_TEST((told.record.cases == record.cases));
  }
}

BOOST_AUTO_TEST_CASE(workers_run_cases_side_by_side) {
  // Nobody leaves before all four have come: with fewer workers than asked for this would not end.
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool met = true;
  FakeHost host(0, [&](const PlannedCase&, std::uint32_t) {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    met = changed.wait_for(lock, std::chrono::seconds(20), [&] { return inside == 4; }) && met;
    return attempt_of(CaseStatus::pass);
  });
  run_plan({planned("a"), planned("b"), planned("c"), planned("d")}, {}, with_workers(4),
           host.factory(), {});
  BOOST_TEST(met);
  BOOST_TEST(host.most_at_once() == 4u);
}

BOOST_AUTO_TEST_CASE(exclusive_cases_run_alone_and_last) {
  FakeHost host;
  run_plan(mixed_plan(), {}, with_workers(4), host.factory(), {});
  BOOST_TEST(host.overlaps() == 0u);
  const Names tail(host.log().end() - 7, host.log().end());
  const Names expected{"c2 1", "c5 1", "c8 1", "c11 1", "c17 1", "c20 1", "c23 1"};
  BOOST_TEST(tail == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(max_fail_stops_and_what_is_left_is_not_run) {
  FakeHost host(0, by_name);
  RunOptions options;
  options.max_fail = 2;
  const RunRecord record =
      run_plan({planned("a"), planned("fail1"), exclusive("x"), planned("fail2"), planned("b")}, {},
               options, host.factory(), {});
  BOOST_TEST(statuses_of(record) == "PASS FAIL NOT_RUN FAIL NOT_RUN");
  BOOST_TEST(contains(record.cases[2].verdict.reason, "--max-fail"));
  BOOST_TEST(!record.complete);
  BOOST_TEST(record.exit_code == 1);
}

BOOST_AUTO_TEST_CASE(max_fail_counts_over_both_phases) {
  FakeHost host(0, by_name);
  RunOptions options;
  options.max_fail = 2;
  const RunRecord record = run_plan(
      {exclusive("fail1"), exclusive("x"), exclusive("fail3"), planned("fail2"), planned("b")}, {},
      options, host.factory(), {});
  BOOST_TEST(statuses_of(record) == "FAIL NOT_RUN NOT_RUN FAIL PASS");
}

BOOST_AUTO_TEST_CASE(an_error_of_the_plan_counts_as_a_failed_case_and_a_skip_does_not) {
  FakeHost host;
  RunOptions options;
  options.max_fail = 1;
  const RunRecord broken = run_plan({refused("broken", CaseStatus::error), planned("a")}, {},
                                    options, host.factory(), {});
  BOOST_TEST(statuses_of(broken) == "ERROR NOT_RUN");
  BOOST_TEST(broken.exit_code == 3);
  const RunRecord skipped = run_plan({refused("chosen", CaseStatus::skip), planned("a")}, {},
                                     options, host.factory(), {});
  BOOST_TEST(statuses_of(skipped) == "SKIP PASS");
}

BOOST_AUTO_TEST_CASE(a_stop_lets_nothing_more_begin) {
  std::atomic<int> level{0};
  FakeHost host(0, [&](const PlannedCase& entry, std::uint32_t) {
    if (entry.test_case.scenario == "b") level = 1;
    return attempt_of(CaseStatus::pass);
  });
  RunOptions options;
  options.stop.level = [&] { return level.load(); };
  const RunRecord record = run_plan({planned("a"), planned("b"), planned("c"), exclusive("x")}, {},
                                    options, host.factory(), {});
  BOOST_TEST(statuses_of(record) == "PASS PASS NOT_RUN NOT_RUN");
  BOOST_TEST(record.cases[3].verdict.reason == "the run was stopped");
  BOOST_TEST(!record.complete);
  BOOST_TEST(record.exit_code == 5);
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_repeats_of_a_case) {
  std::atomic<int> level{0};
  FakeHost host(0, [&](const PlannedCase&, std::uint32_t attempt) {
    if (attempt == 2) level = 1;
    return attempt_of(CaseStatus::pass);
  });
  RunOptions options;
  options.stop.level = [&] { return level.load(); };
  PlannedCase repeated = planned("a");
  repeated.test_case.repeat = 5;
  const RunRecord record = run_plan({repeated}, {}, options, host.factory(), {});
  BOOST_TEST(record.cases.at(0).attempts.size() == 2u);
}

BOOST_AUTO_TEST_CASE(repeats_run_in_order_and_are_judged_together) {
  FakeHost host(0, [](const PlannedCase&, std::uint32_t attempt) {
    return attempt_of(attempt == 2 ? CaseStatus::fail : CaseStatus::pass);
  });
  PlannedCase repeated = planned("a");
  repeated.test_case.repeat = 3;
  const RunRecord record = run_plan({repeated}, {}, with_workers(4), host.factory(), {});
  const Names expected{"a 1", "a 2", "a 3"};
  BOOST_TEST(host.log() == expected, boost::test_tools::per_element());
  BOOST_TEST(record.cases.at(0).attempts.size() == 3u);
  BOOST_TEST(statuses_of(record) == "FLAKY");
  BOOST_TEST(record.exit_code == 1);
}

BOOST_AUTO_TEST_CASE(without_an_executor_every_case_is_an_error) {
  const ExecutorFactory broken = []() -> Result<std::unique_ptr<Executor>> {
    return Error{"no executor today", "come back tomorrow"};
  };
  const RunRecord record = run_plan({planned("a"), exclusive("x"), refused("s", CaseStatus::skip)},
                                    {}, with_workers(2), broken, {});
  BOOST_TEST(statuses_of(record) == "ERROR ERROR SKIP");
  BOOST_TEST(record.cases[0].verdict.reason == "no executor today");
  BOOST_TEST(record.cases[1].verdict.hint == "come back tomorrow");
  BOOST_TEST(record.exit_code == 3);
}

BOOST_AUTO_TEST_CASE(a_report_that_cannot_be_written_is_told_and_the_others_are_written) {
  FakeHost host;
  Told failing, served;
  Sinks sinks;
  add_sink(sinks, failing, Error{"cannot write report.html", "make room on the disk"});
  add_sink(sinks, served);
  const RunRecord record = run_plan({planned("a")}, {}, {}, host.factory(), sinks);
  BOOST_REQUIRE(record.notes.size() == 1u);
  BOOST_TEST(contains(record.notes[0], "cannot write report.html"));
  BOOST_TEST(contains(record.notes[0], "make room on the disk"));
  BOOST_TEST(record.exit_code == 3);
  BOOST_TEST(served.run_ends == 1u);
  BOOST_TEST(served.record.cases.size() == 1u);
}

BOOST_AUTO_TEST_CASE(cases_share_the_memory_budget) {
  FakeHost host(kGiB);
  RunOptions options = with_workers(4);
  options.memory_budget_bytes = kGiB;
  std::vector<PlannedCase> plan;
  for (int i = 0; i < 40; ++i)
    plan.push_back(planned("c" + std::to_string(i), (i % 4 == 0 ? 600 : 150) * kMiB));
  plan.push_back(planned("above", 64 * kGiB));  // counts as the whole budget
  const RunRecord record = run_plan(plan, {}, options, host.factory(), {});
  BOOST_TEST(host.log().size() == plan.size());
  BOOST_TEST(host.most_bytes_at_once() <= kGiB);
  BOOST_TEST(record.exit_code == 0);
}

BOOST_AUTO_TEST_CASE(the_repeat_command_names_file_and_case) {
  Case test_case = make_case("zeros");
  BOOST_TEST(repeat_command(test_case) == "memqual run suite/zeros.yaml -n " + test_case.hash);
  test_case.environment.overcommit.ratio = 80;
  BOOST_TEST(repeat_command(test_case).ends_with(" --allow-system-changes"));
  FakeHost host;
  const RunRecord record =
      run_plan({planned("a"), refused("s", CaseStatus::skip)}, {}, {}, host.factory(), {});
  for (const CaseRecord& entry : record.cases)
    BOOST_TEST(contains(entry.repeat_command, entry.hash));
}

BOOST_AUTO_TEST_SUITE_END()
