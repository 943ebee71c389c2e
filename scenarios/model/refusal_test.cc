// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/refusal.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <set>

using namespace memqual;

BOOST_AUTO_TEST_SUITE(refusal)

BOOST_AUTO_TEST_CASE(every_call_and_every_probe_has_a_word_of_its_own) {
  std::set<std::string_view> seen;
  for (int i = 0; i <= static_cast<int>(RefusedCall::fork); ++i) {
    const auto call = static_cast<RefusedCall>(i);
    BOOST_TEST(seen.insert(to_word(call)).second);
    BOOST_TEST((refused_call(to_word(call)) == call));
  }
  seen.clear();
  for (int i = 0; i <= static_cast<int>(ProbeKind::lock_on_fault); ++i) {
    const auto kind = static_cast<ProbeKind>(i);
    BOOST_TEST(seen.insert(to_word(kind)).second);
    BOOST_TEST((probe_kind(to_word(kind)) == kind));
  }
  BOOST_TEST(to_word(RefusedCall::protect) == "protect");
  BOOST_TEST(to_word(ProbeKind::hole) == "hole");
  BOOST_TEST(to_word(ProbeKind::lock_on_fault) == "lock_on_fault");
  BOOST_TEST(!refused_call("munmap").has_value());
  BOOST_TEST(!probe_kind("").has_value());
}

BOOST_AUTO_TEST_CASE(a_question_that_was_not_asked_has_no_answer) {
  Refusal refusal;
  refusal.probes = {{ProbeKind::hole, EACCES, "EACCES"}, {ProbeKind::page, 0, ""}};
  BOOST_TEST(refusal.answer(ProbeKind::hole).value() == EACCES);
  BOOST_TEST(refusal.answer(ProbeKind::page).value() == 0);
  BOOST_TEST(!refusal.answer(ProbeKind::shared).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
