// SPDX-License-Identifier: Apache-2.0
// What a case asks after a refusal: that it asks, in which process, and that it leaves no trace.
#include <unistd.h>

#include <cerrno>

#include "harness/spawn/testing.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

ChildProgram limited(RlimitResource resource, std::uint64_t bytes,
                     std::vector<WorkloadStep> workload) {
  ChildProgram program;
  program.setup.rlimits = {{resource, false, bytes}};
  program.workload = std::move(workload);
  return program;
}

std::uint64_t started(const Seen& seen, const char* key) {
  for (const wire::Line& line : seen.trace.lines)
    if (line.verb == "started") return line.number(key);
  BOOST_FAIL("the case did not start");
  return 0;
}

const Refusal& refusal_of(const Seen& seen, std::size_t step) {
  BOOST_REQUIRE(seen.outcome() == OutcomeKind::refused);
  BOOST_REQUIRE(seen.step(step).refusal.has_value());
  return *seen.step(step).refusal;
}

int answer(const Refusal& refusal, ProbeKind kind) {
  BOOST_REQUIRE_MESSAGE(refusal.answer(kind).has_value(), to_word(kind));
  return *refusal.answer(kind);
}

WorkloadStep forked(std::vector<WorkloadStep> workload) {
  Fork fork;
  fork.workload = std::move(workload);
  return step(std::move(fork));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child_refusal)

BOOST_AUTO_TEST_CASE(a_refused_mapping_is_asked_about_with_the_figures_of_that_moment) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_program(launcher, limited(RlimitResource::address_space, 64 * kMiB,
                                                  {allocate("a", "100 MiB + 1 B")}));
  const Refusal& refusal = refusal_of(seen, 0);
  BOOST_TEST((refusal.call == RefusedCall::mmap));
  BOOST_TEST(refusal.length_bytes == 100 * kMiB + 4096);
  BOOST_TEST(answer(refusal, ProbeKind::own_page) == 0);
  BOOST_TEST(answer(refusal, ProbeKind::hole) == EACCES);
  BOOST_TEST(answer(refusal, ProbeKind::no_access) == ENOMEM);
  BOOST_TEST(answer(refusal, ProbeKind::page) == 0);
  BOOST_TEST(refusal.probes[1].error_name == "EACCES");
  BOOST_TEST(refusal.vsz_bytes.value() == started(seen, "vsz"));
  BOOST_TEST(refusal.data_bytes.value() == started(seen, "data"));
  BOOST_TEST(refusal.rlimit_as_bytes.value() == 64 * kMiB);
  BOOST_TEST(!refusal.rlimit_data_bytes.has_value());
}

BOOST_AUTO_TEST_CASE(the_questions_leave_no_trace_in_the_figures_of_the_case) {
  ChildLauncher launcher = start_launcher();
  for (const AllocateUsing using_ : {AllocateUsing::mmap, AllocateUsing::mmap_shared,
                                     AllocateUsing::mmap_noreserve, AllocateUsing::brk}) {
    BOOST_TEST_CONTEXT(to_word(using_)) {
      // Without access the same length is granted, which must not become the case's peak.
      const Seen seen = run_program(
          launcher,
          limited(
              RlimitResource::data, 64 * kMiB,
              {allocate("a", using_ == AllocateUsing::mmap_shared ? "200 TiB" : "1 GiB", using_)}));
      refusal_of(seen, 0);
      BOOST_TEST(seen.step(0).vsz_bytes == started(seen, "vsz"));
      BOOST_TEST(*seen.observation().vsz_peak_bytes.value < started(seen, "vsz") + kMiB);
      BOOST_TEST(*seen.observation().vsz_end_bytes.value == started(seen, "vsz"));
      BOOST_TEST(*seen.observation().rss_peak_bytes.value < started(seen, "rss") + 256 * kKiB);
    }
  }
}

BOOST_AUTO_TEST_CASE(questions_are_put_by_the_forked_copy_that_was_refused_about_itself) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_program(
      launcher, limited(RlimitResource::data, 64 * kMiB,
                        {forked({allocate("held", "32 MiB"), allocate("a", "48 MiB")})}));
  const Refusal& refusal = refusal_of(seen, 0);
  BOOST_TEST((refusal.call == RefusedCall::mmap));
  BOOST_TEST(refusal.data_bytes.value() >= started(seen, "data") + 32 * kMiB);
  BOOST_TEST(answer(refusal, ProbeKind::shared) == 0);
  BOOST_TEST(answer(refusal, ProbeKind::noreserve) == ENOMEM);
}

BOOST_AUTO_TEST_CASE(questions_need_no_descriptors) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program =
      limited(RlimitResource::address_space, 64 * kMiB, {allocate("a", "100 MiB")});
  program.setup.rlimits.push_back({RlimitResource::nofile, false, 0});
  const Refusal refusal = refusal_of(run_program(launcher, program), 0);
  BOOST_TEST(answer(refusal, ProbeKind::own_page) == 0);
  BOOST_TEST(answer(refusal, ProbeKind::hole) == EACCES);
  BOOST_TEST(refusal.vsz_bytes.has_value());
}

BOOST_AUTO_TEST_CASE(every_step_that_takes_memory_says_which_call_was_refused) {
  ChildLauncher launcher = start_launcher();
  const auto call_of = [&](const char* size, AllocateUsing using_) {
    return refusal_of(run_program(launcher, limited(RlimitResource::address_space, 64 * kMiB,
                                                    {allocate("a", size, using_)})),
                      0)
        .call;
  };
  BOOST_TEST((call_of("1 GiB", AllocateUsing::calloc) == RefusedCall::malloc));
  BOOST_TEST((call_of("1 GiB", AllocateUsing::posix_memalign) == RefusedCall::malloc));
  BOOST_TEST((call_of("1 GiB", AllocateUsing::mmap_none) == RefusedCall::mmap_unwritable));
  BOOST_TEST((call_of("1 GiB", AllocateUsing::memfd) == RefusedCall::mmap_file));
  BOOST_TEST((call_of("1 GiB", AllocateUsing::brk) == RefusedCall::brk));
  const Refusal protect =
      refusal_of(run_program(launcher, limited(RlimitResource::data, 64 * kMiB,
                                               {allocate("a", "1 GiB", AllocateUsing::mmap_none),
                                                step(Protect{"a", Protection::read_write})})),
                 1);
  BOOST_TEST((protect.call == RefusedCall::protect));
  BOOST_TEST(protect.length_bytes == kGiB);
  BOOST_TEST(answer(protect, ProbeKind::mapped) == 0);
}

BOOST_AUTO_TEST_CASE(the_library_is_not_second_guessed_beyond_ptrdiff_max) {
  ChildLauncher launcher = start_launcher();
  WorkloadStep huge = allocate("a", "1 B", AllocateUsing::malloc);
  std::get<Allocate>(huge.action).size = Size::of_bytes(std::uint64_t{1} << 63U);
  const Refusal refusal = refusal_of(run_workload(launcher, {huge}), 0);
  BOOST_TEST(refusal.probes.empty());
  BOOST_TEST(refusal.length_bytes == std::uint64_t{1} << 63U);
}

BOOST_AUTO_TEST_CASE(what_is_no_refusal_is_not_asked_about) {
  ChildLauncher launcher = start_launcher();
  const Seen granted = run_workload(launcher, {allocate("a", "1 MiB")});
  BOOST_TEST(!granted.step(0).refusal.has_value());
  // Locked pages are not given back: EINVAL, an answer about the request and not about a limit.
  const Seen invalid = run_workload(
      launcher, {allocate("a", "4 KiB"), step(Lock{"a"}), step(Advise{"a", Advice::dontneed})});
  BOOST_TEST(invalid.step(2).error == EINVAL);
  BOOST_TEST(!invalid.step(2).refusal.has_value());
}

BOOST_AUTO_TEST_CASE(a_lock_beyond_its_limit_is_told_from_one_that_cannot_make_pages_resident) {
  ChildLauncher launcher = start_launcher();
  ChildProgram program =
      limited(RlimitResource::memlock, 16 * kKiB, {allocate("a", "64 KiB"), step(Lock{"a"})});
  constexpr std::uint32_t kNobody = 65534;
  if (geteuid() == 0) program.setup.uid = program.setup.gid = kNobody;  // root may always lock
  const Refusal refusal = refusal_of(run_program(launcher, program), 1);
  BOOST_TEST(answer(refusal, ProbeKind::lock_page) == 0);
  BOOST_TEST(answer(refusal, ProbeKind::lock_on_fault) == ENOMEM);
  BOOST_TEST(!refusal.may_lock);
}

BOOST_AUTO_TEST_SUITE_END()
