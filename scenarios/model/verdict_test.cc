// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/verdict.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <utility>

namespace memqual {

BOOST_AUTO_TEST_SUITE(verdict)

BOOST_AUTO_TEST_CASE(a_run_succeeds_with_what_was_expected_or_could_not_run) {
  const std::pair<CaseStatus, bool> rows[] = {
      {CaseStatus::pass, true},   {CaseStatus::xfail, true},       {CaseStatus::waived, true},
      {CaseStatus::skip, true},   {CaseStatus::unsupported, true}, {CaseStatus::fail, false},
      {CaseStatus::xpass, false}, {CaseStatus::error, false},      {CaseStatus::timeout, false},
      {CaseStatus::flaky, false}, {CaseStatus::not_run, false},
  };
  for (const auto& [status, acceptable] : rows) {
    BOOST_TEST(is_acceptable(status) == acceptable, to_word(status));
  }
}

BOOST_AUTO_TEST_CASE(every_status_has_a_word_of_its_own) {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(CaseStatus::not_run); ++i) {
    words.insert(to_word(static_cast<CaseStatus>(i)));
  }
  BOOST_TEST(words.size() == 11U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
