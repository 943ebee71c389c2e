// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/load_line.h"

#include <boost/test/unit_test.hpp>

#include "harness/oracle/capacity.h"

using namespace memqual;
using oracle::Situation;

namespace {

constexpr std::uint64_t kPage = 4096;

Situation server() {
  Situation situation;
  HostFacts& facts = situation.facts;
  facts.arch.set("x86_64", "test");
  facts.page_size_bytes.set(kPage, "test");
  facts.huge_page_size_bytes.set(2 * kMiB, "test");
  facts.huge_pages_free.set(5, "test");
  facts.cpus.set(4, "test");
  facts.mem_total_bytes.set(8 * kGiB, "test");
  facts.swap_total_bytes.set(2 * kGiB, "test");
  facts.commit_limit_bytes.set(6 * kGiB, "test");
  facts.committed_as_bytes.set(1 * kGiB, "test");
  facts.overcommit_memory.set(0, "test");
  facts.max_map_count.set(65530, "test");
  return situation;
}

void limit(Situation& situation, RlimitResource resource, std::uint64_t bytes) {
  situation.setup.rlimits.push_back({resource, false, bytes});
}

// A guest of 8 GiB under 5.10, 6.1 and 6.12: 59 blocks of 64 MiB were granted, where a reserve that
// does not grow would leave room for 60 to 62.
Situation guest_in_mode_2() {
  Situation situation = server();
  HostFacts& facts = situation.facts;
  facts.cpus.set(2, "test");
  facts.mem_total_bytes.set(8346513408, "test");
  facts.swap_total_bytes.set(0, "test");
  facts.commit_limit_bytes.set(4173254656, "test");
  facts.committed_as_bytes.set(36077568, "test");
  facts.overcommit_memory.set(2, "test");
  facts.user_reserve_bytes.set(128 * kMiB, "test");
  facts.cap_sys_admin.set(true, "test");
  situation.baseline.vsz_bytes = 5824512;
  return situation;
}

FindLargest request(AllocateUsing using_) { return {using_, {}, {}}; }
FindLargest blocks(std::uint64_t bytes, AllocateUsing using_ = AllocateUsing::mmap) {
  return {using_, {}, Size::of_bytes(bytes)};
}

LoadLine line_of(const Situation& situation, const FindLargest& step) {
  const Prediction prediction = oracle::predict(situation, {{step, ""}});
  BOOST_REQUIRE_EQUAL(prediction.load_lines.size(), 1U);
  BOOST_TEST((prediction.allowed == std::vector{OutcomeKind::completed}));
  BOOST_TEST(prediction.uncertain == !prediction.not_modelled.empty());
  return prediction.load_lines.front();
}

// What `allocate` says about a block of exactly this size, which no other formula may contradict.
std::vector<OutcomeKind> allowed(const Situation& situation, AllocateUsing using_,
                                 std::uint64_t bytes, std::uint64_t count = 1) {
  Allocate step;
  step.name = "a";
  step.size = Size::of_bytes(bytes);
  step.using_ = using_;
  step.count = count;
  return oracle::predict(situation, {{step, ""}}).allowed;
}

const std::vector<OutcomeKind> kGranted{OutcomeKind::completed};
const std::vector<OutcomeKind> kRefused{OutcomeKind::refused};

constexpr AllocateUsing kAll[] = {
    AllocateUsing::malloc,    AllocateUsing::calloc,
    AllocateUsing::new_,      AllocateUsing::posix_memalign,
    AllocateUsing::mmap,      AllocateUsing::mmap_noreserve,
    AllocateUsing::mmap_none, AllocateUsing::mmap_shared,
    AllocateUsing::memfd,     AllocateUsing::brk,
    AllocateUsing::hugetlb,
};

}  // namespace

BOOST_AUTO_TEST_SUITE(load_line)

BOOST_AUTO_TEST_CASE(mode_0_is_ram_and_swap_to_the_page) {
  const LoadLine line = line_of(server(), request(AllocateUsing::mmap));
  BOOST_TEST(line.least_bytes == 10 * kGiB);
  BOOST_TEST(line.most_bytes == 10 * kGiB);
  BOOST_TEST(line.unit_bytes == kPage);
  BOOST_TEST((line.rule == LimitingRule::overcommit_guess));
  BOOST_TEST(line.formula == "RAM + swap");
  BOOST_TEST(!line.citation.empty());
  BOOST_TEST(line.arithmetic.size() == 3U);
}

BOOST_AUTO_TEST_CASE(malloc_gets_ram_and_swap_less_its_header_to_the_byte) {
  for (const auto using_ : {AllocateUsing::malloc, AllocateUsing::calloc}) {
    const LoadLine line = line_of(server(), request(using_));
    BOOST_TEST(line.least_bytes == 10 * kGiB - 24);
    BOOST_TEST(line.most_bytes == 10 * kGiB - 24);
    BOOST_TEST(line.unit_bytes == 1U);
    BOOST_TEST(line.formula == "RAM + swap - malloc's header of 24 B");
  }
}

// The exception of the first refusal begins the heap, whose padding the next request may use.
BOOST_AUTO_TEST_CASE(new_may_get_up_to_a_page_more_than_malloc) {
  const LoadLine line = line_of(server(), request(AllocateUsing::new_));
  BOOST_TEST(line.least_bytes == 10 * kGiB - 24);
  BOOST_TEST(line.most_bytes > line.least_bytes);
  BOOST_TEST(line.most_bytes - line.least_bytes <= kPage);
}

BOOST_AUTO_TEST_CASE(every_line_is_where_allocate_changes_its_answer) {
  for (const std::uint64_t mode : {0U, 1U, 2U})
    for (const bool limited : {false, true})
      for (const AllocateUsing using_ : kAll) {
        if (using_ == AllocateUsing::new_) continue;
        Situation host = server();
        host.facts.overcommit_memory.value = mode;
        if (limited) limit(host, RlimitResource::address_space, 256 * kMiB);
        BOOST_TEST_CONTEXT(to_word(using_) << " in mode " << mode << ", limited " << limited) {
          const LoadLine line = line_of(host, request(using_));
          BOOST_TEST(line.least_bytes <= line.most_bytes);
          if (line.least_bytes > 0)
            BOOST_TEST((allowed(host, using_, line.least_bytes) == kGranted));
          BOOST_TEST((allowed(host, using_, line.least_bytes + line.unit_bytes) != kGranted));
          BOOST_TEST((allowed(host, using_, line.most_bytes + line.unit_bytes) == kRefused));
          if (line.most_bytes > 0) BOOST_TEST((allowed(host, using_, line.most_bytes) != kRefused));
          BOOST_TEST((line.rule != LimitingRule::none));
          BOOST_TEST(!line.formula.empty());
        }
      }
}

BOOST_AUTO_TEST_CASE(a_limit_is_a_band_of_its_slack) {
  Situation host = server();
  limit(host, RlimitResource::data, 64 * kMiB);
  const LoadLine line = line_of(host, request(AllocateUsing::mmap));
  BOOST_TEST((line.rule == LimitingRule::rlimit_data));
  BOOST_TEST(line.formula == "RLIMIT_DATA - data in use");
  BOOST_TEST(line.most_bytes - line.least_bytes <= 2 * host.baseline.slack_bytes);
  BOOST_TEST(line.most_bytes < 65 * kMiB);
  BOOST_TEST(line.least_bytes > 60 * kMiB);
}

BOOST_AUTO_TEST_CASE(a_list_is_as_long_as_the_sum_allows) {
  Situation host = server();
  host.facts.overcommit_memory.value = 2;
  const LoadLine strict = line_of(host, blocks(kMiB));
  BOOST_TEST((strict.rule == LimitingRule::overcommit_never));
  BOOST_TEST(strict.unit_bytes == kMiB);
  BOOST_TEST((allowed(host, AllocateUsing::mmap, kMiB, strict.least_bytes / kMiB) == kGranted));
  BOOST_TEST((allowed(host, AllocateUsing::mmap, kMiB, strict.most_bytes / kMiB + 1) == kRefused));
}

BOOST_AUTO_TEST_CASE(in_mode_2_the_reserve_grows_with_what_is_mapped) {
  const LoadLine line = line_of(guest_in_mode_2(), blocks(64 * kMiB));
  BOOST_TEST(line.least_bytes == 59 * 64 * kMiB);
  BOOST_TEST(line.most_bytes == 60 * 64 * kMiB);
}

BOOST_AUTO_TEST_CASE(mode_0_sums_nothing_so_that_a_list_ends_at_the_address_space) {
  const LoadLine line = line_of(server(), blocks(4 * kGiB));
  BOOST_TEST((line.rule == LimitingRule::address_space));
  BOOST_TEST(line.least_bytes >= 100 * kTiB);
  const LoadLine none = line_of(server(), blocks(11 * kGiB));
  BOOST_TEST(none.most_bytes == 0U);
  BOOST_TEST(none.formula == "RAM + swap");
}

BOOST_AUTO_TEST_CASE(a_list_on_the_heap_is_open_by_its_padding) {
  Situation host = server();
  limit(host, RlimitResource::address_space, 64 * kMiB);
  host.baseline.slack_bytes = 0;
  const LoadLine heap = line_of(host, blocks(64 * kKiB, AllocateUsing::malloc));
  BOOST_TEST(heap.most_bytes - heap.least_bytes >= 128 * kKiB);
  BOOST_TEST(heap.most_bytes - heap.least_bytes <= 512 * kKiB);
  const LoadLine mapped = line_of(host, blocks(kMiB, AllocateUsing::malloc));
  BOOST_TEST(mapped.least_bytes == mapped.most_bytes);
}

BOOST_AUTO_TEST_CASE(a_list_of_small_blocks_ends_at_the_account_of_the_child) {
  const LoadLine line = line_of(server(), blocks(kMiB));
  BOOST_TEST(line.least_bytes == kMostFoundBlocks * kMiB);
  BOOST_TEST(line.most_bytes == kMostFoundBlocks * kMiB);
  BOOST_TEST((line.rule == LimitingRule::none));
}

BOOST_AUTO_TEST_CASE(the_bound_of_the_step_is_a_line_without_a_rule) {
  FindLargest step = request(AllocateUsing::mmap);
  step.up_to = Size::of_bytes(kGiB + 5);
  const LoadLine line = line_of(server(), step);
  BOOST_TEST(line.least_bytes == kGiB);
  BOOST_TEST(line.most_bytes == kGiB);
  BOOST_TEST((line.rule == LimitingRule::none));
  BOOST_TEST(!line.sentence.empty());
}

BOOST_AUTO_TEST_CASE(a_bound_below_a_page_asks_for_nothing) {
  FindLargest step = request(AllocateUsing::mmap);
  step.up_to = Size::of_bytes(4095);
  const LoadLine line = line_of(server(), step);
  BOOST_TEST(line.least_bytes == 0U);
  BOOST_TEST(line.most_bytes == 0U);
}

BOOST_AUTO_TEST_CASE(earlier_steps_count_and_the_search_leaves_nothing) {
  Situation host = server();
  limit(host, RlimitResource::address_space, kGiB);
  const FindLargest search = request(AllocateUsing::mmap);
  Allocate held;
  held.name = "a";
  held.size = Size::of_bytes(256 * kMiB);
  held.using_ = AllocateUsing::mmap;
  const std::vector<LoadLine> lines =
      oracle::predict(host, {{search, ""}, {held, ""}, {search, ""}, {Free{"a"}, ""}, {search, ""}})
          .load_lines;
  BOOST_REQUIRE_EQUAL(lines.size(), 3U);
  BOOST_TEST(lines[0].most_bytes - lines[1].most_bytes == 256 * kMiB);
  BOOST_TEST(lines[0].most_bytes == lines[2].most_bytes);
  BOOST_TEST(lines[1].step == 2U);
}

BOOST_AUTO_TEST_CASE(other_systems_have_their_own_rules) {
  Situation windows = server();
  windows.facts.os.set("windows", "test");
  const LoadLine line = line_of(windows, request(AllocateUsing::mmap));
  BOOST_TEST((line.rule == LimitingRule::commit_limit));
  BOOST_TEST(!line.formula.empty());
  Situation mac = server();
  mac.facts.os.set("macos", "test");
  BOOST_TEST((line_of(mac, request(AllocateUsing::mmap)).rule == LimitingRule::address_space));
}

BOOST_AUTO_TEST_CASE(a_touch_gets_to_the_limit_of_its_group_less_page_tables) {
  for (const Access access : {Access::write, Access::read}) {
    Situation host = server();
    host.facts.mem_available_bytes.set(4 * kGiB, "test");
    host.cgroup_memory_max_bytes = 64 * kMiB;
    Allocate allocate;
    allocate.name = "a";
    allocate.size = Size::of_bytes(access == Access::read ? kTiB : 128 * kMiB);
    allocate.using_ = AllocateUsing::mmap_noreserve;
    Touch touch{"a"};
    touch.access = access;
    const Prediction prediction = oracle::predict(host, {{allocate, ""}, {touch, ""}});
    BOOST_TEST((prediction.allowed == std::vector{OutcomeKind::oom_killed}));
    BOOST_REQUIRE_EQUAL(prediction.load_lines.size(), 1U);
    const LoadLine& line = prediction.load_lines.front();
    const std::uint64_t each = access == Access::read ? 512 : 1;  // a page of tables maps 512
    BOOST_TEST(line.step == 1U);
    BOOST_TEST((line.rule == LimitingRule::cgroup_memory));
    BOOST_TEST(line.least_bytes > 50 * kMiB * each);
    BOOST_TEST(line.least_bytes < 64 * kMiB * each);
    BOOST_TEST(line.most_bytes < 150 * kMiB * each);
    // It is where the answer of the whole touch changes.
    allocate.size = Size::of_bytes(line.least_bytes);
    BOOST_TEST((oracle::predict(host, {{allocate, ""}, {touch, ""}}).allowed == kGranted));
    allocate.size = Size::of_bytes(line.least_bytes + kPage);
    BOOST_TEST((oracle::predict(host, {{allocate, ""}, {touch, ""}}).allowed != kGranted));
    allocate.size = Size::of_bytes(line.most_bytes + kPage);
    BOOST_TEST((oracle::predict(host, {{allocate, ""}, {touch, ""}}).allowed ==
                std::vector{OutcomeKind::oom_killed}));
  }
}

BOOST_AUTO_TEST_CASE(no_machine_is_asked_about_without_an_end) {
  for (const AllocateUsing using_ : kAll) {
    const LoadLine line = line_of({}, request(using_));
    BOOST_TEST(line.least_bytes <= line.most_bytes);
    BOOST_TEST(line.most_bytes <= kMostRequestBytes);
  }
}

BOOST_AUTO_TEST_SUITE_END()
