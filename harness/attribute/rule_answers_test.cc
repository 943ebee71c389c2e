// SPDX-License-Identifier: Apache-2.0
#include "harness/attribute/rule_answers.h"

#include <boost/test/unit_test.hpp>

#include "harness/attribute/testing.h"

using namespace memqual;
using namespace memqual::attribution;
using namespace memqual::testing;

namespace {

const HostFacts& host() {
  static const HostFacts facts = host_in_mode(0);
  return facts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rule_answers)

BOOST_AUTO_TEST_CASE(what_was_not_asked_is_open_and_not_granted) {
  const Refusal refusal = refusal_of(RefusedCall::mmap, kMiB, {});
  const Evidence evidence{refusal, ENOMEM, host()};
  BOOST_TEST((map_count_answer(evidence).says == Says::open));
  BOOST_TEST((split_answer(evidence).says == Says::open));
  BOOST_TEST((address_space_answer(evidence).says == Says::open));
  BOOST_TEST((overcommit_answer(evidence).says == Says::open));
  BOOST_TEST((hugetlb_answer(evidence).says == Says::open));
  BOOST_TEST((fork_answer(evidence).says == Says::open));
}

BOOST_AUTO_TEST_CASE(a_limit_that_is_not_set_refuses_nothing) {
  const Refusal refusal = refusal_of(RefusedCall::mmap, kTiB, mapping_answers("++-----"));
  const Evidence evidence{refusal, ENOMEM, host()};
  BOOST_TEST((rlimit_as_answer(evidence).says == Says::grants));
  BOOST_TEST((rlimit_data_answer(evidence).says == Says::grants));
  BOOST_TEST((memlock_answer(evidence).says == Says::grants));
}

BOOST_AUTO_TEST_CASE(a_limit_may_be_filled_exactly) {
  Refusal refusal = refusal_of(RefusedCall::mmap, kMiB, mapping_answers("++-----"));
  for (const auto& [limit, says] :
       {std::pair{4 * kMiB, Says::grants}, std::pair{4 * kMiB + 4095, Says::grants},
        std::pair{4 * kMiB - 1, Says::refuses}}) {
    refusal.rlimit_as_bytes = limit;
    BOOST_TEST((rlimit_as_answer({refusal, ENOMEM, host()}).says == says), limit);
  }
}

BOOST_AUTO_TEST_CASE(figures_decide_where_an_earlier_rule_hides_a_limit_from_the_probes) {
  Refusal refusal = refusal_of(RefusedCall::brk, 10 * kMiB, mapping_answers("-------"));
  refusal.rlimit_data_bytes = 4 * kMiB;
  const Answer answer = rlimit_data_answer({refusal, ENOMEM, host()});
  BOOST_TEST((answer.says == Says::refuses));
  BOOST_TEST((answer.by == EvidenceKind::figures));
  BOOST_TEST(answer.limit == "4 MiB, of which 1 MiB are in use");
  refusal.data_bytes.reset();
  BOOST_TEST((rlimit_data_answer({refusal, ENOMEM, host()}).says == Says::open));
}

BOOST_AUTO_TEST_CASE(mprotect_does_not_look_at_data_where_the_address_space_is_full) {
  Refusal refusal = refusal_of(RefusedCall::protect, 10 * kMiB, mapping_answers("..-----"));
  refusal.rlimit_data_bytes = 4 * kMiB;
  BOOST_TEST((rlimit_data_answer({refusal, ENOMEM, host()}).says == Says::refuses));
  refusal.rlimit_as_bytes = 4 * kMiB;
  BOOST_TEST((rlimit_data_answer({refusal, ENOMEM, host()}).says == Says::grants));
}

BOOST_AUTO_TEST_CASE(something_above_the_break_is_in_its_way) {
  const Refusal refusal = refusal_of(RefusedCall::brk, kMiB, {{ProbeKind::above_break, EEXIST}});
  BOOST_TEST((address_space_answer({refusal, ENOMEM, host()}).says == Says::refuses));
}

BOOST_AUTO_TEST_CASE(locking_is_refused_by_its_limit_unless_the_process_is_exempt) {
  Refusal refusal = refusal_of(RefusedCall::lock, kMiB,
                               {{ProbeKind::mapped, 0},
                                {ProbeKind::split, 0},
                                {ProbeKind::split_twice, 0},
                                {ProbeKind::lock_page, 0},
                                {ProbeKind::lock_on_fault, ENOMEM}});
  refusal.rlimit_memlock_bytes = 64 * kKiB;
  BOOST_TEST((memlock_answer({refusal, ENOMEM, host()}).says == Says::refuses));
  refusal.may_lock = true;
  BOOST_TEST((memlock_answer({refusal, ENOMEM, host()}).says == Says::grants));
}

BOOST_AUTO_TEST_SUITE_END()
