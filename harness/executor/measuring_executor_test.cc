// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/measuring_executor.h"

#include <boost/test/unit_test.hpp>
#include <deque>

#include "harness/testing/sample_case.h"
#include "scenarios/model/sample_figure.h"

using namespace memqual;
using namespace memqual::testing;
using Operation = BandwidthOperation;

namespace {

/// Answers measurements with the next of `limits`, in GB/s of one-thread copying, and cases with
/// `rate`.
struct Fake : Executor {
  std::deque<double> limits;
  double rate = 0;
  double control = 1.9;
  CaseStatus status = CaseStatus::pass;
  std::vector<std::string>* log = nullptr;

  Attempt execute(const PlannedCase& planned, std::uint32_t) override {
    log->push_back(planned.test_case.scenario);
    Attempt attempt;
    attempt.verdict.status = status;
    StepReport& step = attempt.observation.emplace().steps.emplace_back();
    if (planned.test_case.scenario == "machine_limit") {
      BOOST_TEST(!planned.test_case.environment.cgroup.any());
      const double limit = limits.front();
      limits.pop_front();
      step.bandwidth = {testing::sample_figure(Operation::copy, 1, limit),
                        testing::sample_figure(Operation::copy, 2, control * limit)};
    } else {
      step.kernel.emplace().throughput = static_cast<std::uint64_t>(rate * 1e9);
    }
    return attempt;
  }
};

Case kernel_case(const std::string& least, std::uint32_t threads = 1) {
  Kernel step;
  step.threads = threads;
  Case test_case = make_case("k", {{step, ""}});
  test_case.environment.cgroup.memory_max = size("64 MiB");
  if (!least.empty()) test_case.expect.throughput.emplace().min = *parse_rate(least);
  return test_case;
}

struct Outcome {
  Attempt attempt;
  std::vector<std::string> log;
  std::string status() const { return std::string(to_word(attempt.verdict.status)); }
};

Outcome run(Case test_case, Fake fake) {
  Outcome outcome;
  fake.log = &outcome.log;
  PlannedCase planned;
  planned.test_case = std::move(test_case);
  outcome.attempt = make_measuring_executor(std::make_unique<Fake>(fake))->execute(planned, 1);
  return outcome;
}

Fake machine(std::deque<double> limits, double rate, double control = 1.9) {
  Fake fake;
  fake.limits = std::move(limits);
  fake.rate = rate;
  fake.control = control;
  return fake;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(measuring_executor)

BOOST_AUTO_TEST_CASE(only_a_case_that_is_held_against_the_machine_is_measured_around) {
  using Log = std::vector<std::string>;
  BOOST_TEST((run(kernel_case(""), machine({}, 1)).log == Log{"k"}));
  BOOST_TEST((run(kernel_case("2 GB/s"), machine({}, 3)).log == Log{"k"}));
  const Outcome measured = run(kernel_case("80 % of copy"), machine({20, 21}, 18));
  BOOST_TEST((measured.log == Log{"machine_limit", "k", "machine_limit"}));
  BOOST_REQUIRE(measured.attempt.observation->machine_limit.has_value());
  BOOST_TEST(limit_rate(*measured.attempt.observation->machine_limit, Operation::copy) == 21e9,
             boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(the_verdict_follows_the_share) {
  struct Row {
    const char* least;
    double rate;
    const char* status;
  };
  for (const Row& row :
       {Row{"80 % of copy", 16.9, "PASS"}, Row{"80 % of copy", 16.7, "FAIL"},
        Row{"300 % of copy", 20, "FAIL"}, Row{"2 GB/s", 2, "PASS"}, Row{"2 GB/s", 1.9, "FAIL"}})
    BOOST_TEST(run(kernel_case(row.least), machine({20, 21}, row.rate)).status() == row.status,
               row.least << ", " << row.rate);
}

BOOST_AUTO_TEST_CASE(the_check_shows_the_rate_the_limit_and_the_share) {
  const Outcome outcome = run(kernel_case("80 % of copy"), machine({20, 20}, 18));
  const Check& check = outcome.attempt.verdict.checks.back();
  BOOST_TEST(check.what == "throughput");
  BOOST_TEST(check.expected == ">= 80 % of copy (16.00 GB/s)");
  BOOST_TEST(check.observed == "18.00 GB/s, 90 % of copy (20.00 GB/s)");
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_doubted_never_fails_a_case) {
  const Outcome moved = run(kernel_case("80 % of copy"), machine({20, 40}, 18));
  BOOST_TEST(moved.status() == "ERROR");
  BOOST_TEST(contains(moved.attempt.verdict.reason, "inconclusive"));
  BOOST_TEST(contains(moved.attempt.verdict.reason, "moved by 50 %"));
  const Outcome no_scaling = run(kernel_case("80 % of copy", 2), machine({20, 20}, 10, 1.2));
  BOOST_TEST(no_scaling.status() == "ERROR");
  BOOST_TEST(contains(no_scaling.attempt.verdict.reason, "copied 120 % as fast as one"));
  // No doubt explains less than half of what is demanded.
  BOOST_TEST(run(kernel_case("300 % of copy"), machine({20, 40}, 18)).status() == "FAIL");
  // What is fast enough all the same is fast enough.
  const Outcome fast = run(kernel_case("80 % of copy", 2), machine({20, 20}, 23, 1.2));
  BOOST_TEST(fast.status() == "PASS");
  BOOST_TEST(!fast.attempt.observation->machine_limit->doubt.empty());
}

BOOST_AUTO_TEST_CASE(what_failed_before_stays_what_it_is_and_what_is_known_to_fail_is_known) {
  Fake fake = machine({20, 20}, 1);
  fake.status = CaseStatus::fail;
  BOOST_TEST(run(kernel_case("80 % of copy"), fake).status() == "FAIL");
  Fake known = machine({20, 20}, 1);
  known.status = CaseStatus::xpass;
  BOOST_TEST(run(kernel_case("80 % of copy"), known).status() == "XFAIL");
}

BOOST_AUTO_TEST_SUITE_END()
