// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/touch_rules.h"

#include <boost/test/unit_test.hpp>

#include "harness/testing/sample_situation.h"

using namespace memqual;
using memqual::oracle::Situation;

namespace {

/// The laptop's case in a group that may use 256 MiB and none of the swap.
Situation confined() {
  Situation situation = testing::laptop_situation();
  situation.facts.thp.set("never", "test");
  situation.cgroup_memory_max_bytes = 256 * kMiB;
  situation.cgroup_swap_max_bytes = 0;
  return situation;
}

Prediction touching(const Situation& situation, std::uint64_t bytes) {
  Allocate step;
  step.name = "a";
  step.size = Size::of_bytes(bytes);
  step.using_ = AllocateUsing::mmap;
  return oracle::predict(situation, {{step, ""}, {Touch{"a"}, ""}});
}

const std::vector<OutcomeKind> kFits{OutcomeKind::completed};
const std::vector<OutcomeKind> kKilled{OutcomeKind::oom_killed};

bool allows(const Prediction& prediction, OutcomeKind kind) {
  return std::find(prediction.allowed.begin(), prediction.allowed.end(), kind) !=
         prediction.allowed.end();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(touch_rules)

BOOST_AUTO_TEST_CASE(a_group_is_killed_for_what_is_above_its_limit) {
  BOOST_TEST((touching(confined(), 200 * kMiB).allowed == kFits));
  const Prediction above = touching(confined(), 300 * kMiB);
  BOOST_TEST((above.allowed == kKilled), above.sentence);
  BOOST_TEST((above.rule == LimitingRule::cgroup_memory));
}

BOOST_AUTO_TEST_CASE(swap_that_the_group_may_use_adds_to_its_limit) {
  Situation situation = confined();
  situation.cgroup_swap_max_bytes = 128 * kMiB;
  const Prediction into_swap = touching(situation, 300 * kMiB);
  BOOST_TEST(allows(into_swap, OutcomeKind::completed), into_swap.sentence);
  BOOST_TEST((touching(situation, 500 * kMiB).allowed == kKilled));
}

BOOST_AUTO_TEST_CASE(memory_high_slows_down_and_never_kills) {
  Situation situation = confined();
  situation.cgroup_memory_high_bytes = 64 * kMiB;
  BOOST_TEST((touching(situation, 32 * kMiB).allowed == kFits));
  const Prediction above = touching(situation, 128 * kMiB);
  BOOST_TEST((above.rule == LimitingRule::cgroup_high), above.sentence);
  BOOST_TEST(above.uncertain);
  BOOST_TEST(allows(above, OutcomeKind::completed));
  BOOST_TEST(allows(above, OutcomeKind::timed_out));
  BOOST_TEST(!allows(above, OutcomeKind::oom_killed));
}

BOOST_AUTO_TEST_CASE(what_memory_high_has_swapped_out_waits_for_nobody) {
  Situation situation = confined();
  situation.cgroup_memory_high_bytes = 64 * kMiB;
  situation.cgroup_swap_max_bytes = 512 * kMiB;
  BOOST_TEST((touching(situation, 128 * kMiB).allowed == kFits));
}

BOOST_AUTO_TEST_SUITE_END()
