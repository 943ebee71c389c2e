// SPDX-License-Identifier: Apache-2.0
// The load line as the child finds it, against what the same kernel says to a plain allocation.
#include <unistd.h>

#include "harness/spawn/testing.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

constexpr std::uint64_t kLimit = 64 * kMiB;

constexpr AllocateUsing kAll[] = {
    AllocateUsing::malloc,    AllocateUsing::calloc,
    AllocateUsing::new_,      AllocateUsing::posix_memalign,
    AllocateUsing::mmap,      AllocateUsing::mmap_noreserve,
    AllocateUsing::mmap_none, AllocateUsing::mmap_shared,
    AllocateUsing::memfd,     AllocateUsing::brk,
};

FindLargest search(AllocateUsing using_) { return {using_, {}, {}}; }

// RLIMIT_AS is a limit that every way of asking meets, and that no other process moves.
Seen run_limited(std::vector<WorkloadStep> workload) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.rlimits = {{RlimitResource::address_space, false, kLimit}};
  program.workload = std::move(workload);
  return run_program(launcher, program);
}

WorkloadStep exactly(AllocateUsing using_, std::uint64_t bytes) {
  Allocate action;
  action.name = "a";
  action.size = Size::of_bytes(bytes);
  action.using_ = using_;
  return step(std::move(action));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child_largest)

BOOST_AUTO_TEST_CASE(a_plain_allocation_of_the_largest_is_granted_and_of_one_unit_more_is_refused) {
  for (const AllocateUsing using_ : kAll) {
    BOOST_TEST_CONTEXT(to_word(using_)) {
      const WorkloadStep find = step(search(using_));
      // The account of an allocation is address space too, so that each run has one.
      const Seen first = run_limited({find, exactly(using_, 4096)});
      BOOST_TEST(first.ending() == "completed");
      const StepReport& found = first.step(0);
      BOOST_REQUIRE(found.largest_bytes.has_value());
      BOOST_TEST(*found.largest_bytes > 32 * kMiB);
      BOOST_TEST(*found.largest_bytes < kLimit);
      BOOST_TEST(found.refused_bytes == *found.largest_bytes + found.unit_bytes);
      BOOST_TEST(found.refused_errno_name == "ENOMEM");
      const std::uint64_t unit =
          is_malloc_family(using_) ? 1 : static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
      BOOST_TEST(found.unit_bytes == unit);
      BOOST_TEST(run_limited({find, exactly(using_, *found.largest_bytes)}).ending() ==
                 "completed");
      const Seen above = run_limited({find, exactly(using_, found.refused_bytes)});
      BOOST_TEST((above.outcome() == OutcomeKind::refused));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_search_leaves_address_space_and_memory_as_they_were) {
  for (const AllocateUsing using_ : kAll) {
    if (using_ == AllocateUsing::new_) continue;  // its exception begins the heap
    BOOST_TEST_CONTEXT(to_word(using_)) {
      const Seen seen = run_limited({step(search(using_)), step(search(using_))});
      const StepReport& first = seen.step(0);
      const StepReport& second = seen.step(1);
      BOOST_TEST(first.vsz_bytes == second.vsz_bytes);
      BOOST_TEST(first.largest_bytes.value_or(0) == second.largest_bytes.value_or(1));
      BOOST_TEST(first.vsz_bytes + *first.largest_bytes <= kLimit);
      BOOST_TEST(second.rss_bytes < 8 * kMiB);
    }
  }
}

BOOST_AUTO_TEST_CASE(blocks_are_counted_until_one_is_refused_and_all_given_back) {
  for (const AllocateUsing using_ : {AllocateUsing::mmap, AllocateUsing::malloc}) {
    FindLargest list = search(using_);
    list.block = Size::of_bytes(kMiB);
    const Seen seen = run_limited({step(list), step(search(using_))});
    const StepReport& found = seen.step(0);
    BOOST_TEST(found.largest_blocks > 40U);
    BOOST_TEST(found.largest_blocks < 64U);
    BOOST_TEST(found.largest_bytes.value_or(0) == found.largest_blocks * kMiB);
    BOOST_TEST(found.unit_bytes == kMiB);
    BOOST_TEST(found.refused_bytes == (found.largest_blocks + 1) * kMiB);
    BOOST_TEST(seen.step(1).largest_bytes.value_or(0) > found.largest_blocks * kMiB);
  }
}

BOOST_AUTO_TEST_CASE(a_bound_is_not_exceeded_and_then_nothing_is_refused) {
  FindLargest bounded = search(AllocateUsing::mmap);
  bounded.up_to = Size::of_bytes(16 * kMiB + 17);
  FindLargest list = bounded;
  list.block = Size::of_bytes(5 * kMiB);
  FindLargest tiny = search(AllocateUsing::mmap);
  tiny.up_to = Size::of_bytes(17);
  const Seen seen = run_limited({step(bounded), step(list), step(tiny)});
  BOOST_TEST(seen.step(0).largest_bytes.value_or(0) == 16 * kMiB);
  BOOST_TEST(seen.step(1).largest_blocks == 3U);
  BOOST_TEST(seen.step(2).largest_bytes.value_or(1) == 0U);
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(seen.step(i).refused_bytes == 0U);
    BOOST_TEST(seen.step(i).refused_errno_name == "");
  }
}

BOOST_AUTO_TEST_CASE(where_nothing_is_granted_the_largest_is_nothing) {
  FindLargest list = search(AllocateUsing::mmap);
  list.block = Size::of_bytes(kLimit);
  const Seen seen = run_limited({step(list)});
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(seen.step(0).largest_bytes.value_or(1) == 0U);
  BOOST_TEST(seen.step(0).refused_bytes == kLimit);
}

BOOST_AUTO_TEST_SUITE_END()
