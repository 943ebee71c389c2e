// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <set>

#include "scenarios/model/environment.h"
#include "scenarios/model/expectation.h"
#include "scenarios/model/workload.h"

using namespace memqual;

BOOST_AUTO_TEST_SUITE(words)

template <class E>
void every_word_round_trips_and_is_unique() {
  std::set<std::string> seen;
  for (const std::string& word : words_of<E>()) {
    BOOST_TEST(seen.insert(word).second, "word used twice: " << word);
    const std::optional<E> value = from_word<E>(word);
    BOOST_REQUIRE_MESSAGE(value.has_value(), word);
    BOOST_TEST(to_word(*value) == word);
  }
  BOOST_TEST(!from_word<E>("no such word").has_value());
}

BOOST_AUTO_TEST_CASE(every_enumeration_round_trips) {
  every_word_round_trips_and_is_unique<AllocateUsing>();
  every_word_round_trips_and_is_unique<Access>();
  every_word_round_trips_and_is_unique<Stride>();
  every_word_round_trips_and_is_unique<Protection>();
  every_word_round_trips_and_is_unique<Advice>();
  every_word_round_trips_and_is_unique<OvercommitMode>();
  every_word_round_trips_and_is_unique<RlimitResource>();
  every_word_round_trips_and_is_unique<OutcomeKind>();
  every_word_round_trips_and_is_unique<Metric>();
  every_word_round_trips_and_is_unique<BandwidthOperation>();
  every_word_round_trips_and_is_unique<PageChoice>();
}

BOOST_AUTO_TEST_CASE(step_kind_follows_the_order_of_the_variant) {
  BOOST_TEST(step_kind(WorkloadStep{Allocate{}, ""}) == "allocate");
  BOOST_TEST(step_kind(WorkloadStep{Lock{}, ""}) == "lock");
  BOOST_TEST(step_kind(WorkloadStep{Command{}, ""}) == "command");
  BOOST_TEST(step_kind(WorkloadStep{FindLargest{}, ""}) == "find_largest");
  BOOST_TEST(step_kind(WorkloadStep{Bandwidth{}, ""}) == "bandwidth");
}

BOOST_AUTO_TEST_CASE(only_steps_that_work_on_blocks_have_a_name) {
  BOOST_TEST(step_name(WorkloadStep{Touch{.name = "a"}, ""}) == "a");
  BOOST_TEST(step_name(WorkloadStep{Spawn{}, ""}).empty());
}

BOOST_AUTO_TEST_CASE(a_search_has_an_end_whatever_it_says) {
  const auto sized = [](std::uint64_t bytes) { return Size::of_bytes(bytes); };
  BOOST_TEST(most_asked_bytes({}) == kMostRequestBytes);
  BOOST_TEST(most_asked_bytes({AllocateUsing::mmap, sized(kGiB), {}}) == kGiB);
  BOOST_TEST(most_asked_bytes({AllocateUsing::mmap, sized(~0ULL), {}}) == kMostRequestBytes);
  BOOST_TEST(most_asked_blocks({}) == 0U);
  BOOST_TEST(most_asked_blocks({AllocateUsing::mmap, {}, sized(0)}) == 0U);
  BOOST_TEST(most_asked_blocks({AllocateUsing::mmap, sized(kGiB), sized(300 * kMiB)}) == 3U);
  BOOST_TEST(most_asked_blocks({AllocateUsing::mmap, sized(1), sized(2)}) == 0U);
  BOOST_TEST(most_asked_blocks({AllocateUsing::mmap, {}, sized(1)}) == kMostFoundBlocks);
  BOOST_TEST(most_asked_bytes({AllocateUsing::mmap, {}, sized(1)}) == 0U);
}

BOOST_AUTO_TEST_CASE(lists_of_outcomes_read_as_english) {
  BOOST_TEST(to_string({OutcomePattern{OutcomeKind::refused, {}},
                        OutcomePattern{OutcomeKind::oom_killed, {}},
                        OutcomePattern{OutcomeKind::exited, 3}}) ==
             "refused, oom_killed or exited(3)");
}

BOOST_AUTO_TEST_SUITE_END()
