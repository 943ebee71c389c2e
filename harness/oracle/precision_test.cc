// SPDX-License-Identifier: Apache-2.0
// Where the kernel is exact the oracle is: to the page, to the mapping, and in mode 2 within a band
// that is a number.
#include <boost/test/unit_test.hpp>

#include "harness/oracle/oracle.h"
#include "harness/testing/sample_situation.h"

using namespace memqual;
using namespace memqual::testing;
using oracle::Situation;

namespace {

constexpr std::uint64_t kPage = 4096;

WorkloadStep block(std::uint64_t bytes, AllocateUsing using_ = AllocateUsing::mmap,
                   std::uint64_t count = 1, const char* name = "a") {
  Allocate action;
  action.name = name;
  action.size = Size::of_bytes(bytes);
  action.using_ = using_;
  action.count = count;
  return step(action);
}

void limit(Situation& situation, RlimitResource resource, std::uint64_t bytes,
           bool beyond_own_use = false) {
  situation.setup.rlimits.push_back({resource, false, bytes, beyond_own_use});
}

// "completed", "refused"; "open" where the rules do not say.
std::string outcome(const Situation& situation, const std::vector<WorkloadStep>& workload) {
  const Prediction prediction = oracle::predict(situation, workload);
  return prediction.uncertain ? "open" : std::string(to_word(prediction.allowed.front()));
}

std::uint64_t figure(const Prediction& prediction, const std::string& name) {
  for (const Quantity& line : prediction.arithmetic)
    if (line.name == name) return line.value;
  BOOST_ERROR("no " << name);
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(oracle_precision)

BOOST_AUTO_TEST_CASE(a_measured_process_fills_its_limits_to_the_page) {
  for (const RlimitResource resource : {RlimitResource::address_space, RlimitResource::data}) {
    const bool is_data = resource == RlimitResource::data;
    Situation host = measured_situation();
    const ProcessBaseline& own = host.baseline;
    limit(host, resource, kGiB + (is_data ? own.data_bytes : own.vsz_bytes));
    BOOST_TEST(outcome(host, {block(kGiB)}) == "completed");
    BOOST_TEST(outcome(host, {block(kGiB + 1)}) == "refused");
    BOOST_TEST(outcome(host, {block(kMiB, AllocateUsing::mmap, 1024)}) == "completed");
    BOOST_TEST(outcome(host, {block(kMiB, AllocateUsing::mmap, 1025)}) == "refused");
  }
}

BOOST_AUTO_TEST_CASE(an_assumed_process_leaves_half_a_mib_open) {
  Situation host = laptop_situation();
  limit(host, RlimitResource::address_space, kGiB + host.baseline.vsz_bytes);
  BOOST_TEST(outcome(host, {block(kGiB - 512 * kKiB)}) == "completed");
  BOOST_TEST(outcome(host, {block(kGiB)}) == "open");
  BOOST_TEST(outcome(host, {block(kGiB + 512 * kKiB + kPage)}) == "refused");
}

BOOST_AUTO_TEST_CASE(what_is_left_beyond_own_use_is_exact_without_a_process) {
  for (const RlimitResource resource : {RlimitResource::address_space, RlimitResource::data}) {
    Situation host = laptop_situation();
    limit(host, resource, 64 * kMiB, true);
    BOOST_TEST(outcome(host, {block(64 * kMiB)}) == "completed");
    BOOST_TEST(outcome(host, {block(64 * kMiB + 1)}) == "refused");
  }
}

BOOST_AUTO_TEST_CASE(mode_2_states_its_band_in_bytes) {
  const Situation host = measured_situation(2);
  const Prediction refused = oracle::predict(host, {block(100 * kGiB)});
  // 8 GiB are 2 097 152 pages: 2048 for each of 4 CPUs.
  BOOST_TEST(figure(refused, "counter slop") == 8 * kGiB / 256);
  BOOST_TEST(figure(refused, "other processes") == 16 * kMiB);
  const std::uint64_t surely = figure(refused, "surely left");
  const std::uint64_t too_much = figure(refused, "surely too much");
  BOOST_TEST(too_much - surely == 2 * (8 * kGiB / 256 + 16 * kMiB));
  BOOST_TEST(outcome(host, {block(surely)}) == "completed");
  BOOST_TEST(outcome(host, {block(surely + kPage)}) == "open");
  BOOST_TEST(outcome(host, {block(too_much + kPage)}) == "refused");
}

BOOST_AUTO_TEST_CASE(what_the_kernel_answered_counts_and_not_its_version) {
  Situation host = measured_situation();
  host.facts.mem_free_bytes.set(4 * kGiB, "test");
  host.facts.kernel_version.set(4018, "test");
  BOOST_TEST(outcome(host, {block(9 * kGiB)}) == "open");
  host.facts.heuristic_limit.set("ram_and_swap", "test");  // a vendor took the rule over
  BOOST_TEST(outcome(host, {block(9 * kGiB)}) == "completed");
  host.facts.kernel_version.set(6018, "test");
  host.facts.heuristic_limit.set("free_memory", "test");
  const Prediction open = oracle::predict(host, {block(9 * kGiB)});
  BOOST_TEST(open.uncertain);
  BOOST_TEST(contains(open.sentence, "free or can be freed (mode 0, kernel <= 5.1)"));
}

BOOST_AUTO_TEST_CASE(objects_are_counted_to_the_mapping) {
  const Situation host = measured_situation();
  const std::uint64_t left = 65531 - host.baseline.map_count;
  BOOST_TEST(outcome(host, {block(kPage, AllocateUsing::mmap_shared, left)}) == "completed");
  BOOST_TEST(outcome(host, {block(kPage, AllocateUsing::mmap_shared, left + 1)}) == "refused");
}

BOOST_AUTO_TEST_CASE(neighbours_are_one_mapping_where_they_are_not_aligned) {
  Situation host = measured_situation();
  host.facts.kernel_version.set(6018, "test");
  BOOST_TEST(outcome(host, {block(kPage, AllocateUsing::mmap, 100000)}) == "completed");
  host.facts.kernel_version.set(6008, "test");
  BOOST_TEST(outcome(host, {block(kPage, AllocateUsing::mmap, 100000)}) == "open");
}

BOOST_AUTO_TEST_CASE(advice_between_headers_makes_two_mappings_of_each_block) {
  Situation host = measured_situation();
  host.facts.kernel_version.set(6018, "test");
  const WorkloadStep advice{Advise{"a", Advice::nohugepage}, ""};
  const auto list = [](std::uint64_t count) {
    return block(4 * kMiB, AllocateUsing::malloc, count);
  };
  BOOST_TEST(outcome(host, {list(32000), advice}) == "completed");
  BOOST_TEST(outcome(host, {list(33000), advice}) == "refused");
  const WorkloadStep whole = block(4 * kMiB, AllocateUsing::mmap, 33000);
  BOOST_TEST(outcome(host, {whole, advice}) == "completed");
}

BOOST_AUTO_TEST_CASE(a_copy_does_not_count_what_was_left_out_of_it) {
  Situation host = measured_situation();
  limit(host, RlimitResource::address_space, 64 * kMiB, true);
  const WorkloadStep leave_out{Advise{"a", Advice::dontfork}, ""};
  const WorkloadStep fork{Fork{1, {block(64 * kMiB, AllocateUsing::mmap, 1, "b")}}, ""};
  BOOST_TEST(outcome(host, {block(64 * kMiB), leave_out, fork}) == "completed");
  BOOST_TEST(outcome(host, {block(64 * kMiB), fork}) == "refused");
}

BOOST_AUTO_TEST_CASE(a_charge_beside_written_memory_may_stand) {
  Situation host = measured_situation();
  host.facts.kernel_version.set(6018, "test");
  const WorkloadStep readonly{Protect{"a", Protection::read}, ""};
  const WorkloadStep fork{Fork{1, {}}, ""};
  const WorkloadStep list = block(8 * kGiB, AllocateUsing::mmap, 2);
  const WorkloadStep beside = block(kMiB, AllocateUsing::mmap, 1, "b");
  BOOST_TEST(outcome(host, {list, beside, readonly, fork}) == "completed");
  BOOST_TEST(outcome(host, {list, beside, touch("b"), readonly, fork}) == "open");
}

BOOST_AUTO_TEST_CASE(calloc_on_the_heap_may_make_its_blocks_resident) {
  Situation host = measured_situation();
  host.cgroup_memory_max_bytes = 24 * kMiB;
  BOOST_TEST(outcome(host, {block(78131, AllocateUsing::calloc, 995)}) == "open");
  BOOST_TEST(outcome(host, {block(78131, AllocateUsing::calloc, 100)}) == "completed");
  BOOST_TEST(outcome(host, {block(78131, AllocateUsing::malloc, 995)}) == "completed");
}

BOOST_AUTO_TEST_CASE(spawn_needs_a_stack) {
  Situation host = measured_situation();
  limit(host, RlimitResource::address_space, kMiB, true);
  const WorkloadStep spawn{Spawn{3}, ""};
  BOOST_TEST(outcome(host, {block(kMiB - 64 * kKiB), spawn}) == "completed");
  BOOST_TEST(outcome(host, {block(kMiB - kPage), spawn}) == "refused");
}

BOOST_AUTO_TEST_CASE(blocks_are_locked_one_after_the_other) {
  Situation situation = laptop_situation();
  limit(situation, RlimitResource::memlock, 8 * kMiB);
  const WorkloadStep lock{Lock{"a"}, ""};
  BOOST_TEST(outcome(situation, {block(6 * kMiB, AllocateUsing::mmap, 2), lock}) == "refused");
  // The first fills the control group before the second is refused.
  situation.cgroup_memory_max_bytes = 4 * kMiB;
  situation.cgroup_swap_max_bytes = 0;
  BOOST_TEST(outcome(situation, {block(6 * kMiB, AllocateUsing::mmap, 2), lock}) == "open");
  // The first cannot be made resident.
  const Prediction none =
      oracle::predict(situation, {block(6 * kMiB, AllocateUsing::mmap_none, 2), lock});
  BOOST_TEST((none.rule == LimitingRule::protection));
}

BOOST_AUTO_TEST_CASE(the_header_of_a_locked_block_merges_with_its_neighbour) {
  const Situation situation = laptop_situation();
  const std::uint64_t most = 10 * kGiB - 24;  // of malloc, with its header RAM + swap
  const WorkloadStep fork{Fork{1, {}}, ""};
  const WorkloadStep large = block(most, AllocateUsing::malloc, 1, "b");
  BOOST_TEST(outcome(situation, {large, fork}) == "completed");
  BOOST_TEST(outcome(situation, {block(8 * kMiB, AllocateUsing::malloc), step(Lock{"a"}), large,
                                 fork}) == "open");
}

// Mode 2, with room for two copies of three: whether the first has ended by then is chance.
BOOST_AUTO_TEST_CASE(copies_that_overlap_may_take_what_another_asks_for) {
  Situation situation = laptop_situation();
  situation.facts.overcommit_memory.set(2, "test");
  situation.facts.commit_limit_bytes.set(8 * kGiB, "test");
  situation.facts.overcommit_kbytes.set(6 * kGiB / kKiB, "test");
  situation.facts.committed_as_bytes.set(kGiB, "test");
  for (const auto& [copies, ends] :
       {std::pair{1U, "completed"}, std::pair{2U, "completed"}, std::pair{3U, "open"}}) {
    const WorkloadStep fork{Fork{copies, {block(3 * kGiB)}}, ""};
    BOOST_TEST(outcome(situation, {fork}) == ends, copies);
  }
}

// 16 MiB of pages that lie 2 MiB apart, and as much in page tables, which every copy has again.
BOOST_AUTO_TEST_CASE(fork_copies_the_page_tables_of_what_was_written) {
  Situation situation = laptop_situation();
  situation.cgroup_memory_max_bytes = 64 * kMiB;
  situation.cgroup_swap_max_bytes = 0;
  Touch sparse{"a"};
  sparse.every = Stride::huge_page;
  const std::vector<WorkloadStep> before{block(8 * kGiB), step(sparse)};
  for (const auto& [copies, ends] :
       {std::pair{1U, "completed"}, std::pair{2U, "open"}, std::pair{3U, "oom_killed"}}) {
    std::vector<WorkloadStep> workload = before;
    workload.push_back({Fork{copies, {}}, ""});
    BOOST_TEST(outcome(situation, workload) == ends, copies);
  }
}

BOOST_AUTO_TEST_CASE(locks_outlive_the_blocks_of_the_heap) {
  const std::vector<WorkloadStep> workload{
      block(8000, AllocateUsing::malloc, 7), step(Lock{"a"}), step(Free{"a"}),
      block(100000, AllocateUsing::malloc, 1, "b"), step(Advise{"b", Advice::dontneed})};
  BOOST_TEST(outcome(laptop_situation(), workload) == "open");
}

BOOST_AUTO_TEST_SUITE_END()
