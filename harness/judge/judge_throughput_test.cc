// SPDX-License-Identifier: Apache-2.0
#include "harness/judge/judge_throughput.h"

#include <boost/test/unit_test.hpp>

#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

Case bounded(const char* min, const char* max = "") {
  Case test_case = make_case("k", {{Kernel{}, ""}});
  ThroughputBound& bound = test_case.expect.throughput.emplace();
  if (*min != '\0') bound.min = *parse_rate(min);
  if (*max != '\0') bound.max = *parse_rate(max);
  return test_case;
}

Attempt seen(double gb_per_second) {
  Attempt attempt;
  attempt.verdict.status = CaseStatus::pass;
  StepReport& step = attempt.observation.emplace().steps.emplace_back();
  step.kernel.emplace().throughput = static_cast<std::uint64_t>(gb_per_second * 1e9);
  return attempt;
}

CaseStatus judged(const Case& test_case, Attempt attempt) {
  judge_throughput(test_case, attempt);
  return attempt.verdict.status;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(throughput_verdict)

BOOST_AUTO_TEST_CASE(an_absolute_bound_needs_no_limit) {
  BOOST_TEST((judged(bounded("2 GB/s"), seen(2)) == CaseStatus::pass));
  BOOST_TEST((judged(bounded("2 GB/s"), seen(1.99)) == CaseStatus::fail));
  BOOST_TEST((judged(bounded("", "2 GB/s"), seen(2.01)) == CaseStatus::fail));
  BOOST_TEST((judged(bounded("1 GB/s", "2 GB/s"), seen(1.5)) == CaseStatus::pass));
}

BOOST_AUTO_TEST_CASE(a_share_of_a_limit_that_nobody_measured_is_inconclusive) {
  Attempt attempt = seen(2);
  judge_throughput(bounded("80 % of copy"), attempt);
  BOOST_TEST((attempt.verdict.status == CaseStatus::error));
  BOOST_TEST(contains(attempt.verdict.reason, "not measured"));
}

BOOST_AUTO_TEST_CASE(a_kernel_that_reported_nothing_misses_its_bound) {
  Attempt attempt = seen(2);
  attempt.observation->steps[0].kernel.reset();
  BOOST_TEST((judged(bounded("2 GB/s"), attempt) == CaseStatus::fail));
  attempt.observation.reset();
  attempt.verdict.status = CaseStatus::unsupported;
  BOOST_TEST((judged(bounded("2 GB/s"), attempt) == CaseStatus::unsupported));
}

BOOST_AUTO_TEST_CASE(the_last_kernel_step_counts) {
  Attempt attempt = seen(5);
  StepReport& later = attempt.observation->steps.emplace_back();
  later.kernel.emplace().throughput = 1000000000;
  BOOST_TEST((judged(bounded("2 GB/s"), attempt) == CaseStatus::fail));
}

BOOST_AUTO_TEST_CASE(a_case_without_such_a_bound_is_left_alone) {
  Attempt attempt = seen(1);
  judge_throughput(make_case("k", {{Kernel{}, ""}}), attempt);
  BOOST_TEST(attempt.verdict.checks.empty());
}

BOOST_AUTO_TEST_SUITE_END()
