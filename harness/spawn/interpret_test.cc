// SPDX-License-Identifier: Apache-2.0
#include "harness/spawn/interpret.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <limits>

#include "harness/testing/sample_case.h"
#include "scenarios/model/text.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

using Lines = std::vector<std::string>;

const std::string kStarted = "started rss=524288 vsz=1048576";
const std::string kFinal =
    "final rss_peak=3145728 rss=2097152 vsz_peak=8388608 vsz=4194304 page_tables=8192 swap=4096 "
    "minor_faults=11 major_faults=2";

ChildTrace trace_of(const Lines& lines) {
  ChildTrace trace;
  trace.pid = 17;
  for (const std::string& text : lines) {
    Result<wire::Line> line = wire::parse_line(text);
    BOOST_REQUIRE_MESSAGE(line.ok(), text);
    trace.lines.push_back(*line);
  }
  return trace;
}

std::string reaped(int status, const std::string& more = "") {
  return "reaped status=" + std::to_string(status) +
         " wall_ns=7000000 user_us=3 system_us=4 maxrss=1048576 minor_faults=5 major_faults=1" +
         more;
}
int exit_status(int code) { return code << 8; }

std::string end_of(int step, const std::string& more = "") {
  return "end step=" + std::to_string(step) + " elapsed_ns=9 rss=2097152 vsz=4194304" + more;
}
std::string failing(int error, const std::string& more = "") {
  return " error=" + std::to_string(error) + more;
}

std::vector<WorkloadStep> ones() { return {allocate("a", "1 MiB"), touch("a")}; }

Interpretation seen(const Lines& lines, const std::vector<WorkloadStep>& workload = ones(),
                    const CaseEvidence& evidence = {}) {
  const Interpretation made = interpret(trace_of(lines), workload, evidence);
  BOOST_TEST(
      made.observation.has_value() + made.unsupported.has_value() + made.trouble.has_value() == 1);
  return made;
}

Observation observed(const Lines& lines, const std::vector<WorkloadStep>& workload = ones(),
                     const CaseEvidence& evidence = {}) {
  const Interpretation made = seen(lines, workload, evidence);
  BOOST_REQUIRE_MESSAGE(made.observation.has_value(),
                        (made.trouble ? made.trouble->message : "unsupported"));
  return *made.observation;
}

Error trouble(const Lines& lines, const std::vector<WorkloadStep>& workload = ones()) {
  const Interpretation made = seen(lines, workload);
  BOOST_REQUIRE(made.trouble.has_value());
  return *made.trouble;
}

Observation harness_killed(HarnessKill why, bool kill_was_needed) {
  ChildTrace trace = trace_of({kStarted, "begin step=0", reaped(SIGTERM)});
  trace.killed_because = why;
  trace.kill_was_needed = kill_was_needed;
  const Interpretation made = interpret(trace, ones(), {});
  BOOST_REQUIRE(made.observation.has_value());
  return *made.observation;
}

/// "oom_killed", "signalled"
std::string kind(const Observation& observation) {
  return std::string(to_word(observation.ending.kind));
}

CaseEvidence counted(std::uint64_t oom_kills) {
  CaseEvidence evidence;
  evidence.oom_kills = oom_kills;
  evidence.oom_source = "cgroup v2 memory.events oom_kill";
  return evidence;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(interpreting)

BOOST_AUTO_TEST_CASE(what_a_search_found_is_a_figure_and_no_refusal) {
  const std::vector<WorkloadStep> search{step(FindLargest{})};
  const Observation observation =
      observed({kStarted, "begin step=0",
                end_of(0, " error=0 largest=8192 unit=4096 refused=12288 refused_error=12"), kFinal,
                reaped(0)},
               search);
  BOOST_TEST(kind(observation) == "completed");
  const StepReport& found = observation.steps.at(0);
  BOOST_TEST(found.kind == "find_largest");
  BOOST_TEST(found.largest_bytes.value_or(0) == 8192U);
  BOOST_TEST(found.unit_bytes == 4096U);
  BOOST_TEST(found.refused_bytes == 12288U);
  BOOST_TEST(found.refused_errno_name == "ENOMEM");
}

BOOST_AUTO_TEST_CASE(a_search_that_says_nonsense_or_nothing_found_nothing) {
  const std::vector<WorkloadStep> search{step(FindLargest{})};
  for (const std::string more : {"", " largest=", " largest=-1", " largest=99999999999999999999",
                                 " largest=many unit=7 refused_error=12"}) {
    const Observation observation =
        observed({kStarted, "begin step=0", end_of(0, more), kFinal, reaped(0)}, search);
    BOOST_TEST(!observation.steps.at(0).largest_bytes.has_value(), more);
    BOOST_TEST(observation.steps.at(0).refused_errno_name == "");
  }
}

BOOST_AUTO_TEST_CASE(a_case_that_reports_every_step_and_leaves_well_is_completed) {
  const Observation observation = observed(
      {kStarted, "begin step=0",
       end_of(0, " error=0 requested=1048576 granted=1048576 requested_blocks=1 granted_blocks=1"),
       "begin step=1", end_of(1, " error=0 touched=1048576"), kFinal, reaped(0)});
  BOOST_TEST(kind(observation) == "completed");
  BOOST_TEST(!observation.ending.step.has_value());
  BOOST_REQUIRE(observation.steps.size() == 2u);
  const StepReport& granted = observation.steps[0];
  BOOST_TEST((granted.state == StepState::ended));
  BOOST_TEST(granted.kind == "allocate");
  BOOST_TEST(granted.name == "a");
  BOOST_TEST(granted.granted_bytes == kMiB);
  BOOST_TEST(granted.granted_blocks == 1u);
  BOOST_TEST(granted.rss_bytes == 2 * kMiB);
  BOOST_TEST(granted.elapsed_ns == 9u);
  BOOST_TEST(observation.steps[1].touched_bytes == kMiB);
}

BOOST_AUTO_TEST_CASE(a_refusal_names_errno_step_and_call) {
  const Observation observation =
      observed({kStarted, "begin step=0",
                end_of(0, failing(ENOMEM,
                                  " requested=1048576 requested_blocks=1 granted_blocks=0 "
                                  "detail=mmap%20of%20block%201%20of%201")),
                kFinal, reaped(0)});
  BOOST_TEST(kind(observation) == "refused");
  BOOST_TEST(observation.ending.number == ENOMEM);
  BOOST_TEST(observation.ending.errno_name == "ENOMEM");
  BOOST_TEST(observation.ending.step.value() == 0u);
  BOOST_TEST(observation.ending.evidence == "mmap of block 1 of 1: ENOMEM");
  BOOST_TEST((observation.steps[0].state == StepState::failed));
  BOOST_TEST((observation.steps[1].state == StepState::not_reached));
}

BOOST_AUTO_TEST_CASE(what_verify_found_is_corruption_and_no_refusal) {
  const Observation observation =
      observed({kStarted, "begin step=0",
                end_of(0, " error=0 corrupted=1 detail=block%201%20differs%20at%20byte%204096"),
                kFinal, reaped(0)},
               {step(Verify{"a"})});
  BOOST_TEST(kind(observation) == "corrupted");
  BOOST_TEST(contains(observation.ending.evidence, "byte 4096"));
}

BOOST_AUTO_TEST_CASE(pages_elsewhere_are_misplaced_and_counted_by_node) {
  const Observation observation = observed(
      {kStarted, "begin step=0",
       end_of(0, " error=0 placed=1:12,0:3 absent=5 misplaced=1 detail=12%20of%2015%20pages"),
       kFinal, reaped(0)},
      {step(Placement{"a", {0}, false, false})});
  BOOST_TEST(kind(observation) == "misplaced");
  const StepReport& seen = observation.steps[0];
  BOOST_REQUIRE(seen.placed.size() == 2U);
  BOOST_TEST((seen.placed[0] == NodePages{0, 3}));
  BOOST_TEST((seen.placed[1] == NodePages{1, 12}));
  BOOST_TEST(seen.absent_pages.value() == 5U);
}

BOOST_AUTO_TEST_CASE(sigkill_is_an_oom_kill_only_with_evidence) {
  const Lines killed{kStarted, "begin step=0", reaped(SIGKILL)};
  const Observation bare = observed(killed);
  BOOST_TEST(kind(bare) == "signalled");
  BOOST_TEST(bare.ending.number == SIGKILL);
  BOOST_TEST(contains(bare.ending.evidence, "signal 9"));
  BOOST_TEST(kind(observed(killed, ones(), counted(0))) == "signalled");
  const Observation by_counter = observed(killed, ones(), counted(2));
  BOOST_TEST(kind(by_counter) == "oom_killed");
  BOOST_TEST(by_counter.ending.evidence == "cgroup v2 memory.events oom_kill = 2");
  BOOST_TEST(by_counter.oom_kills.value_or(0) == 2u);
  CaseEvidence log;
  log.kernel_log = {"oom-kill:constraint=CONSTRAINT_NONE,task=memqual-child,pid=17,uid=0"};
  BOOST_TEST(kind(observed(killed, ones(), log)) == "signalled");  // about to, but not done
  log.kernel_log.push_back("Out of memory: Killed process 17 (memqual-child)");
  const Observation by_log = observed(killed, ones(), log);
  BOOST_TEST(kind(by_log) == "oom_killed");
  BOOST_TEST(by_log.ending.evidence ==
             "kernel log: Out of memory: Killed process 17 (memqual-child)");
}

BOOST_AUTO_TEST_CASE(each_signal_has_its_own_word) {
  constexpr int kCoreDumped = 0x80;
  struct Row {
    int status;
    const char* word;
    int number;
  };
  for (const Row& row : {Row{SIGBUS, "bus_error", SIGBUS}, Row{SIGSEGV, "segfault", SIGSEGV},
                         Row{SIGSEGV | kCoreDumped, "segfault", SIGSEGV},
                         Row{SIGABRT, "signalled", SIGABRT}, Row{SIGTERM, "signalled", SIGTERM}}) {
    // A counter that moved says nothing about any other signal.
    const Observation observation =
        observed({kStarted, "begin step=0", reaped(row.status)}, ones(), counted(1));
    BOOST_TEST(kind(observation) == row.word);
    BOOST_TEST(observation.ending.number == row.number);
    BOOST_TEST(observation.ending.step.value() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_step_that_was_cut_off_shows_how_far_it_came) {
  const Observation observation =
      observed({kStarted, "begin step=0", end_of(0), "begin step=1",
                reaped(SIGKILL, " step=1 touched=300000 granted_blocks=0")});
  BOOST_TEST(observation.ending.step.value() == 1u);
  BOOST_TEST((observation.steps[1].state == StepState::running));
  BOOST_TEST(observation.steps[1].touched_bytes == 300000u);
  BOOST_TEST(observation.steps[0].touched_bytes == 0u);

  // Killed before the shared page turned to the step that had begun: its counts are of another.
  const Observation early = observed({kStarted, "begin step=0", end_of(0), "begin step=1",
                                      reaped(SIGKILL, " step=0 touched=300000")});
  BOOST_TEST(early.steps[1].touched_bytes == 0u);

  WorkloadStep list = allocate("a", "1 MiB", AllocateUsing::mmap, 10);
  std::get<Allocate>(list.action).touched = true;
  const Observation half = observed(
      {kStarted, "begin step=0", reaped(SIGKILL, " step=0 touched=3000000 granted_blocks=4")},
      {list});
  BOOST_TEST(half.steps[0].granted_blocks == 4u);
  BOOST_TEST(half.steps[0].granted_bytes == 4 * kMiB);
  BOOST_TEST(half.steps[0].requested_blocks == 10u);
  BOOST_TEST(half.steps[0].requested_bytes == 10 * kMiB);
  BOOST_TEST(half.steps[0].touched_bytes == 3000000u);
}

BOOST_AUTO_TEST_CASE(progress_beyond_what_was_asked_for_is_not_believed) {
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  const Observation observation =
      observed({"begin step=0", reaped(SIGKILL, " step=0 granted_blocks=" + std::to_string(most))},
               {allocate("a", "32 TiB", AllocateUsing::mmap, 1000000)});
  BOOST_TEST(observation.steps[0].granted_blocks == 1000000u);
  BOOST_TEST(observation.steps[0].requested_bytes == most);  // more than can be counted
  BOOST_TEST(observation.steps[0].granted_bytes == most);
}

BOOST_AUTO_TEST_CASE(a_command_that_fails_is_exited_with_its_status) {
  const Observation observation =
      observed({kStarted, "begin step=0", "command step=0 pid=18",
                end_of(0, " error=0 exit=3 children_rss_peak=9437184"), kFinal, reaped(0)},
               {command({"python3", "train.py"})});
  BOOST_TEST(kind(observation) == "exited");
  BOOST_TEST(observation.ending.number == 3);
  BOOST_TEST(observation.ending.evidence == "exit status 3 of python3 train.py");
  BOOST_TEST(observation.steps[0].exit_status.value() == 3);
  BOOST_TEST(observation.rss_peak_bytes.value_or(0) == 9 * kMiB);
  BOOST_TEST(contains(observation.rss_peak_bytes.source, "of the command"));
}

BOOST_AUTO_TEST_CASE(a_command_whose_output_says_so_was_refused) {
  const std::vector<WorkloadStep> workload{command({"python3"}, {"MemoryError", "bad_alloc"})};
  const auto after = [&](const std::string& output, int status) {
    return observed({kStarted, "begin step=0", "output step=0 text=" + wire::escape(output),
                     end_of(0, " error=0 exit=" + std::to_string(status)), kFinal, reaped(0)},
                    workload);
  };
  const Observation observation = after("Traceback\nMemoryError: unable\n", 1);
  BOOST_TEST(kind(observation) == "refused");
  BOOST_TEST(contains(observation.ending.evidence, "\"MemoryError\""));
  BOOST_TEST(observation.steps[0].output == "Traceback\nMemoryError: unable\n");
  BOOST_TEST(kind(after("ValueError", 1)) == "exited");
  BOOST_TEST(kind(after("MemoryError was caught", 0)) == "completed");
}

BOOST_AUTO_TEST_CASE(a_command_may_be_killed_while_the_case_lives) {
  const Lines lines{kStarted,
                    "begin step=0",
                    "command step=0 pid=18",
                    end_of(0, " error=0 signal=" + std::to_string(SIGKILL)),
                    kFinal,
                    reaped(0)};
  const std::vector<WorkloadStep> workload{command({"hog"})};
  const Observation counted_kill = observed(lines, workload, counted(1));
  BOOST_TEST(kind(counted_kill) == "oom_killed");
  BOOST_TEST(counted_kill.ending.step.value() == 0u);
  const Observation unexplained = observed(lines, workload);
  BOOST_TEST(kind(unexplained) == "signalled");
  BOOST_TEST(contains(unexplained.ending.evidence, "hog ended by signal 9"));
  const Observation fork = observed(lines, {step(Fork{1, {touch("a")}})}, counted(1));
  BOOST_TEST(kind(fork) == "oom_killed");
}

BOOST_AUTO_TEST_CASE(a_command_that_cannot_start_is_trouble_unless_memory_is_short) {
  const auto lines = [](int error) {
    return Lines{kStarted, "begin step=0", end_of(0, failing(error, " detail=starting%20julia")),
                 kFinal, reaped(0)};
  };
  const std::vector<WorkloadStep> workload{command({"julia", "a.jl"})};
  const Error missing = trouble(lines(ENOENT), workload);
  BOOST_TEST(missing.message == "starting julia: ENOENT");
  BOOST_TEST(contains(missing.hint, "program(julia)"));
  BOOST_TEST(trouble(lines(EACCES), workload).message == "starting julia: EACCES");
  BOOST_TEST(kind(observed(lines(ENOMEM), workload)) == "refused");
  BOOST_TEST(kind(observed(lines(EAGAIN), workload)) == "refused");
}

BOOST_AUTO_TEST_CASE(a_setting_without_the_privilege_is_unsupported) {
  for (const int error : {EPERM, EACCES}) {
    const Interpretation made =
        seen({"setup_failed what=rlimit%20memlock" + failing(error), reaped(0)});
    BOOST_REQUIRE(made.unsupported.has_value());
    BOOST_TEST(contains(made.unsupported->message, "cannot set rlimit memlock"));
    BOOST_TEST(contains(made.unsupported->hint, "run as root"));
  }
}

BOOST_AUTO_TEST_CASE(a_device_that_is_not_here_is_unsupported) {
  const Interpretation made =
      seen({"unsupported what=no%20CUDA%20device unlock=buy%20one", reaped(exit_status(1))});
  BOOST_REQUIRE(made.unsupported.has_value());
  BOOST_TEST((*made.unsupported == Error{"no CUDA device", "buy one"}));
}

BOOST_AUTO_TEST_CASE(a_setting_that_fails_otherwise_is_trouble) {
  BOOST_TEST(trouble({"setup_failed what=aslr error=0", reaped(0)}).message ==
             "cannot set aslr: it reads back differently");
  BOOST_TEST(trouble({"setup_failed what=aslr" + failing(EINVAL), reaped(0)}).message ==
             "cannot set aslr: EINVAL");
}

BOOST_AUTO_TEST_CASE(the_first_thing_that_went_wrong_is_the_one_told) {
  // seen() checks that only one of the three answers is given.
  const Interpretation made =
      seen({"setup_failed what=user" + failing(EPERM), "error what=later", reaped(0)});
  BOOST_TEST(made.unsupported.has_value());
}

BOOST_AUTO_TEST_CASE(an_error_of_the_case_process_is_trouble) {
  const Error error = trouble(
      {"error what=opening%20the%20scratch%20folder" + failing(ENOENT), reaped(exit_status(1))});
  BOOST_TEST(error.message == "in the case process: opening the scratch folder: ENOENT");
}

BOOST_AUTO_TEST_CASE(the_harness_owns_up_to_what_it_killed) {
  struct Row {
    HarnessKill why;
    bool kill_was_needed;
    const char* word;
    const char* evidence;
  };
  for (const Row& row :
       {Row{HarnessKill::timeout, false, "timed_out", "SIGTERM by the harness at the timeout"},
        Row{HarnessKill::timeout, true, "timed_out", "SIGKILL by the harness at the timeout"},
        // judge() tells a stop from the guard by these words.
        Row{HarnessKill::stop, false, "killed_by_harness",
            "SIGTERM by the harness: stop requested"},
        Row{HarnessKill::memory_guard, true, "killed_by_harness",
            "SIGKILL by the harness: available memory fell below the reserve"}}) {
    const Observation observation = harness_killed(row.why, row.kill_was_needed);
    BOOST_TEST(kind(observation) == row.word);
    BOOST_TEST(observation.ending.evidence == row.evidence);
    BOOST_TEST(observation.ending.step.value() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_case_that_ends_without_its_last_word_is_trouble) {
  BOOST_TEST(contains(trouble({kStarted, "begin step=0", end_of(0), reaped(0)}).message,
                      "before its last step was reported"));
  BOOST_TEST(contains(trouble({kStarted, kFinal, reaped(exit_status(4))}).message, "status 4"));
  BOOST_TEST(trouble({kStarted, kFinal}).message == "the case ended without a trace");
  BOOST_TEST(trouble({}).message == "the case ended without a trace");
}

BOOST_AUTO_TEST_CASE(the_peak_names_the_best_source_there_is) {
  const Observation told = observed({kStarted, end_of(0), end_of(1), kFinal, reaped(0)});
  BOOST_TEST(told.rss_peak_bytes.value_or(0) == 3 * kMiB);
  BOOST_TEST(told.rss_peak_bytes.source == "VmHWM");
  const auto killed = [](std::uint64_t sampled, const Lines& lines) {
    ChildTrace trace = trace_of(lines);
    trace.rss_sampled_peak_bytes = sampled;
    trace.timeline = {{0, 4096}, {5000, sampled}};
    const Interpretation made = interpret(trace, ones(), {});
    BOOST_REQUIRE(made.observation.has_value());
    return made.observation->rss_peak_bytes;
  };
  const Fact<std::uint64_t> sample = killed(64 * kMiB, {end_of(0), reaped(SIGKILL)});
  BOOST_TEST(sample.value_or(0) == 64 * kMiB);
  BOOST_TEST(sample.source == "highest of 2 samples");
  const Fact<std::uint64_t> step = killed(4096, {end_of(0), reaped(SIGKILL)});
  BOOST_TEST(step.value_or(0) == 2 * kMiB);
  BOOST_TEST(step.source == "/proc/self/statm after step 1");
  const Fact<std::uint64_t> rusage = killed(4096, {reaped(SIGKILL)});
  BOOST_TEST(rusage.value_or(0) == kMiB);
  BOOST_TEST(contains(rusage.source, "wait4 ru_maxrss"));
}

BOOST_AUTO_TEST_CASE(every_figure_has_a_source) {
  CaseEvidence evidence = counted(0);
  evidence.cgroup_peak_bytes.set(123, "cgroup v2 memory.peak");
  evidence.cgroup_swap_peak_bytes.set(456, "cgroup v2 memory.swap.peak");
  for (const bool killed : {false, true}) {
    const Observation o =
        killed ? observed({kStarted, "begin step=0", reaped(SIGKILL)}, ones(), evidence)
               : observed({kStarted, end_of(0), end_of(1), kFinal, reaped(0)}, ones(), evidence);
    std::size_t known = 0;
    for (const Fact<std::uint64_t>& fact :
         {o.rss_peak_bytes, o.rss_end_bytes, o.rss_start_bytes, o.vsz_peak_bytes, o.vsz_end_bytes,
          o.page_tables_bytes, o.swap_peak_bytes, o.cgroup_peak_bytes, o.rusage_maxrss_bytes,
          o.minor_faults, o.major_faults, o.wall_ns, o.user_ns, o.system_ns, o.oom_kills}) {
      BOOST_TEST(fact.known() == !fact.source.empty());
      known += fact.known() ? 1 : 0;
    }
    BOOST_TEST(known == (killed ? 11u : 15u));
    BOOST_TEST(o.swap_peak_bytes.value_or(0) == 456u);
    BOOST_TEST(o.minor_faults.value_or(0) == (killed ? 5u : 11u));
    BOOST_TEST(o.user_ns.value_or(0) == 3000u);
  }
}

BOOST_AUTO_TEST_CASE(the_timeline_starts_and_ends_with_what_the_case_says) {
  ChildTrace trace = trace_of({kStarted, end_of(0), end_of(1), kFinal, reaped(0)});
  trace.timeline = {{120, 99}, {5000, 1000000}};
  const Interpretation made = interpret(trace, ones(), {});
  BOOST_REQUIRE(made.observation.has_value());
  const std::vector<TimelinePoint> expected{{0, 524288}, {5000, 1000000}, {7000, 2097152}};
  BOOST_TEST((made.observation->timeline == expected));
}

BOOST_AUTO_TEST_CASE(output_is_the_last_4_kib_and_utf_8) {
  Lines lines{kStarted, "begin step=0"};
  for (char c = 'a'; c < 'k'; ++c) lines.push_back("output step=0 text=" + std::string(1000, c));
  lines.push_back("output step=0 text=%C3%A4%FF%C3");
  lines.insert(lines.end(), {end_of(0, " exit=0"), kFinal, reaped(0)});
  const std::string output = observed(lines, {command({"talk"})}).steps[0].output;
  BOOST_TEST(output.size() == 4096u);
  BOOST_TEST(output.starts_with("ff"));
  BOOST_TEST(output.ends_with("j\xC3\xA4??"));
  BOOST_TEST(invalid_utf8_at(output) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(at_most_twenty_kernel_lines_are_kept) {
  CaseEvidence evidence;
  evidence.kernel_log.assign(50, "pid: 17 said something");
  BOOST_TEST(observed({kFinal, reaped(0)}, {}, evidence).kernel_log.size() == 20u);
}

BOOST_AUTO_TEST_CASE(leaks_commands_and_killed_copies_are_processes_of_the_case) {
  const Lines lines{"command step=0 pid=18", "killed step=1 pid=20", kFinal, reaped(0),
                    "leak pid=19 name=sleeper"};
  const Observation observation = observed(lines, {});
  BOOST_REQUIRE(observation.leaks.size() == 1u);
  BOOST_TEST((observation.leaks[0] == Leak{19, "sleeper"}));
  const std::vector<std::int64_t> expected{17, 18, 20, 19};
  BOOST_TEST(processes_of(trace_of(lines)) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(figures_belong_to_their_step_and_unknown_ones_are_left_out) {
  Lines lines{"begin step=0",
              "bandwidth step=0 operation=copy threads=2 way=memcpy moved=10 rounds=3 median_ns=4 "
              "least_ns=3 most_ns=5 faults=6 first_ns=7 pinned=1",
              "bandwidth step=0 operation=teleport threads=2",
              "bandwidth step=9 operation=copy",
              "end step=0",
              kFinal,
              reaped(0)};
  const std::vector<WorkloadStep> workload{{Bandwidth{}, ""}};
  const Observation observation = observed(lines, workload);
  const BandwidthFigure expected{BandwidthOperation::copy, 2, "memcpy", 10, 3, 4, 3, 5, 6, 7, 1};
  BOOST_REQUIRE_EQUAL(observation.steps[0].bandwidth.size(), 1U);
  BOOST_TEST((observation.steps[0].bandwidth[0] == expected));
  lines.insert(lines.begin() + 1, 5000, "bandwidth step=0 operation=copy");
  BOOST_TEST(observed(lines, workload).steps[0].bandwidth.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(a_long_command_line_is_cut) {
  const Observation observation =
      observed({kFinal, reaped(0)}, {command({"echo", std::string(5000, 'x')})});
  BOOST_TEST(observation.steps[0].name.size() == 200u);
  BOOST_TEST(observation.steps[0].name.ends_with("..."));
}

BOOST_AUTO_TEST_CASE(a_line_about_no_step_of_ours_changes_nothing) {
  const std::string huge = std::to_string(std::numeric_limits<std::uint64_t>::max());
  const Observation observation = observed(
      {"begin", "begin step=2", "begin step=" + huge, "begin step=-1", "begin step=x", "end",
       "end step=2 error=12", "end error=12", "output text=a", "output step=99 text=b", "nonsense",
       "started", "leak", "command", kFinal, reaped(0, " step=" + huge)});
  BOOST_TEST(kind(observation) == "completed");
  for (const StepReport& step : observation.steps) {
    BOOST_TEST((step.state == StepState::not_reached));
    BOOST_TEST(step.output.empty());
  }
}

// Every line of the protocol with every value broken: any answer will do, exactly one must come.
BOOST_AUTO_TEST_CASE(garbage_never_crashes) {
  const Lines values{"", "-1", "x", "18446744073709551615", "18446744073709551616", "4294967309"};
  const Lines keys{"step", "error", "status", "exit", "signal", "granted_blocks", "touched",
                   "rss",  "pid",   "maxrss", "text", "detail", "wall_ns",        "what"};
  const Lines verbs{"begin", "end",  "output",    "reaped", "final",      "setup_failed",
                    "error", "leak", "bandwidth", "kernel", "unsupported"};
  std::size_t answers = 0;
  for (const std::string& verb : verbs)
    for (const std::string& key : keys)
      for (const std::string& value : values) {
        const std::string field = " " + key + "=" + value;
        const std::string about = key == "step" ? "" : " step=0";
        for (const std::string& last : {reaped(0), reaped(SIGKILL), std::string("reaped")}) {
          seen({"begin step=0", verb + about + field, last},
               {command({"x"}), allocate("a", "32 TiB", AllocateUsing::mmap, 1u << 30)});
          ++answers;
        }
      }
  BOOST_TEST(answers == verbs.size() * keys.size() * values.size() * 3);
}

BOOST_AUTO_TEST_CASE(an_errno_without_a_name_keeps_its_number) {
  BOOST_TEST(errno_name(ENOMEM) == "ENOMEM");
  BOOST_TEST(errno_name(4711) == "errno 4711");
}

BOOST_AUTO_TEST_SUITE_END()
