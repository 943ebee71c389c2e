// SPDX-License-Identifier: Apache-2.0
// One launcher and the cases it runs: order, endings from outside, and what is left behind.
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>

#include "harness/spawn/parent_process.h"
#include "harness/spawn/testing.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

using Clock = std::chrono::steady_clock;

std::string children_of(std::int64_t pid) {
  return read_proc(pid, "task/" + std::to_string(pid) + "/children");
}

std::uint64_t resident_pages(std::int64_t pid) {
  const std::string statm = read_proc(pid, "statm");
  return std::stoull(statm.substr(statm.find(' ')));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child_launcher)

BOOST_AUTO_TEST_CASE(three_hundred_cases_leave_a_launcher_as_it_was) {
  ChildLauncher launcher = start_launcher();
  std::int64_t launcher_pid = 0;
  LaunchOptions options;
  options.admit = [&](std::int64_t pid) {
    launcher_pid = parent_process(pid).value_or(0);
    return done();
  };
  std::uint64_t before = 0;
  for (int i = 0; i < 300; ++i) {
    const Seen seen = run_workload(
        launcher, {allocate("a", "8 MiB", AllocateUsing::malloc), touch("a"), step(Free{"a"})},
        options);
    BOOST_REQUIRE(seen.ending() == "completed");
    if (i == 0) before = resident_pages(launcher_pid);
  }
  BOOST_TEST(resident_pages(launcher_pid) == before);
  BOOST_TEST(before * 4096 < 2 * kMiB);
  BOOST_TEST(children_of(launcher_pid) == "");
}

BOOST_AUTO_TEST_CASE(a_case_killed_from_outside_was_signalled_and_not_oom_killed) {
  const Seen seen = run_shell("kill -9 $PPID; sleep 1");
  BOOST_TEST(seen.ending().starts_with("signalled(9)"), seen.ending());
  BOOST_TEST((seen.step(0).state == StepState::running));
}

BOOST_AUTO_TEST_CASE(the_launcher_goes_on_after_a_case_that_was_killed) {
  ChildLauncher launcher = start_launcher();
  for (int i = 0; i < 3; ++i) {
    const Seen killed = run_workload(launcher, {command({"sh", "-c", "kill -9 $PPID"})});
    BOOST_TEST((killed.outcome() == OutcomeKind::signalled), killed.ending());
    BOOST_TEST(run_workload(launcher, {allocate("a", "1 MiB")}).ending() == "completed");
  }
}

BOOST_AUTO_TEST_CASE(a_launcher_killed_from_outside_is_an_error_and_takes_its_case_along) {
  const std::string seconds = unique_seconds();
  ChildLauncher launcher = start_launcher();
  const std::string script =
      "read pid name state parent rest < /proc/$PPID/stat; kill -9 $parent; sleep " + seconds;
  const Result<ChildTrace> trace =
      launcher.run(*wire::encode_program({{}, {command({"sh", "-c", script})}}), {});
  BOOST_REQUIRE(!trace.ok());
  BOOST_TEST(contains(to_string(trace.error()), "ended in the middle of a case"));
  BOOST_TEST(!launcher.alive());
  BOOST_TEST(!launcher.run("", {}).ok());
  BOOST_TEST(wait_until([&] { return processes_with(seconds).empty(); }));
}

BOOST_AUTO_TEST_CASE(a_case_begins_only_after_it_was_admitted) {
  ChildLauncher launcher = start_launcher();
  std::string file = "/tmp/memqual-test-gate-" + std::to_string(::getpid());
  bool existed = true;
  LaunchOptions options;
  options.admit = [&](std::int64_t) {
    ::poll(nullptr, 0, 30);
    existed = std::filesystem::exists(file);
    return done();
  };
  const Seen seen = run_workload(launcher, {command({"touch", file})}, options);
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(!existed);
  BOOST_TEST(std::filesystem::remove(file));
  options.admit = [](std::int64_t) -> Status { return Error{"no room in the cgroup", ""}; };
  const Result<ChildTrace> refused =
      launcher.run(*wire::encode_program({{}, {command({"touch", file})}}), options);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(contains(to_string(refused.error()), "no room in the cgroup"));
  BOOST_TEST(!std::filesystem::exists(file));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_case_with_grace_and_a_second_one_at_once) {
  const std::string file = "/tmp/memqual-test-stop-" + std::to_string(::getpid());
  for (const int level : {1, 2}) {
    std::optional<Clock::time_point> asked;
    LaunchOptions options;
    options.grace_ms = 500;
    options.stop.level = [&] {
      if (!std::filesystem::exists(file)) return 0;
      if (!asked) asked = Clock::now();
      return level;
    };
    const Seen seen =
        run_shell("trap '' TERM; touch " + file + "; while :; do sleep 1; done", options);
    BOOST_TEST((seen.outcome() == OutcomeKind::killed_by_harness), seen.ending());
    BOOST_TEST((milliseconds_of(*asked) < 500) == (level == 2), milliseconds_of(*asked));
    std::filesystem::remove(file);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_is_seen_at_once_through_its_descriptor) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  BOOST_REQUIRE(::write(ends[1], "s", 1) == 1);
  LaunchOptions options;
  options.stop = {ends[0], [] { return 1; }};
  const Clock::time_point start = Clock::now();
  const Seen seen = run_shell("sleep 20", options);
  BOOST_TEST((seen.outcome() == OutcomeKind::killed_by_harness), seen.ending());
  BOOST_TEST(milliseconds_of(start) < 1000u);
  ::close(ends[0]);
  ::close(ends[1]);
}

BOOST_AUTO_TEST_CASE(a_case_is_killed_before_the_host_runs_out_of_memory) {
  LaunchOptions options;
  options.available_floor_bytes = std::uint64_t{1} << 60;
  const Seen seen = run_shell("sleep 20", options);
  BOOST_TEST((seen.outcome() == OutcomeKind::killed_by_harness), seen.ending());
  BOOST_TEST(contains(seen.observation().ending.evidence, "below the reserve"));
}

BOOST_AUTO_TEST_CASE(the_timeline_is_bounded_and_sees_the_memory_come) {
  ChildLauncher launcher = start_launcher();
  const Seen seen =
      run_workload(launcher, {allocate("a", "32 MiB"), touch("a"), command({"sleep", "0.2"})});
  const std::vector<TimelinePoint>& timeline = seen.observation().timeline;
  BOOST_REQUIRE(timeline.size() > 5u);
  BOOST_TEST(timeline.size() <= 241u);
  BOOST_TEST(timeline.front().rss_bytes < 8 * kMiB);
  BOOST_TEST(timeline.back().rss_bytes > 32 * kMiB);
  for (std::size_t i = 1; i < timeline.size(); ++i)
    BOOST_TEST(timeline[i].at_us >= timeline[i - 1].at_us);
}

// Also what has left the process group: it is the launcher that ends it, after the harness is gone.
BOOST_AUTO_TEST_CASE(nothing_survives_a_harness_that_is_killed) {
  const std::string seconds = unique_seconds();
  const pid_t harness = ::fork();
  if (harness == 0) {
    auto launcher = ChildLauncher::start(MEMQUAL_CHILD_PROGRAM);
    const std::string script =
        "setsid sleep " + seconds + " & sleep " + seconds + " & sleep " + seconds;
    if (launcher)
      (void)launcher->run(*wire::encode_program({{}, {command({"sh", "-c", script})}}), {});
    ::_exit(1);
  }
  // Three sleeps, and the shell that has the number in its command line.
  BOOST_TEST(wait_until([&] { return processes_with(seconds).size() == 4; }));
  ::kill(harness, SIGKILL);
  ::waitpid(harness, nullptr, 0);
  BOOST_TEST(wait_until([&] { return processes_with(seconds).empty(); }));
}

BOOST_AUTO_TEST_SUITE_END()
