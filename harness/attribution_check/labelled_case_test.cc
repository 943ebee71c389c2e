// SPDX-License-Identifier: Apache-2.0
#include "harness/attribution_check/labelled_case.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::attribution_check;

namespace {

HostFacts host() {
  HostFacts facts = testing::laptop_as_root();
  facts.max_map_count.set(65530, "test");
  facts.huge_pages_total.set(0, "test");
  facts.hugetlb_page_size_bytes.set(2 * kMiB, "test");
  facts.cap_ipc_lock.set(true, "test");
  return facts;
}

std::map<LimitingRule, int> count_causes(const std::vector<LabelledCase>& cases) {
  std::map<LimitingRule, int> counts;
  for (const LabelledCase& labelled : cases) ++counts[labelled.cause];
  return counts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(labelled_case)

BOOST_AUTO_TEST_CASE(two_hundred_cases_show_every_cause_that_needs_no_other_mode) {
  const auto cases = labelled_cases({}, host());
  BOOST_TEST(cases.size() == 200U);
  const auto counts = count_causes(cases);
  for (const LimitingRule rule :
       {LimitingRule::ptrdiff_max, LimitingRule::map_count, LimitingRule::address_space,
        LimitingRule::memlock, LimitingRule::rlimit_as, LimitingRule::rlimit_data,
        LimitingRule::overcommit_guess, LimitingRule::hugetlb_pool, LimitingRule::protection})
    BOOST_TEST(counts.count(rule) == 1U, to_word(rule));
  BOOST_TEST(counts.count(LimitingRule::overcommit_never) == 0U);
  for (const LabelledCase& labelled : cases)
    BOOST_TEST(!is_machine_scope(labelled.test_case.environment));
}

BOOST_AUTO_TEST_CASE(strict_accounting_is_shown_where_the_mode_may_be_set) {
  const auto counts = count_causes(labelled_cases({1, 200, true}, host()));
  BOOST_TEST(counts.at(LimitingRule::overcommit_never) > 10);
}

BOOST_AUTO_TEST_CASE(the_same_seed_makes_the_same_cases_and_another_does_not) {
  const auto hashes = [](std::uint64_t seed) {
    std::set<std::string> all;
    for (const LabelledCase& labelled : labelled_cases({seed, 100, false}, host()))
      all.insert(labelled.test_case.hash);
    return all;
  };
  BOOST_TEST((hashes(1) == hashes(1)));
  BOOST_TEST((hashes(1) != hashes(2)));
}

BOOST_AUTO_TEST_CASE(what_a_host_cannot_show_is_left_out) {
  HostFacts facts = host();
  facts.huge_pages_total.set(8, "test");
  facts.cap_ipc_lock.set(false, "test");
  const auto counts = count_causes(labelled_cases({}, facts));
  BOOST_TEST(counts.count(LimitingRule::hugetlb_pool) == 0U);
  for (const LabelledCase& labelled : labelled_cases({}, facts))
    BOOST_TEST(labelled.what.find("what may not be read") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_a_case_that_needs_it_has_a_step_to_fill) {
  for (LabelledCase& labelled : labelled_cases({}, host()))
    BOOST_TEST((fill_step(labelled.test_case) != nullptr) == labelled.needs_fill);
}

BOOST_AUTO_TEST_SUITE_END()
