// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/oracle.h"

#include <boost/test/unit_test.hpp>

#include "harness/testing/sample_situation.h"

using namespace memqual;
using oracle::Situation;

namespace {

Situation laptop() { return testing::laptop_situation(); }

WorkloadStep allocate(std::uint64_t bytes, AllocateUsing using_ = AllocateUsing::mmap,
                      std::uint64_t count = 1) {
  Allocate step;
  step.name = "a";
  step.size = Size::of_bytes(bytes);
  step.using_ = using_;
  step.count = count;
  return {step, ""};
}
WorkloadStep touch(Access access = Access::write) {
  Touch step{"a"};
  step.access = access;
  return {step, ""};
}
WorkloadStep protect(Protection access) { return {Protect{"a", access}, ""}; }
WorkloadStep advise(Advice advice) { return {Advise{"a", advice}, ""}; }

void limit(Situation& situation, RlimitResource resource, std::uint64_t bytes) {
  situation.setup.rlimits.push_back({resource, false, bytes});
}

void expect(const Situation& situation, const std::vector<WorkloadStep>& workload, OutcomeKind kind,
            LimitingRule rule = LimitingRule::none) {
  const Prediction prediction = oracle::predict(situation, workload);
  BOOST_TEST_INFO(prediction.sentence);
  BOOST_REQUIRE_EQUAL(prediction.allowed.size(), 1U);
  BOOST_TEST_INFO(to_word(prediction.allowed.front()));
  BOOST_TEST((prediction.allowed.front() == kind));
  BOOST_TEST(!prediction.uncertain);
  BOOST_TEST(to_word(prediction.rule) == to_word(rule));
  if (kind != OutcomeKind::completed) {
    BOOST_TEST(!prediction.citation.empty());
    BOOST_TEST(prediction.step.has_value());
  }
}

constexpr std::uint64_t kRamAndSwap = 10 * kGiB;

}  // namespace

BOOST_AUTO_TEST_SUITE(oracle_rules)

BOOST_AUTO_TEST_CASE(mode_0_grants_ram_and_swap_and_not_a_page_more) {
  const Situation host = laptop();
  expect(host, {allocate(kRamAndSwap)}, OutcomeKind::completed);
  expect(host, {allocate(kRamAndSwap + 1)}, OutcomeKind::refused, LimitingRule::overcommit_guess);
  // malloc's header makes the mapping a page larger.
  expect(host, {allocate(kRamAndSwap, AllocateUsing::malloc)}, OutcomeKind::refused,
         LimitingRule::overcommit_guess);
}

BOOST_AUTO_TEST_CASE(a_measurement_maps_and_touches_its_arrays_and_gives_them_back) {
  const auto measured = [](std::uint64_t bytes, std::vector<BandwidthOperation> operations) {
    return WorkloadStep{Bandwidth{std::move(operations), Size::of_bytes(bytes), {1, 2}, 1}, ""};
  };
  const auto copy = BandwidthOperation::copy;
  const WorkloadStep small = measured(64 * kMiB, {copy});
  expect(laptop(), {small, small, allocate(kRamAndSwap)}, OutcomeKind::completed);
  expect(laptop(), {measured(kRamAndSwap, {copy})}, OutcomeKind::refused,
         LimitingRule::overcommit_guess);
  Situation limited = laptop();
  limit(limited, RlimitResource::address_space, 256 * kMiB);
  // Beside the arrays, each with its spare 2 MiB, there are three stacks of 8 MiB.
  expect(limited, {measured(100 * kMiB, {copy})}, OutcomeKind::completed);
  expect(limited, {measured(100 * kMiB, {copy, BandwidthOperation::triad})}, OutcomeKind::refused,
         LimitingRule::rlimit_as);
  expect(limited, {measured(125 * kMiB, {copy})}, OutcomeKind::refused, LimitingRule::rlimit_as);
  Situation grouped = laptop();
  grouped.cgroup_memory_max_bytes = 128 * kMiB;
  grouped.cgroup_swap_max_bytes = 0;
  expect(grouped, {measured(32 * kMiB, {copy})}, OutcomeKind::completed);
  expect(grouped, {measured(128 * kMiB, {copy})}, OutcomeKind::oom_killed,
         LimitingRule::cgroup_memory);
}

BOOST_AUTO_TEST_CASE(mode_0_judges_each_request_alone) {
  expect(laptop(), {allocate(3528000000, AllocateUsing::calloc, 10000)}, OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_not_charged_until_it_can) {
  const Situation host = laptop();
  for (const auto using_ : {AllocateUsing::mmap_none, AllocateUsing::mmap_readonly}) {
    expect(host, {allocate(kRamAndSwap + 4096, using_)}, OutcomeKind::completed);
    expect(host, {allocate(kRamAndSwap + 4096, using_), protect(Protection::read_write)},
           OutcomeKind::refused, LimitingRule::overcommit_guess);
  }
}

BOOST_AUTO_TEST_CASE(noreserve_is_honoured_in_modes_0_and_1_and_ignored_in_2) {
  Situation host = laptop();
  const std::vector<WorkloadStep> workload{allocate(kTiB, AllocateUsing::mmap_noreserve),
                                           protect(Protection::read),
                                           protect(Protection::read_write)};
  expect(host, workload, OutcomeKind::completed);
  host.facts.overcommit_memory.value = 1;
  expect(host, workload, OutcomeKind::completed);
  host.facts.overcommit_memory.value = 2;
  expect(host, workload, OutcomeKind::refused, LimitingRule::overcommit_never);
}

BOOST_AUTO_TEST_CASE(mode_1_is_limited_by_the_address_space_alone) {
  Situation host = laptop();
  host.facts.overcommit_memory.value = 1;
  expect(host, {allocate(100 * kTiB)}, OutcomeKind::completed);
  expect(host, {allocate(129 * kTiB)}, OutcomeKind::refused, LimitingRule::address_space);
  BOOST_TEST(oracle::predict(host, {allocate(120 * kTiB)}).uncertain);  // where the hole begins
}

BOOST_AUTO_TEST_CASE(mode_2_counts_the_sum_and_says_how_sure_it_is) {
  Situation host = laptop();
  host.facts.overcommit_memory.value = 2;
  expect(host, {allocate(4 * kGiB)}, OutcomeKind::completed);
  expect(host, {allocate(6 * kGiB)}, OutcomeKind::refused, LimitingRule::overcommit_never);
  expect(host, {allocate(kGiB, AllocateUsing::mmap, 6)}, OutcomeKind::refused,
         LimitingRule::overcommit_never);
  const Prediction edge = oracle::predict(host, {allocate(5 * kGiB)});
  BOOST_TEST(edge.uncertain);
  BOOST_TEST(edge.allowed.size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_commit_limit_is_computed_from_ratio_kbytes_huge_pages_and_swap) {
  Situation host = laptop();
  host.facts.overcommit_memory.value = 2;
  host.facts.overcommit_ratio.set(50, "test");
  host.facts.overcommit_kbytes.set(0, "test");
  const auto commit_limit = [&host] {
    return oracle::predict(host, {allocate(100 * kGiB)}).arithmetic.front().value;
  };
  BOOST_TEST(commit_limit() == 6 * kGiB);  // half of 8, and 2 of swap
  host.facts.hugetlb_bytes.set(2 * kGiB, "test");
  BOOST_TEST(commit_limit() == 5 * kGiB);
  host.facts.overcommit_kbytes.value = 3 * 1024 * 1024;  // huge pages are not taken off
  BOOST_TEST(commit_limit() == 5 * kGiB);
}

BOOST_AUTO_TEST_CASE(the_rule_of_old_kernels_is_open_between_free_memory_and_all_memory) {
  Situation host = laptop();
  host.facts.kernel_version.set(4019, "test");
  host.facts.mem_free_bytes.set(4 * kGiB, "test");
  expect(host, {allocate(2 * kGiB)}, OutcomeKind::completed);
  expect(host, {allocate(11 * kGiB)}, OutcomeKind::refused, LimitingRule::overcommit_guess);
  BOOST_TEST(oracle::predict(host, {allocate(9 * kGiB)}).uncertain);
}

BOOST_AUTO_TEST_CASE(mode_2_keeps_the_admin_reserve_from_those_without_the_capability) {
  Situation host = laptop();
  host.facts.overcommit_memory.value = 2;
  host.facts.admin_reserve_bytes.set(kGiB, "test");
  expect(host, {allocate(4 * kGiB + 512 * kMiB)}, OutcomeKind::refused,
         LimitingRule::overcommit_never);
  host.facts.cap_sys_admin.value = true;
  expect(host, {allocate(4 * kGiB + 512 * kMiB)}, OutcomeKind::completed);
  host.setup.uid = 65534;  // the case drops to another user
  expect(host, {allocate(4 * kGiB + 512 * kMiB)}, OutcomeKind::refused,
         LimitingRule::overcommit_never);
}

BOOST_AUTO_TEST_CASE(rlimit_as_counts_everything) {
  Situation host = laptop();
  limit(host, RlimitResource::address_space, 64 * kMiB);
  for (const auto using_ : {AllocateUsing::mmap, AllocateUsing::mmap_none, AllocateUsing::memfd,
                            AllocateUsing::mmap_noreserve, AllocateUsing::calloc}) {
    expect(host, {allocate(32 * kMiB, using_)}, OutcomeKind::completed);
    expect(host, {allocate(64 * kMiB, using_)}, OutcomeKind::refused, LimitingRule::rlimit_as);
  }
}

BOOST_AUTO_TEST_CASE(rlimit_data_counts_private_writable_memory) {
  Situation host = laptop();
  limit(host, RlimitResource::data, 64 * kMiB);
  for (const auto using_ :
       {AllocateUsing::mmap, AllocateUsing::mmap_noreserve, AllocateUsing::malloc})
    expect(host, {allocate(96 * kMiB, using_)}, OutcomeKind::refused, LimitingRule::rlimit_data);
  for (const auto using_ : {AllocateUsing::mmap_none, AllocateUsing::mmap_readonly,
                            AllocateUsing::mmap_shared, AllocateUsing::memfd})
    expect(host, {allocate(96 * kMiB, using_)}, OutcomeKind::completed);
  expect(host, {allocate(96 * kMiB, AllocateUsing::mmap_none), protect(Protection::read_write)},
         OutcomeKind::refused, LimitingRule::rlimit_data);
}

BOOST_AUTO_TEST_CASE(memlock_binds_those_without_the_capability) {
  Situation host = laptop();
  limit(host, RlimitResource::memlock, 64 * kKiB);
  const std::vector<WorkloadStep> workload{allocate(kMiB), {Lock{"a"}, ""}};
  expect(host, workload, OutcomeKind::refused, LimitingRule::memlock);
  host.facts.cap_ipc_lock.value = true;
  expect(host, workload, OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(brk_looks_at_data_before_anything_else) {
  Situation situation = laptop();
  limit(situation, RlimitResource::address_space, 100 * kMiB);
  limit(situation, RlimitResource::data, 50 * kMiB);
  expect(situation, {allocate(kGiB, AllocateUsing::brk)}, OutcomeKind::refused,
         LimitingRule::rlimit_data);
  expect(situation, {allocate(kGiB, AllocateUsing::mmap)}, OutcomeKind::refused,
         LimitingRule::rlimit_as);
}

BOOST_AUTO_TEST_CASE(mprotect_does_not_look_at_data_where_the_address_space_is_full) {
  Situation situation = laptop();
  limit(situation, RlimitResource::data, 50 * kMiB);
  const std::vector<WorkloadStep> workload{allocate(80 * kMiB, AllocateUsing::mmap_none),
                                           protect(Protection::read_write)};
  expect(situation, workload, OutcomeKind::refused, LimitingRule::rlimit_data);
  limit(situation, RlimitResource::address_space, 100 * kMiB);
  expect(situation, workload, OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(no_mapping_is_added_to_too_many_not_even_to_a_neighbour) {
  Situation situation = laptop();
  situation.baseline.slack_bytes = 0;
  situation.baseline.slack_maps = 0;
  WorkloadStep fill = allocate(4096, AllocateUsing::mmap_shared, 65531 - 40);
  std::get<Allocate>(fill.action).name = "fill";
  for (const AllocateUsing using_ : {AllocateUsing::mmap, AllocateUsing::mmap_none,
                                     AllocateUsing::brk, AllocateUsing::mmap_shared})
    expect(situation, {fill, allocate(kMiB, using_)}, OutcomeKind::refused,
           LimitingRule::map_count);
}

BOOST_AUTO_TEST_CASE(more_than_ptrdiff_max_never_reaches_the_kernel) {
  expect(laptop(), {allocate(std::uint64_t{1} << 63U, AllocateUsing::malloc)}, OutcomeKind::refused,
         LimitingRule::ptrdiff_max);
  // memalign asks malloc for the alignment more; malloc itself lets PTRDIFF_MAX pass.
  expect(laptop(), {allocate(PTRDIFF_MAX, AllocateUsing::posix_memalign)}, OutcomeKind::refused,
         LimitingRule::ptrdiff_max);
  expect(laptop(), {allocate(PTRDIFF_MAX, AllocateUsing::malloc)}, OutcomeKind::refused,
         LimitingRule::address_space);
}

BOOST_AUTO_TEST_CASE(huge_pages_come_from_their_pool) {
  Situation host = laptop();
  expect(host, {allocate(2 * kMiB, AllocateUsing::hugetlb)}, OutcomeKind::refused,
         LimitingRule::hugetlb_pool);
  host.facts.huge_pages_free.set(1, "test");
  expect(host, {allocate(2 * kMiB, AllocateUsing::hugetlb)}, OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(a_cgroup_grants_and_kills_at_touch) {
  Situation host = laptop();
  host.cgroup_memory_max_bytes = 64 * kMiB;
  host.cgroup_swap_max_bytes = 0;
  expect(host, {allocate(128 * kMiB)}, OutcomeKind::completed);
  expect(host, {allocate(128 * kMiB), touch()}, OutcomeKind::oom_killed,
         LimitingRule::cgroup_memory);
  expect(host, {allocate(48 * kMiB), touch()}, OutcomeKind::completed);
  expect(host, {allocate(128 * kMiB), advise(Advice::populate_write)}, OutcomeKind::oom_killed,
         LimitingRule::cgroup_memory);
  host.cgroup_swap_max_bytes = kGiB;
  BOOST_TEST(oracle::predict(host, {allocate(128 * kMiB), touch()}).uncertain);  // swap may hold it
}

BOOST_AUTO_TEST_CASE(reading_untouched_memory_costs_page_tables) {
  Situation host = laptop();
  host.cgroup_memory_max_bytes = 64 * kMiB;
  host.cgroup_swap_max_bytes = 0;
  host.facts.overcommit_memory.value = 1;
  expect(host, {allocate(20 * kGiB), touch(Access::read)}, OutcomeKind::completed);
  expect(host, {allocate(100 * kGiB), touch(Access::read)}, OutcomeKind::oom_killed,
         LimitingRule::cgroup_memory);
  // Shared memory has no zero page.
  expect(host, {allocate(kGiB, AllocateUsing::mmap_shared), touch(Access::read)},
         OutcomeKind::oom_killed, LimitingRule::cgroup_memory);
}

BOOST_AUTO_TEST_CASE(access_that_is_not_allowed_is_a_segfault) {
  expect(laptop(), {allocate(kMiB, AllocateUsing::mmap_none), touch()}, OutcomeKind::segfault,
         LimitingRule::protection);
  expect(laptop(), {allocate(kMiB, AllocateUsing::mmap_readonly), touch(Access::read)},
         OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(fork_charges_a_merged_list_as_one_request) {
  const WorkloadStep fork{Fork{1, {}}, ""};
  const Situation host = laptop();
  expect(host, {allocate(6 * kGiB, AllocateUsing::mmap, 2), fork}, OutcomeKind::refused,
         LimitingRule::overcommit_guess);
  expect(host, {allocate(6 * kGiB, AllocateUsing::mmap, 2), {Spawn{1}, ""}},
         OutcomeKind::completed);
  expect(host, {allocate(6 * kGiB, AllocateUsing::mmap, 2), advise(Advice::dontfork), fork},
         OutcomeKind::completed);
  expect(host, {allocate(4 * kGiB, AllocateUsing::mmap, 2), fork}, OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(content_given_back_is_lost) {
  expect(laptop(), {allocate(kMiB), touch(), advise(Advice::dontneed), {Verify{"a"}, ""}},
         OutcomeKind::corrupted);
  expect(laptop(), {allocate(kMiB), touch(), advise(Advice::dontneed), touch(), {Verify{"a"}, ""}},
         OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(freed_memory_counts_no_more) {
  Situation host = laptop();
  limit(host, RlimitResource::address_space, 64 * kMiB);
  expect(host, {allocate(48 * kMiB), {Free{"a"}, ""}, allocate(48 * kMiB)}, OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(a_program_is_outside_the_model_and_says_so) {
  const Prediction prediction =
      oracle::predict(laptop(), {{Command{{"python3"}, {}, {}}, ""}, allocate(kTiB)});
  BOOST_TEST(prediction.uncertain);
  BOOST_TEST(prediction.not_modelled.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_refusal_names_the_numbers) {
  const Prediction prediction = oracle::predict(laptop(), {allocate(352800000000)});
  BOOST_TEST(prediction.sentence ==
             "refused: one request of 328.6 GiB is more than RAM + swap = 10 GiB (mode 0, kernel "
             ">= 5.2)");
  BOOST_TEST(prediction.arithmetic.size() == 3U);
}

BOOST_AUTO_TEST_CASE(absurd_sizes_saturate) {
  expect(laptop(), {allocate(kTiB * 1024 * 1024, AllocateUsing::mmap, 1000000000)},
         OutcomeKind::refused, LimitingRule::address_space);
}

// What the random workloads of harness/oracle_check found, each reduced to its rule.

// glibc: 8 bytes of size before a chunk of 16-byte units, 8 more where it is mapped.
BOOST_AUTO_TEST_CASE(malloc_adds_its_header_to_the_byte) {
  const std::uint64_t most = 10 * kGiB;
  expect(laptop(), {allocate(most - 24, AllocateUsing::malloc)}, OutcomeKind::completed);
  expect(laptop(), {allocate(most - 23, AllocateUsing::malloc)}, OutcomeKind::refused,
         LimitingRule::overcommit_guess);
}

BOOST_AUTO_TEST_CASE(a_padded_heap_may_stand_in_for_a_refused_mapping) {
  const WorkloadStep small = allocate(1000, AllocateUsing::malloc);
  WorkloadStep large = allocate(10 * kGiB - 16, AllocateUsing::malloc);
  std::get<Allocate>(large.action).name = "b";
  const Prediction prediction = oracle::predict(laptop(), {small, large});
  BOOST_TEST(prediction.uncertain);
  BOOST_TEST(prediction.allowed.size() == 2U);
}

BOOST_AUTO_TEST_CASE(locking_what_cannot_be_read_is_refused) {
  Situation root = laptop();
  root.facts.cap_ipc_lock.set(true, "test");
  const WorkloadStep lock{Lock{"a"}, ""};
  expect(root, {allocate(kMiB, AllocateUsing::mmap_none), lock}, OutcomeKind::refused,
         LimitingRule::protection);
  expect(root, {allocate(kMiB, AllocateUsing::mmap_readonly), lock}, OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(locked_pages_are_not_given_back) {
  Situation root = laptop();
  root.facts.cap_ipc_lock.set(true, "test");
  expect(root, {allocate(kMiB), {Lock{"a"}, ""}, advise(Advice::dontneed)}, OutcomeKind::refused,
         LimitingRule::protection);
}

BOOST_AUTO_TEST_CASE(locking_twice_and_after_free_counts_once) {
  Situation host = laptop();
  limit(host, RlimitResource::memlock, kMiB);
  const WorkloadStep lock{Lock{"a"}, ""};
  expect(host, {allocate(kMiB), lock, lock}, OutcomeKind::completed);
  expect(host, {allocate(kMiB), lock, {Free{"a"}, ""}, allocate(kMiB), lock},
         OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(populate_answers_with_an_error_and_not_with_a_signal) {
  expect(laptop(), {allocate(kMiB, AllocateUsing::mmap_none), advise(Advice::populate_read)},
         OutcomeKind::refused, LimitingRule::protection);
  expect(laptop(), {allocate(kMiB, AllocateUsing::mmap_readonly), advise(Advice::populate_write)},
         OutcomeKind::refused, LimitingRule::protection);
}

BOOST_AUTO_TEST_CASE(populate_is_unknown_to_kernels_before_5_14) {
  Situation host = laptop();
  host.facts.kernel_version.set(5010, "test");
  expect(host, {allocate(kMiB), advise(Advice::populate_write)}, OutcomeKind::refused,
         LimitingRule::protection);
  host.facts.kernel_version.set(5014, "test");
  expect(host, {allocate(kMiB), advise(Advice::populate_write)}, OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(a_copy_does_not_have_what_was_left_out) {
  expect(laptop(), {allocate(kMiB), advise(Advice::dontfork), {Fork{1, {touch()}}, ""}},
         OutcomeKind::segfault, LimitingRule::protection);
}

BOOST_AUTO_TEST_CASE(shared_pages_are_there_once_for_all_copies) {
  Situation host = laptop();
  host.cgroup_memory_max_bytes = 64 * kMiB;
  host.cgroup_swap_max_bytes = 0;
  const WorkloadStep copies{Fork{3, {touch()}}, ""};
  expect(host, {allocate(40 * kMiB, AllocateUsing::mmap_shared), touch(), copies},
         OutcomeKind::completed);
  expect(host, {allocate(40 * kMiB), touch(), copies}, OutcomeKind::oom_killed,
         LimitingRule::cgroup_memory);
}

// 10 GiB of RAM and swap; the baseline is assumed, and so RLIMIT_AS has a band.
BOOST_AUTO_TEST_CASE(a_refusal_is_certain_where_the_rule_that_refuses_is_not) {
  const std::uint64_t request = 16 * kGiB;
  const std::uint64_t own = laptop().baseline.vsz_bytes;
  for (const auto& [bytes, is_open] : {std::pair{own + request, true}, std::pair{kGiB, false},
                                       std::pair{own + request + 64 * kMiB, false}}) {
    Situation host = laptop();
    limit(host, RlimitResource::address_space, bytes);
    const Prediction prediction = oracle::predict(host, {allocate(request)});
    BOOST_TEST(!prediction.uncertain);
    BOOST_TEST(prediction.rule_is_open == is_open, bytes);
  }
}

// 40 pages that lie 2 MiB apart: 160 KiB, or all of it where huge pages are to be had.
BOOST_AUTO_TEST_CASE(huge_pages_asked_for_may_make_all_of_it_resident) {
  Situation host = laptop();
  host.cgroup_memory_max_bytes = 64 * kMiB;
  host.cgroup_swap_max_bytes = 0;
  Touch sparse{"a"};
  sparse.every = Stride::huge_page;
  const WorkloadStep block = allocate(80 * kMiB);
  expect(host, {block, {sparse, ""}}, OutcomeKind::completed);
  const std::vector<WorkloadStep> advised{block, advise(Advice::hugepage), {sparse, ""}};
  BOOST_TEST(oracle::predict(host, advised).uncertain);
  host.facts.thp.set("never", "test");
  expect(host, advised, OutcomeKind::completed);
  host.facts.thp.set("always", "test");
  expect(host, {block, advise(Advice::nohugepage), {sparse, ""}}, OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(shared_objects_made_by_copies_are_there_once_for_each) {
  Situation host = laptop();
  host.cgroup_memory_max_bytes = 64 * kMiB;
  host.cgroup_swap_max_bytes = 0;
  const std::vector<WorkloadStep> inside{allocate(40 * kMiB, AllocateUsing::mmap_shared), touch()};
  expect(host, {{Fork{1, inside}, ""}}, OutcomeKind::completed);
  // One copy may have ended before the next begins.
  const Prediction both = oracle::predict(host, {{Fork{2, inside}, ""}});
  BOOST_TEST(both.uncertain);
  BOOST_TEST((both.rule == LimitingRule::cgroup_memory));
}

BOOST_AUTO_TEST_CASE(what_a_copy_writes_into_shared_pages_is_seen) {
  Touch other{"a"};
  other.pattern = 2;
  const WorkloadStep copy{Fork{1, {{other, ""}}}, ""};
  expect(laptop(), {allocate(kMiB, AllocateUsing::mmap_shared), touch(), copy, {Verify{"a"}, ""}},
         OutcomeKind::corrupted);
  expect(laptop(), {allocate(kMiB), touch(), copy, {Verify{"a"}, ""}}, OutcomeKind::completed);
  const WorkloadStep gone{Fork{1, {{other, ""}, {Free{"a"}, ""}}}, ""};
  expect(laptop(), {allocate(kMiB, AllocateUsing::mmap_shared), touch(), gone, {Verify{"a"}, ""}},
         OutcomeKind::corrupted);
}

BOOST_AUTO_TEST_CASE(a_part_of_less_than_a_byte_is_not_touched) {
  Touch quarter{"a"};
  quarter.fraction = 0.25;
  expect(laptop(), {allocate(1, AllocateUsing::mmap_none), {quarter, ""}}, OutcomeKind::completed);
}

// The headers of malloc's blocks are not in the advised pages, so that they stay apart.
BOOST_AUTO_TEST_CASE(advice_splits_the_blocks_of_malloc) {
  const WorkloadStep fork{Fork{1, {}}, ""};
  const WorkloadStep list = allocate(6 * kGiB, AllocateUsing::malloc, 2);
  expect(laptop(), {list, fork}, OutcomeKind::refused, LimitingRule::overcommit_guess);
  expect(laptop(), {list, advise(Advice::sequential), fork}, OutcomeKind::completed);
  const Prediction merged_again =
      oracle::predict(laptop(), {list, advise(Advice::sequential), advise(Advice::normal), fork});
  BOOST_TEST(merged_again.uncertain);
}

BOOST_AUTO_TEST_CASE(what_was_never_written_is_uncharged_when_it_becomes_readonly) {
  const WorkloadStep fork{Fork{1, {}}, ""};
  Situation host = laptop();
  const std::vector<WorkloadStep> steps{allocate(6 * kGiB, AllocateUsing::mmap, 2),
                                        protect(Protection::read), fork};
  host.facts.kernel_version.set(6018, "test");
  expect(host, steps, OutcomeKind::completed);
  host.facts.kernel_version.set(5010, "test");
  expect(host, steps, OutcomeKind::refused, LimitingRule::overcommit_guess);
}

namespace {

WorkloadStep kernel_over(ArrayPlace in, std::optional<ArrayRef> out, std::uint64_t budget) {
  Kernel step;
  step.in = ArrayRef{in, "a", ArrayType{"float64", 1024, 1024}, ArrayAccess::mapped};
  step.out = std::move(out);
  step.reduce = KernelReduce::sum;
  step.budget = Size::of_bytes(budget);
  return {step, ""};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_kernel_lives_in_a_group_that_holds_its_budget_and_dies_by_what_it_writes) {
  Situation host = laptop();
  host.cgroup_memory_max_bytes = 128 * kMiB;
  host.cgroup_swap_max_bytes = 0;
  expect(host, {kernel_over(ArrayPlace::raw, {}, 64 * kMiB)}, OutcomeKind::completed);
  const ArrayRef result{ArrayPlace::memory, "a", ArrayType{"float64", 1024, 1024},
                        ArrayAccess::mapped};
  expect(host, {allocate(512 * kMiB), kernel_over(ArrayPlace::raw, result, 64 * kMiB)},
         OutcomeKind::oom_killed, LimitingRule::cgroup_memory);
}

BOOST_AUTO_TEST_CASE(a_mapped_file_is_address_space_and_one_that_is_read_is_none) {
  Situation host = laptop();
  limit(host, RlimitResource::address_space, 64 * kMiB);
  Kernel step;
  step.in = ArrayRef{ArrayPlace::raw, "x", ArrayType{"float64", 4096, 4096}, ArrayAccess::mapped};
  step.reduce = KernelReduce::sum;
  step.budget = Size::of_bytes(kMiB);
  expect(host, {{step, ""}}, OutcomeKind::refused, LimitingRule::rlimit_as);
  step.in->access = ArrayAccess::read;
  expect(host, {{step, ""}, {step, ""}}, OutcomeKind::completed);
}

BOOST_AUTO_TEST_CASE(a_limit_below_a_kernels_budget_leaves_it_open) {
  Situation host = laptop();
  limit(host, RlimitResource::address_space, 32 * kMiB);
  const Prediction open = oracle::predict(host, {kernel_over(ArrayPlace::raw, {}, 64 * kMiB)});
  BOOST_TEST(open.uncertain);
  BOOST_TEST(to_word(open.rule) == "rlimit_as");
  BOOST_TEST(open.sentence.find("a kernel may need less than its budget") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_kernel_that_writes_read_only_memory_is_a_segfault) {
  const ArrayRef result{ArrayPlace::memory, "a", std::nullopt, ArrayAccess::mapped};
  expect(laptop(),
         {allocate(kMiB, AllocateUsing::mmap_readonly), kernel_over(ArrayPlace::raw, result, kMiB)},
         OutcomeKind::segfault, LimitingRule::protection);
}

BOOST_AUTO_TEST_SUITE_END()
