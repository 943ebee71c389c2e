// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/attribution.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;

BOOST_AUTO_TEST_SUITE(attribution)

BOOST_AUTO_TEST_CASE(words_of_evidence_and_agreement) {
  BOOST_TEST(to_word(EvidenceKind::probes) == "probes");
  BOOST_TEST(to_word(EvidenceKind::figures) == "figures");
  BOOST_TEST(to_word(EvidenceKind::kernel_log) == "kernel_log");
  BOOST_TEST(to_word(RuleAgreement::not_compared) == "not_compared");
  BOOST_TEST(to_word(RuleAgreement::agrees) == "agrees");
  BOOST_TEST(to_word(RuleAgreement::differs) == "differs");
}

BOOST_AUTO_TEST_CASE(rules_are_called_what_people_call_them) {
  BOOST_TEST(rule_title(LimitingRule::rlimit_data) == "RLIMIT_DATA");
  BOOST_TEST(rule_title(LimitingRule::map_count) == "vm.max_map_count");
  BOOST_TEST(rule_title(LimitingRule::host_memory) == "host_memory");
}

BOOST_AUTO_TEST_CASE(a_rule_that_a_run_can_show_says_how) {
  BOOST_TEST(shown_by(LimitingRule::rlimit_data).find("refused private") != std::string_view::npos);
  BOOST_TEST(shown_by(LimitingRule::cgroup_memory).empty());
  BOOST_TEST(shown_by(LimitingRule::none).empty());
}

BOOST_AUTO_TEST_SUITE_END()
