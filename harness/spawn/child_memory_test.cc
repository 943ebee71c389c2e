// SPDX-License-Identifier: Apache-2.0
// Memory is really asked for, really touched and really given back: measured from the case's own
// /proc files, for every way of asking. A compiler that deleted an unused malloc would show here.
#include <sys/mount.h>
#include <sys/stat.h>

#include <fstream>

#include "harness/spawn/testing.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

// Code of the child that runs for the first time is mapped in pieces of 64 KiB
// (fault_around_bytes); a step and what it calls lie in up to five.
constexpr std::uint64_t kSlack = 320 * kKiB;
constexpr std::uint64_t kBlock = 64 * kMiB;

struct Folder {
  std::string path = "/tmp/memqual-test-XXXXXX";
  Folder() {
    BOOST_REQUIRE(::mkdtemp(path.data()) != nullptr);
    ::chmod(path.c_str(), 0777);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

WorkloadStep name_step(const char* kind, std::string name) {
  const std::string word = kind;
  if (word == "verify") return step(Verify{std::move(name)});
  if (word == "free") return step(Free{std::move(name)});
  return step(Lock{std::move(name)});
}

WorkloadStep advise(Advice advice) { return step(Advise{"a", advice}); }

std::uint64_t at_start(const Seen& seen, const char* key) {
  for (const wire::Line& line : seen.trace.lines)
    if (line.verb == "started") return line.number(key);
  BOOST_FAIL("the case did not start");
  return 0;
}

bool near(std::uint64_t value, std::uint64_t wanted, std::uint64_t slack) {
  return value + slack >= wanted && value <= wanted + slack;
}

Seen run_in(const Folder& folder, std::vector<WorkloadStep> workload) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.scratch_dir = folder.path;
  program.workload = std::move(workload);
  return run_program(launcher, program);
}

constexpr AllocateUsing kReadWrite[] = {
    AllocateUsing::malloc,         AllocateUsing::calloc, AllocateUsing::new_,
    AllocateUsing::posix_memalign, AllocateUsing::mmap,   AllocateUsing::mmap_noreserve,
    AllocateUsing::mmap_shared,    AllocateUsing::memfd,  AllocateUsing::brk,
    AllocateUsing::file,
};

}  // namespace

BOOST_AUTO_TEST_SUITE(child_memory)

BOOST_AUTO_TEST_CASE(every_way_of_asking_takes_address_space_without_memory_and_gives_it_back) {
  const Folder folder;
  std::vector<AllocateUsing> all(std::begin(kReadWrite), std::end(kReadWrite));
  all.push_back(AllocateUsing::mmap_none);
  all.push_back(AllocateUsing::mmap_readonly);
  BOOST_TEST(all.size() + 2 == words_of<AllocateUsing>().size());  // hugetlb has its own tests
  for (const AllocateUsing using_ : all) {
    BOOST_TEST_CONTEXT(to_word(using_)) {
      const Seen seen = run_in(folder, {allocate("a", "64 MiB", using_), name_step("free", "a")});
      BOOST_TEST(seen.ending() == "completed");
      BOOST_TEST(near(seen.step(0).vsz_bytes - at_start(seen, "vsz"), kBlock, kMiB));
      BOOST_TEST(near(seen.step(0).rss_bytes, at_start(seen, "rss"), kSlack));
      BOOST_TEST(near(seen.step(1).vsz_bytes, at_start(seen, "vsz"), kMiB));
      BOOST_TEST(seen.step(0).granted_bytes == kBlock);
    }
  }
}

BOOST_AUTO_TEST_CASE(touching_makes_exactly_the_touched_pages_resident) {
  const Folder folder;
  for (const AllocateUsing using_ : kReadWrite) {
    BOOST_TEST_CONTEXT(to_word(using_)) {
      const Seen seen = run_in(folder, {allocate("a", "16 MiB", using_), touch("a"),
                                        name_step("verify", "a"), name_step("free", "a")});
      BOOST_TEST(seen.ending() == "completed");
      BOOST_TEST(near(seen.step(1).rss_bytes - at_start(seen, "rss"), 16 * kMiB, kSlack));
      BOOST_TEST(seen.step(1).touched_bytes == 16 * kMiB);
      BOOST_TEST(near(seen.step(3).rss_bytes, at_start(seen, "rss"), kSlack));
      BOOST_TEST(near(*seen.observation().rss_peak_bytes.value - at_start(seen, "rss"), 16 * kMiB,
                      2 * kSlack));
      BOOST_TEST(seen.observation().rss_peak_bytes.source == "VmHWM");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_quarter_touched_is_a_quarter_resident_whatever_the_threads) {
  ChildLauncher launcher = start_launcher();
  for (const unsigned threads : {1u, 4u}) {
    WorkloadStep quarter = touch("a", 0.25);
    std::get<Touch>(quarter.action).threads = threads;
    const Seen seen = run_workload(launcher, {allocate("a", "64 MiB"), advise(Advice::nohugepage),
                                              quarter, name_step("verify", "a")});
    BOOST_TEST(seen.ending() == "completed");
    BOOST_TEST(near(seen.step(2).rss_bytes - at_start(seen, "rss"), 16 * kMiB, 2 * kSlack));
  }
}

BOOST_AUTO_TEST_CASE(reading_untouched_memory_makes_none_of_it_resident) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_workload(launcher, {allocate("a", "64 MiB"), advise(Advice::nohugepage),
                                            touch("a", 1.0, Access::read)});
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(near(seen.step(2).rss_bytes, at_start(seen, "rss"), kSlack));
  BOOST_TEST(*seen.observation().minor_faults.value >= 64 * kMiB / 4096);
}

BOOST_AUTO_TEST_CASE(huge_pages_are_refused_with_an_errno_or_really_granted) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_workload(launcher, {allocate("a", "2 MiB", AllocateUsing::hugetlb)});
  if (seen.outcome() == OutcomeKind::refused) {
    BOOST_TEST(seen.step(0).error_name == "ENOMEM");
    BOOST_TEST(seen.step(0).granted_blocks == 0u);
  } else {
    BOOST_TEST(seen.ending() == "completed");
    BOOST_TEST(seen.step(0).vsz_bytes - at_start(seen, "vsz") >= 2 * kMiB);
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_cannot_be_is_refused_by_every_call) {
  const Folder folder;
  for (const AllocateUsing using_ :
       {AllocateUsing::malloc, AllocateUsing::calloc, AllocateUsing::new_,
        AllocateUsing::posix_memalign, AllocateUsing::mmap, AllocateUsing::mmap_none,
        AllocateUsing::mmap_shared, AllocateUsing::brk, AllocateUsing::hugetlb}) {
    const Seen seen = run_in(folder, {allocate("a", "4096 PiB", using_), touch("a")});
    BOOST_TEST(seen.ending().starts_with("refused (ENOMEM)"), to_word(using_)
                                                                  << ": " << seen.ending());
    BOOST_TEST((seen.step(1).state == StepState::not_reached));
  }
}

BOOST_AUTO_TEST_CASE(ten_thousand_blocks_cost_no_message_each) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_workload(
      launcher, {allocate("a", "1 MiB", AllocateUsing::mmap, 10000), name_step("free", "a")});
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(seen.step(0).granted_blocks == 10000u);
  BOOST_TEST(seen.step(0).granted_bytes == 10000 * kMiB);
  BOOST_TEST(near(seen.step(0).rss_bytes, at_start(seen, "rss"), kSlack));
  BOOST_TEST(seen.trace.lines.size() < 10u);
}

BOOST_AUTO_TEST_CASE(a_list_says_how_many_blocks_were_granted_before_the_refusal) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.rlimits = {{RlimitResource::address_space, false, 256 * kMiB}};
  program.workload = {allocate("a", "1 MiB", AllocateUsing::mmap, 1000)};
  const Seen seen = run_program(launcher, program);
  BOOST_TEST(seen.ending().starts_with("refused (ENOMEM)"), seen.ending());
  BOOST_TEST(seen.step(0).requested_blocks == 1000u);
  BOOST_TEST(seen.step(0).granted_blocks > 200u);
  BOOST_TEST(seen.step(0).granted_blocks < 256u);
}

BOOST_AUTO_TEST_CASE(blocks_touched_as_they_are_granted_are_all_resident) {
  ChildLauncher launcher = start_launcher();
  WorkloadStep ones = allocate("a", "1 MiB", AllocateUsing::mmap, 32);
  std::get<Allocate>(ones.action).touched = true;
  const Seen seen = run_workload(launcher, {ones, name_step("verify", "a")});
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(near(seen.step(0).rss_bytes - at_start(seen, "rss"), 32 * kMiB, kSlack));
}

BOOST_AUTO_TEST_CASE(memory_that_was_dropped_behind_its_back_is_found_corrupted) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_workload(launcher, {allocate("a", "4 MiB"), touch("a"),
                                            advise(Advice::dontneed), name_step("verify", "a")});
  BOOST_TEST((seen.outcome() == OutcomeKind::corrupted), seen.ending());
  BOOST_TEST(near(seen.step(2).rss_bytes, at_start(seen, "rss"), kSlack));
}

BOOST_AUTO_TEST_CASE(locking_makes_untouched_memory_resident) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_workload(launcher, {allocate("a", "1 MiB"), name_step("lock", "a")});
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(near(seen.step(1).rss_bytes - at_start(seen, "rss"), kMiB, kSlack));
}

BOOST_AUTO_TEST_CASE(what_may_not_be_touched_is_a_segfault_and_protection_can_be_lifted) {
  ChildLauncher launcher = start_launcher();
  const auto protect = [](Protection access) { return step(Protect{"a", access}); };
  const Seen none =
      run_workload(launcher, {allocate("a", "1 MiB", AllocateUsing::mmap_none), touch("a")});
  BOOST_TEST((none.outcome() == OutcomeKind::segfault), none.ending());
  BOOST_TEST(none.observation().ending.step.value_or(9) == 1u);
  const Seen taken =
      run_workload(launcher, {allocate("a", "1 MiB"), protect(Protection::read),
                              touch("a", 1, Access::read), protect(Protection::none), touch("a")});
  BOOST_TEST((taken.outcome() == OutcomeKind::segfault), taken.ending());
  BOOST_TEST(taken.observation().ending.step.value_or(9) == 4u);
  const Seen given = run_workload(launcher, {allocate("a", "1 MiB", AllocateUsing::mmap_none),
                                             protect(Protection::read_write), touch("a")});
  BOOST_TEST(given.ending() == "completed");
}

BOOST_AUTO_TEST_CASE(a_file_whose_disk_is_full_is_a_bus_error) {
  const Folder folder;
  if (::mount("none", folder.path.c_str(), "tmpfs", 0, "size=1m") != 0) {
    std::cout << "SKIPPED: may not mount a small tmpfs here\n";
    return;
  }
  const Seen seen = run_in(folder, {allocate("a", "8 MiB", AllocateUsing::file), touch("a")});
  ::umount2(folder.path.c_str(), MNT_DETACH);
  BOOST_TEST((seen.outcome() == OutcomeKind::bus_error), seen.ending());
  BOOST_TEST(seen.step(1).touched_bytes > 0u);
  BOOST_TEST(seen.step(1).touched_bytes <= kMiB);
}

BOOST_AUTO_TEST_CASE(a_killed_case_has_said_how_far_it_got) {
  ChildLauncher launcher = start_launcher();
  LaunchOptions options;
  options.timeout_ms = 60;
  const Seen seen = run_workload(launcher,
                                 {allocate("a", "64 GiB", AllocateUsing::mmap_noreserve),
                                  advise(Advice::nohugepage), touch("a", 1.0, Access::read)},
                                 options);
  if (seen.outcome() == OutcomeKind::refused) {
    std::cout << "SKIPPED: 64 GiB of address space are refused here\n";
    return;
  }
  BOOST_TEST((seen.outcome() == OutcomeKind::timed_out), seen.ending());
  BOOST_TEST((seen.step(2).state == StepState::running));
  BOOST_TEST(seen.step(2).touched_bytes > kMiB);
  BOOST_TEST(seen.step(2).touched_bytes < 64 * kGiB);
}

BOOST_AUTO_TEST_CASE(a_scratch_folder_that_is_not_there_is_our_own_trouble) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program;
  program.setup.scratch_dir = "/nonexistent/memqual";
  program.workload = {allocate("a", "1 MiB", AllocateUsing::file)};
  const Seen seen = run_program(launcher, program);
  BOOST_TEST(contains(seen.trouble(), "opening the scratch folder: ENOENT"), seen.trouble());
}

// The oracle's largest hole is that of a program at a fixed address (address_space_of).
BOOST_AUTO_TEST_CASE(the_child_is_loaded_where_the_oracle_thinks) {
  std::ifstream file(MEMQUAL_CHILD_PROGRAM, std::ios::binary);
  char header[18] = {};
  BOOST_REQUIRE(file.read(header, sizeof header));
  constexpr char kExec = 2;  // ET_EXEC of elf.h; 3 is ET_DYN, position independent
  BOOST_TEST(header[16] == kExec);
  BOOST_TEST(header[17] == 0);
}

BOOST_AUTO_TEST_SUITE_END()
