// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/memory_need.h"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

std::uint64_t need(const std::vector<WorkloadStep>& workload, const HostFacts& facts = laptop()) {
  const Result<std::uint64_t> bytes = memory_need_bytes(workload, facts);
  BOOST_REQUIRE_MESSAGE(bytes.ok(), (bytes ? "" : bytes.error().message));
  return *bytes;
}

WorkloadStep ones(std::string name, const std::string& bytes, std::uint64_t count = 1,
                  AllocateUsing using_ = AllocateUsing::mmap) {
  WorkloadStep made = allocate(std::move(name), bytes, using_, count);
  std::get<Allocate>(made.action).touched = true;
  return made;
}
WorkloadStep freed(std::string name) { return step(Free{std::move(name)}); }
WorkloadStep advised(std::string name, Advice advice) {
  return step(Advise{std::move(name), advice});
}
WorkloadStep forked(std::vector<WorkloadStep> workload, std::uint64_t count = 1) {
  return step(Fork{count, std::move(workload)});
}
WorkloadStep declared(const std::string& bytes) {
  WorkloadStep made = command({"train"});
  std::get<Command>(made.action).memory = size(bytes);
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(memory_need)

BOOST_AUTO_TEST_CASE(a_grant_alone_costs_nothing) {
  BOOST_TEST(need({}) == 0u);
  BOOST_TEST(need({allocate("a", "32 TiB"), step(Protect{"a", Protection::read}), step(Spawn{8}),
                   step(Verify{"a"}), command({"true"})}) == 0u);
}

BOOST_AUTO_TEST_CASE(a_kernel_costs_its_result_and_its_budget) {
  Kernel root;
  root.in = ArrayRef{ArrayPlace::memory, "a", std::nullopt, ArrayAccess::mapped};
  root.out = ArrayRef{ArrayPlace::memory, "b", std::nullopt, ArrayAccess::mapped};
  root.budget = size("1 MiB");
  const std::vector<WorkloadStep> workload{ones("a", "8 MiB"), allocate("b", "16 MiB"), step(root)};
  BOOST_TEST(need(workload) == 25 * kMiB);
  root.in->place = root.out->place = ArrayPlace::raw;
  BOOST_TEST(need({step(root)}) == kMiB);
}

BOOST_AUTO_TEST_CASE(a_kernel_on_a_device_costs_pinned_buffers_of_its_arrays_at_most) {
  Kernel root;
  root.device = KernelDevice::cuda;
  root.in = ArrayRef{ArrayPlace::raw, "a", ArrayType{"float64", 1024, 1024}, ArrayAccess::mapped};
  root.budget = size("1 TiB");
  BOOST_TEST(need({step(root)}) == 24 * kMiB);
  root.budget = size("1 MiB");
  BOOST_TEST(need({step(root)}) == kMiB);
}

BOOST_AUTO_TEST_CASE(a_search_costs_the_headers_of_its_blocks_at_most) {
  const auto search = [](AllocateUsing using_, const std::string& block) {
    FindLargest action{using_, {}, {}};
    if (!block.empty()) action.block = size(block);
    return step(std::move(action));
  };
  BOOST_TEST(need({search(AllocateUsing::mmap, "")}) == 0U);
  BOOST_TEST(need({search(AllocateUsing::malloc, "")}) == 0U);
  BOOST_TEST(need({search(AllocateUsing::mmap, "3.5 GB")}) == 0U);
  BOOST_TEST(need({search(AllocateUsing::malloc, "3.5 GB")}) == kMostFoundBlocks * 4096);
  BOOST_TEST(need({search(AllocateUsing::calloc, "64 KiB")}) == kMostFoundBlocks * 64 * kKiB);
  HostFacts huge = laptop();
  huge.huge_pages_free.set(3, "a host with huge pages");
  huge.hugetlb_page_size_bytes.set(2 * kMiB, "a host with huge pages");
  BOOST_TEST(need({search(AllocateUsing::hugetlb, "")}, huge) == 6 * kMiB);
}

BOOST_AUTO_TEST_CASE(a_measurement_costs_its_arrays) {
  const auto measured = [](std::vector<BandwidthOperation> operations) {
    return need({step(Bandwidth{std::move(operations), size("1 GiB"), {1, 2}, 5})});
  };
  const std::uint64_t array = kGiB + 2 * kMiB;
  BOOST_TEST(measured({BandwidthOperation::read}) == array);
  BOOST_TEST(measured({BandwidthOperation::copy, BandwidthOperation::page_fault}) == 3 * array);
  BOOST_TEST(need({ones("a", "1 GiB"),
                   step(Bandwidth{{BandwidthOperation::triad}, size("25% of mem_total")})}) ==
             kGiB + 3 * (2 * kGiB + 2 * kMiB));
}

BOOST_AUTO_TEST_CASE(what_is_touched_counts) {
  struct Row {
    const char* what;
    std::vector<WorkloadStep> workload;
    std::uint64_t bytes;
  };
  const std::vector<Row> rows{
      {"all", {allocate("a", "1 GiB"), touch("a")}, kGiB},
      {"a quarter", {allocate("a", "1 GiB"), touch("a", 0.25)}, 256 * kMiB},
      {"most, not the sum",
       {allocate("a", "1 GiB"), touch("a", 0.5), touch("a", 0.25)},
       512 * kMiB},
      {"a list", {allocate("a", "64 MiB", AllocateUsing::malloc, 10), touch("a")}, 640 * kMiB},
      {"as soon as granted", {ones("a", "64 MiB", 10)}, 640 * kMiB},
      {"locked", {allocate("a", "1 GiB"), step(Lock{"a"})}, kGiB},
      {"populated", {allocate("a", "1 GiB"), advised("a", Advice::populate_write)}, kGiB},
      {"huge pages are taken at once", {allocate("a", "1 GiB", AllocateUsing::hugetlb)}, kGiB},
      {"two blocks", {ones("a", "1 GiB"), ones("b", "2 GiB")}, 3 * kGiB},
      {"of the host", {allocate("a", "50% of mem_total"), touch("a")}, 4 * kGiB},
      {"a file written to", {allocate("a", "1 GiB", AllocateUsing::file), touch("a")}, kGiB},
  };
  for (const Row& row : rows) BOOST_TEST(need(row.workload) == row.bytes, row.what);
}

BOOST_AUTO_TEST_CASE(reading_costs_what_the_kind_of_memory_costs) {
  const auto read_bytes = [](AllocateUsing using_) {
    return need({allocate("a", "1 GiB", using_), touch("a", 1.0, Access::read)});
  };
  // The zero page is shared, its page tables are not.
  BOOST_TEST(read_bytes(AllocateUsing::mmap) == 2 * kMiB);
  BOOST_TEST(read_bytes(AllocateUsing::malloc) == 2 * kMiB);
  BOOST_TEST(read_bytes(AllocateUsing::file) == 0u);
  BOOST_TEST(read_bytes(AllocateUsing::memfd) == kGiB);
  BOOST_TEST(read_bytes(AllocateUsing::mmap_shared) == kGiB);
}

BOOST_AUTO_TEST_CASE(populating_for_reading_costs_what_reading_costs) {
  const auto populated_bytes = [](AllocateUsing using_) {
    return need({allocate("a", "1 GiB", using_), advised("a", Advice::populate_read)});
  };
  BOOST_TEST(populated_bytes(AllocateUsing::mmap) == 2 * kMiB);
  BOOST_TEST(populated_bytes(AllocateUsing::file) == 0u);
  BOOST_TEST(populated_bytes(AllocateUsing::memfd) == kGiB);
}

BOOST_AUTO_TEST_CASE(the_peak_counts_not_the_sum) {
  BOOST_TEST(need({ones("a", "1 GiB"), freed("a"), ones("b", "2 GiB"), freed("b")}) == 2 * kGiB);
  BOOST_TEST(need({ones("a", "1 GiB"), ones("b", "2 GiB"), freed("b"), ones("c", "512 MiB")}) ==
             3 * kGiB);
}

BOOST_AUTO_TEST_CASE(dontneed_gives_back_private_memory_only) {
  const auto twice = [](AllocateUsing using_) {
    return need(
        {ones("a", "1 GiB", 1, using_), advised("a", Advice::dontneed), ones("b", "1 GiB")});
  };
  BOOST_TEST(twice(AllocateUsing::mmap) == kGiB);
  BOOST_TEST(twice(AllocateUsing::malloc) == kGiB);
  // The pages belong to the object behind the mapping and stay in it.
  BOOST_TEST(twice(AllocateUsing::memfd) == 2 * kGiB);
  BOOST_TEST(twice(AllocateUsing::mmap_shared) == 2 * kGiB);
  // The kernel may take these back, but only when it wants to.
  BOOST_TEST(need({ones("a", "1 GiB"), advised("a", Advice::free), ones("b", "1 GiB")}) ==
             2 * kGiB);
}

BOOST_AUTO_TEST_CASE(every_forked_process_pays_for_what_it_writes) {
  const WorkloadStep a = ones("a", "1 GiB");
  BOOST_TEST(need({a, forked({}, 8)}) == kGiB);
  BOOST_TEST(need({a, forked({touch("a", 0.5)}, 3)}) == kGiB + 3 * 512 * kMiB);
  BOOST_TEST(need({a, forked({ones("b", "256 MiB"), freed("b"), touch("a", 0.125)}, 2)}) ==
             kGiB + 2 * 256 * kMiB);
  BOOST_TEST(need({forked({a, forked({touch("a")}, 2)}, 2)}) == 2 * (kGiB + 2 * kGiB));
  BOOST_TEST(need({forked({a}, 4), ones("b", "2 GiB")}) ==
             4 * kGiB);  // the copies are gone by then
}

BOOST_AUTO_TEST_CASE(shared_memory_written_by_a_forked_process_stays) {
  BOOST_TEST(need({allocate("a", "1 GiB", AllocateUsing::mmap_shared), forked({touch("a")}),
                   ones("b", "2 GiB")}) == 3 * kGiB);
}

BOOST_AUTO_TEST_CASE(a_command_counts_what_it_declares_beside_what_is_held) {
  BOOST_TEST(need({declared("2 GiB")}) == 2 * kGiB);
  BOOST_TEST(need({ones("a", "1 GiB"), declared("25% of mem_total")}) == 3 * kGiB);
  BOOST_TEST(need({declared("1 GiB"), declared("1 GiB")}) == kGiB);
}

BOOST_AUTO_TEST_CASE(more_than_can_be_counted_is_the_highest_number) {
  const auto list = [](std::uint64_t count) {
    return std::vector<WorkloadStep>{allocate("a", "32 TiB", AllocateUsing::mmap, count),
                                     touch("a")};
  };
  BOOST_TEST(need(list(10000)) == 10000 * 32 * kTiB);
  BOOST_TEST(need(list(kAll)) == kAll);
  BOOST_TEST(need({list(kAll)[0], list(kAll)[1], ones("b", "1 GiB")}) == kAll);
  BOOST_TEST(need({ones("a", "32 TiB"), forked({touch("a")}, kAll)}) == kAll);
  BOOST_TEST(need({list(kAll)[0], touch("a", 0.999)}) > kAll / 2);
  BOOST_TEST(need({list(kAll)[0], list(kAll)[1], declared("1 GiB")}) == kAll);
}

BOOST_AUTO_TEST_CASE(a_size_that_the_host_cannot_tell_is_an_error) {
  for (const std::vector<WorkloadStep>& workload :
       {std::vector<WorkloadStep>{allocate("a", "commit_limit")},
        {forked({allocate("a", "commit_limit")})},
        {declared("commit_limit")}}) {
    const Result<std::uint64_t> bytes = memory_need_bytes(workload, laptop());
    BOOST_REQUIRE(!bytes.ok());
    BOOST_TEST(contains(bytes.error().message, "commit_limit"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
