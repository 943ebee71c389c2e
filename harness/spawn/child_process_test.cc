// SPDX-License-Identifier: Apache-2.0
// Steps that make processes, and what such processes may try: to flood, to ignore, to run away.
#include "harness/spawn/testing.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

using Clock = std::chrono::steady_clock;

WorkloadStep fork_step(std::uint64_t count, std::vector<WorkloadStep> workload) {
  return step(Fork{count, std::move(workload)});
}

// It may be seen before the shell's copy has become sleep.
bool is_sleep(const Leak& leak) {
  return leak.command == "sleep" || leak.command == "setsid" || leak.command == "sh";
}

LaunchOptions short_time() {
  LaunchOptions options;
  options.timeout_ms = 200;
  options.grace_ms = 100;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child_process)

BOOST_AUTO_TEST_CASE(forked_copies_run_their_own_workload_on_their_own_memory) {
  ChildLauncher launcher = start_launcher();
  const Seen seen =
      run_workload(launcher, {allocate("a", "8 MiB"), touch("a"),
                              fork_step(3, {step(Verify{"a"}), step(Free{"a"}),
                                            allocate("b", "4 MiB"), touch("b"), step(Verify{"b"})}),
                              step(Verify{"a"})});
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(seen.step(2).granted_blocks == 3u);
}

BOOST_AUTO_TEST_CASE(copies_have_the_oom_score_that_they_are_given) {
  ChildLauncher launcher = start_launcher();
  const auto has_score = [](const char* score) {
    const std::string test = std::string("test $(cat /proc/self/oom_score_adj) = ") + score;
    return step(Command{{"sh", "-c", test}, {}, {}});
  };
  ChildProgram program;
  program.setup.oom_score_adj = 600;
  program.workload = {step(Fork{2, {has_score("900")}, 900}), has_score("600")};
  BOOST_TEST(run_program(launcher, program, {}).ending() == "completed");
  program.workload = {fork_step(1, {has_score("900")})};
  const Seen inherited = run_program(launcher, program, {});
  BOOST_TEST((inherited.outcome() == OutcomeKind::exited), inherited.ending());
}

BOOST_AUTO_TEST_CASE(a_step_that_fails_in_a_copy_is_named_with_its_errno) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_workload(
      launcher,
      {fork_step(2, {allocate("a", "1 MiB"), fork_step(1, {allocate("b", "4096 PiB")})})});
  BOOST_TEST((seen.outcome() == OutcomeKind::refused), seen.ending());
  BOOST_TEST(seen.step(0).error_name == "ENOMEM");
  BOOST_TEST(contains(seen.step(0).detail, "in the forked process, step 2"), seen.step(0).detail);
  BOOST_TEST(contains(seen.step(0).detail, "mmap of block 1 of 1"), seen.step(0).detail);
}

BOOST_AUTO_TEST_CASE(a_copy_that_dies_by_a_signal_ends_the_case_so) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_workload(
      launcher, {allocate("a", "1 MiB", AllocateUsing::mmap_none), fork_step(1, {touch("a")})});
  BOOST_TEST((seen.outcome() == OutcomeKind::segfault), seen.ending());
}

BOOST_AUTO_TEST_CASE(fork_of_more_than_the_machine_has_is_refused_by_the_heuristic) {
  std::ifstream mode("/proc/sys/vm/overcommit_memory");
  if (int value = -1; !(mode >> value) || value != 0) {
    std::cout << "SKIPPED: vm.overcommit_memory is not 0\n";
    return;
  }
  std::ifstream meminfo("/proc/meminfo");
  std::string word;
  std::uint64_t total_kib = 0;
  while (meminfo >> word) {
    std::uint64_t value = 0;
    if (word == "MemTotal:" || word == "SwapTotal:") meminfo >> value;
    total_kib += value;
  }
  // Each block is granted alone; the kernel merges them into one mapping, which fork charges whole.
  const std::uint64_t blocks = total_kib / kMiB + 2;
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_workload(
      launcher, {allocate("a", "1 GiB", AllocateUsing::mmap, blocks), fork_step(1, {})});
  BOOST_TEST(seen.ending().starts_with("refused (ENOMEM)"), seen.ending());
  BOOST_TEST(seen.observation().ending.step.value_or(9) == 1u);
  const Seen vforked =
      run_workload(launcher, {allocate("a", "1 GiB", AllocateUsing::mmap, blocks), step(Spawn{3})});
  BOOST_TEST(vforked.ending() == "completed");
  BOOST_TEST(vforked.step(1).granted_blocks == 3u);
}

BOOST_AUTO_TEST_CASE(a_command_reports_status_and_output) {
  const Seen seen = run_shell("echo out; echo err >&2; exit 3");
  BOOST_TEST(seen.ending().starts_with("exited(3)"), seen.ending());
  BOOST_TEST(seen.step(0).exit_status.value_or(0) == 3);
  BOOST_TEST(seen.step(0).output == "out\nerr\n");
  BOOST_TEST(run_shell("true").ending() == "completed");
  const Seen killed = run_shell("kill -SEGV $$");
  BOOST_TEST((killed.outcome() == OutcomeKind::segfault), killed.ending());
}

BOOST_AUTO_TEST_CASE(output_of_any_bytes_comes_back_as_utf8) {
  const Seen seen = run_shell(R"(printf 'a\000b\033[31m%% \377\n=x')");
  BOOST_TEST(seen.step(0).output == std::string("a\0b\033[31m% ?\n=x", 14));
}

BOOST_AUTO_TEST_CASE(a_command_that_is_missing_is_trouble_and_no_verdict) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_workload(launcher, {command({"/nonexistent/program"})});
  BOOST_TEST(contains(seen.trouble(), "/nonexistent/program: ENOENT"), seen.trouble());
}

BOOST_AUTO_TEST_CASE(of_a_flood_of_output_the_last_4_kib_are_kept) {
  const Clock::time_point start = Clock::now();
  const Seen seen = run_shell("yes 0123456789 | head -c 100000000; echo; echo the end");
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(seen.step(0).output.size() == 4096u);
  BOOST_TEST(seen.step(0).output.ends_with("the end\n"));
  BOOST_TEST(seen.trace.lines.size() < 20u);
  BOOST_TEST(milliseconds_of(start) < 10000u);
}

BOOST_AUTO_TEST_CASE(a_command_that_closes_its_output_is_still_waited_for) {
  const Seen seen = run_shell("exec >&- 2>&-; exec sleep 0.05");
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(seen.step(0).elapsed_ns >= 50000000u);
}

BOOST_AUTO_TEST_CASE(one_that_holds_the_output_open_does_not_delay_the_end_and_is_a_leak) {
  const std::string seconds = unique_seconds();
  const Clock::time_point start = Clock::now();
  const Seen seen = run_shell("sleep " + seconds + " & echo done");
  BOOST_TEST(milliseconds_of(start) < 3000u);
  BOOST_TEST(seen.step(0).output == "done\n");
  BOOST_REQUIRE(seen.observation().leaks.size() == 1u);
  BOOST_TEST(is_sleep(seen.observation().leaks[0]));
  BOOST_TEST(processes_with(seconds).empty());
}

BOOST_AUTO_TEST_CASE(one_that_floods_behind_the_end_of_its_command_does_not_delay_it_either) {
  const std::string marker = "memqual" + unique_seconds();
  const Clock::time_point start = Clock::now();
  const Seen seen = run_shell("yes " + marker + " & echo done");
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(milliseconds_of(start) < 3000u);
  BOOST_TEST(processes_with(marker).empty());
}

BOOST_AUTO_TEST_CASE(sigterm_ignored_ends_in_sigkill_after_the_grace) {
  const std::string seconds = unique_seconds();
  const Clock::time_point start = Clock::now();
  const Seen seen =
      run_shell("trap '' TERM; sleep " + seconds + " & while :; do sleep 1; done", short_time());
  BOOST_TEST((seen.outcome() == OutcomeKind::timed_out), seen.ending());
  BOOST_TEST(contains(seen.observation().ending.evidence, "SIGKILL"));
  BOOST_TEST(milliseconds_of(start) >= 300u);
  BOOST_TEST(milliseconds_of(start) < 3000u);
  BOOST_TEST(processes_with(seconds).empty());
}

BOOST_AUTO_TEST_CASE(sigterm_leaves_a_command_the_grace_to_clean_up_and_to_speak) {
  LaunchOptions options;
  options.timeout_ms = 200;
  const Clock::time_point start = Clock::now();
  const Seen seen = run_shell(
      "trap 'sleep 0.1; echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.01; done",
      options);
  BOOST_TEST((seen.outcome() == OutcomeKind::timed_out), seen.ending());
  BOOST_TEST(contains(seen.observation().ending.evidence, "SIGTERM"));
  BOOST_TEST(contains(seen.step(0).output, "ready\n"), seen.step(0).output);
  BOOST_TEST(contains(seen.step(0).output, "cleaned\n"), seen.step(0).output);
  BOOST_TEST(seen.step(0).exit_status.value_or(0) == 7);
  BOOST_TEST(milliseconds_of(start) < options.grace_ms);
}

BOOST_AUTO_TEST_CASE(a_stopped_command_is_ended_too) {
  const Seen seen = run_shell("kill -STOP $$", short_time());
  BOOST_TEST((seen.outcome() == OutcomeKind::timed_out), seen.ending());
}

BOOST_AUTO_TEST_CASE(a_daemon_in_a_session_of_its_own_is_reported_and_ended) {
  const std::string seconds = unique_seconds();
  const Seen seen =
      run_shell("setsid sh -c 'sleep " + seconds + " & sleep " + seconds + " &' > /dev/null 2>&1");
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(seen.observation().leaks.size() == 2u);
  for (const Leak& leak : seen.observation().leaks) BOOST_TEST(is_sleep(leak), leak.command);
  BOOST_TEST(processes_with(seconds).empty());
}

BOOST_AUTO_TEST_CASE(many_processes_in_many_sessions_are_all_ended) {
  const std::string seconds = unique_seconds();
  const Seen seen = run_shell("i=0; while [ $i -lt 50 ]; do setsid sleep " + seconds +
                              " & i=$((i+1)); done; sleep 0.2");
  BOOST_TEST(seen.observation().leaks.size() == 50u);
  BOOST_TEST(processes_with(seconds).empty());
}

BOOST_AUTO_TEST_CASE(what_a_killed_command_leaves_behind_is_ended_at_the_timeout) {
  const std::string seconds = unique_seconds();
  const Seen seen = run_shell("setsid sleep " + seconds + " & sleep " + seconds, short_time());
  BOOST_TEST((seen.outcome() == OutcomeKind::timed_out), seen.ending());
  BOOST_TEST(processes_with(seconds).empty());
}

BOOST_AUTO_TEST_CASE(the_memory_of_a_command_is_its_own_figure) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_workload(
      launcher, {command({"dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1"})});
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(seen.step(0).command_rss_peak_bytes > 60 * kMiB);
  BOOST_TEST(seen.step(0).command_rss_peak_bytes < 80 * kMiB);
}

BOOST_AUTO_TEST_SUITE_END()
