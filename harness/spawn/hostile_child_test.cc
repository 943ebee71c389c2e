// SPDX-License-Identifier: Apache-2.0
// Whatever the child program does, the harness ends in an error that says so, in bounded time, and
// signals nobody else's processes.
#include <signal.h>
#include <sys/wait.h>

#include "harness/spawn/parent_process.h"
#include "harness/spawn/testing.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kReadyMs = 300;

// A flood is to be found by its size, also where that takes a while.
LaunchOptions impatient(const std::string& mode) {
  LaunchOptions options;
  options.timeout_ms = 200;
  options.grace_ms = 100;
  options.answer_ms = contains(mode, "flood") ? 20000 : 500;
  return options;
}

std::string message_of(const Status& status) {
  return status ? "no error" : to_string(status.error());
}

// The error of starting the hostile child, or of running `program` in it.
std::string run_hostile(const std::string& mode, const std::string& program) {
  ::setenv("HOSTILE_MODE", mode.c_str(), 1);
  Result<ChildLauncher> launcher = ChildLauncher::start(MEMQUAL_HOSTILE_CHILD, kReadyMs);
  ::unsetenv("HOSTILE_MODE");
  if (!launcher) return message_of(launcher.error());
  const Result<ChildTrace> trace = launcher->run(program, impatient(mode));
  BOOST_TEST(!launcher->alive());
  return trace ? "no error" : to_string(trace.error());
}

std::string small_program() { return *wire::encode_program({{}, {allocate("a", "1 MiB")}}); }

struct Row {
  const char* mode;
  const char* message;
};

void check(const Row& row) {
  const Clock::time_point start = Clock::now();
  const std::string message = run_hostile(row.mode, small_program());
  BOOST_TEST(contains(message, row.message), row.mode << ": " << message);
  BOOST_TEST(milliseconds_of(start) < 6000u, row.mode);
  BOOST_TEST(wait_until([] { return processes_with(MEMQUAL_HOSTILE_CHILD).empty(); }),
             row.mode << " left a process behind");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_child)

BOOST_AUTO_TEST_CASE(a_launcher_that_is_never_ready_is_an_error_that_says_why) {
  const Row rows[] = {
      {"closes_at_once", "ended before it was ready"},
      {"never_ready", "not ready within 300 ms"},
      {"never_ready_and_stays", "not ready within 300 ms"},
      {"other_version", "speaks protocol version 4711, not"},
      {"other_word", "its first word was 'hello'"},
      {"empty_line", "an empty protocol line"},
      {"garbage", "its first word was"},
      {"endless_line", "line"},
  };
  for (const Row& row : rows) check(row);
}

BOOST_AUTO_TEST_CASE(a_launcher_that_breaks_off_in_a_case_is_an_error_that_says_why) {
  const Row rows[] = {
      {"dies_before_the_case", "launcher"},
      {"never_forks", "silent for 500 ms"},
      {"floods_lines", "more than 16 MiB about one case"},
      {"sends_an_endless_line", "line"},
      {"bad_escape", "bad %-escape"},
      {"no_equals", "no '='"},
      {"closes_its_pipe", "ended in the middle of a case"},
      {"dies_in_the_case", "ended in the middle of a case"},
      {"never_reaps", "killed but did not end within 500 ms"},
      {"never_done", "silent for 500 ms"},
  };
  for (const Row& row : rows) check(row);
}

BOOST_AUTO_TEST_CASE(a_launcher_that_does_not_read_a_large_program_is_given_up) {
  ChildProgram program;
  program.workload = {command({"true", std::string(300000, 'x')})};
  const Clock::time_point start = Clock::now();
  const std::string message = run_hostile("does_not_read", *wire::encode_program(program));
  BOOST_TEST(contains(message, "does not read its cases"), message);
  BOOST_TEST(milliseconds_of(start) < 6000u);
}

BOOST_AUTO_TEST_CASE(a_process_that_is_not_the_launchers_own_is_never_admitted_or_signalled) {
  const pid_t stranger = ::fork();
  if (stranger == 0) {
    ::setpgid(0, 0);
    for (;;) ::pause();
  }
  ::setpgid(stranger, stranger);
  ::setenv("HOSTILE_PID", std::to_string(stranger).c_str(), 1);
  for (const char* mode :
       {"two_cases", "case_is_zero", "case_is_init", "case_is_negative", "case_wraps_to_one",
        "case_is_no_number", "case_is_the_harness", "case_is_a_stranger"})
    check({mode, "as its case, which it is not"});
  const bool stranger_lives = ::waitpid(stranger, nullptr, WNOHANG) == 0;
  BOOST_TEST(stranger_lives);
  ::kill(stranger, SIGKILL);
  ::waitpid(stranger, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(a_missing_or_unusable_program_is_named) {
  for (const char* program : {"/nonexistent/memqual-child", "/etc/passwd", "/"}) {
    const Result<ChildLauncher> launcher = ChildLauncher::start(program, kReadyMs);
    BOOST_REQUIRE(!launcher.ok());
    BOOST_TEST(contains(to_string(launcher.error()), program), to_string(launcher.error()));
  }
}

BOOST_AUTO_TEST_CASE(the_parent_of_a_process_is_known_until_it_is_waited_for) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  BOOST_TEST(parent_process(child).value_or(0) == ::getpid());
  ::waitpid(child, nullptr, 0);
  BOOST_TEST(!parent_process(child).has_value());
  BOOST_TEST(parent_process(::getpid()).value_or(0) == ::getppid());
}

BOOST_AUTO_TEST_SUITE_END()
