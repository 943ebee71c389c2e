// SPDX-License-Identifier: Apache-2.0
#include "harness/judge/moved_facts.h"

#include <boost/test/unit_test.hpp>

#include "harness/judge/judge.h"
#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;
using oracle::Situation;

namespace {

// 8 GiB of RAM, 2 GiB of swap, mode 0.
Situation host() {
  Situation situation;
  situation.facts = laptop();
  return situation;
}

Prediction after_moving(const std::string& bytes, const Situation& before, const HostFacts& after) {
  const std::vector<WorkloadStep> workload{allocate("a", bytes)};
  Prediction prediction = oracle::predict(before, workload);
  note_moved_facts(prediction, before, workload, after);
  return prediction;
}

Case any_case(OutcomeKind expected) {
  Case test_case = make_case("c", {allocate("a", "9 GiB")});
  OutcomeRule rule;
  rule.any_of = {{expected, {}}};
  test_case.expect.rules = {rule};
  return test_case;
}

Observation ended(OutcomeKind kind) {
  Observation observation;
  observation.ending.kind = kind;
  return observation;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(moved_facts)

BOOST_AUTO_TEST_CASE(nothing_moved_says_nothing) {
  BOOST_TEST(after_moving("9 GiB", host(), host().facts).moved.empty());
}

BOOST_AUTO_TEST_CASE(swap_that_goes_decides_about_a_request_between_both_limits) {
  HostFacts after = host().facts;
  after.swap_total_bytes.value = 0;
  const Prediction prediction = after_moving("9 GiB", host(), after);
  BOOST_REQUIRE(prediction.moved.size() == 1U);
  BOOST_TEST(prediction.moved.front() == "swap_total: 2 GiB, then 0 B");
}

BOOST_AUTO_TEST_CASE(a_request_that_is_refused_or_granted_either_way_is_not_concerned) {
  HostFacts after = host().facts;
  after.mem_total_bytes.value = 4 * kGiB;
  BOOST_TEST(after_moving("1 GiB", host(), after).moved.empty());
  BOOST_TEST(after_moving("11 GiB", host(), after).moved.empty());
  BOOST_TEST(!after_moving("7 GiB", host(), after).moved.empty());
}

BOOST_AUTO_TEST_CASE(a_setting_that_somebody_writes_meanwhile_counts_too) {
  HostFacts after = host().facts;
  after.overcommit_memory.value = 1;
  const Prediction prediction = after_moving("11 GiB", host(), after);
  BOOST_REQUIRE(!prediction.moved.empty());
  BOOST_TEST(prediction.moved.front() == "overcommit_memory: 0, then 1");
}

BOOST_AUTO_TEST_CASE(a_limit_of_the_cgroup_that_appears_decides_about_what_is_touched) {
  const std::vector<WorkloadStep> workload{allocate("a", "1 GiB"), touch("a")};
  Situation before = host();
  Prediction prediction = oracle::predict(before, workload);
  HostFacts after = before.facts;
  after.cgroup_limit_bytes.set(64 * kMiB, "test");
  note_moved_facts(prediction, before, workload, after);
  BOOST_REQUIRE(!prediction.moved.empty());
  BOOST_TEST(prediction.moved.front() == "cgroup_limit: none, then 64 MiB");
}

BOOST_AUTO_TEST_CASE(an_inconclusive_case_neither_passes_nor_fails) {
  HostFacts after = host().facts;
  after.swap_total_bytes.value = 0;
  const Prediction prediction = after_moving("9 GiB", host(), after);
  for (const OutcomeKind seen : {OutcomeKind::completed, OutcomeKind::refused}) {
    const Verdict verdict =
        judge(any_case(OutcomeKind::completed), ended(seen), host().facts, &prediction);
    BOOST_TEST((verdict.status == CaseStatus::error));
    BOOST_TEST(verdict.reason.find("inconclusive") != std::string::npos, verdict.reason);
    BOOST_TEST(verdict.reason.find("swap_total: 2 GiB, then 0 B") != std::string::npos);
    BOOST_TEST(!verdict.checks.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
