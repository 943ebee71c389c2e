// SPDX-License-Identifier: Apache-2.0
#include "harness/spawn/interpret.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <limits>

#include "harness/wire/kernel_line.h"
#include "harness/wire/refusal_line.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::size_t kMaxOutputBytes = 4096;
constexpr std::size_t kMaxKernelLines = 20;

// The wait status as the launcher sent it, taken apart without <sys/wait.h>: the encoding is the
// kernel's (low 7 bits: signal; next byte: exit status) and this file stays free of OS headers.
struct WaitStatus {
  int signal = 0;
  int exit = 0;
};
WaitStatus split_status(std::uint64_t status) {
  return {static_cast<int>(status & 0x7f), static_cast<int>((status >> 8) & 0xff)};
}

std::string step_title(const WorkloadStep& step) {
  const auto* command = std::get_if<Command>(&step.action);
  if (command == nullptr) return step_name(step);
  std::string line;
  for (const std::string& word : command->argv) line += (line.empty() ? "" : " ") + word;
  return line.size() > 200 ? line.substr(0, 197) + "..." : line;
}

std::uint64_t multiply(std::uint64_t count, std::uint64_t bytes) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  return bytes != 0 && count > kMost / bytes ? kMost : count * bytes;
}

// The end of what a program printed: at most kMaxOutputBytes, and UTF-8 whatever it printed.
void add_output(std::string& output, const std::string& text) {
  output += text;
  if (output.size() > kMaxOutputBytes) output.erase(0, output.size() - kMaxOutputBytes);
}
void make_utf8(std::string& text) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t bad = invalid_utf8_at(std::string_view(text).substr(at));
    if (bad == std::string_view::npos) return;
    at += bad;
    text[at] = '?';
  }
}

class Interpreter {
 public:
  Interpreter(const ChildTrace& trace, const std::vector<WorkloadStep>& workload,
              const CaseEvidence& evidence)
      : trace_(trace), workload_(workload), evidence_(evidence) {}

  Interpretation run() {
    prepare_steps();
    for (const wire::Line& line : trace_.lines) {
      read_line(line);
      if (result_.trouble || result_.unsupported) return std::move(result_);
    }
    for (StepReport& step : observation_.steps) make_utf8(step.output);
    if (reaped_ == nullptr) {
      result_.trouble = Error{"the case ended without a trace", ""};
      return std::move(result_);
    }
    fill_progress();
    if (!decide_ending()) return std::move(result_);
    fill_figures();
    observation_.kernel_log.assign(
        evidence_.kernel_log.begin(),
        evidence_.kernel_log.begin() +
            static_cast<std::ptrdiff_t>(std::min(kMaxKernelLines, evidence_.kernel_log.size())));
    result_.observation = std::move(observation_);
    return std::move(result_);
  }

 private:
  void prepare_steps() {
    for (const WorkloadStep& step : workload_) {
      StepReport report;
      report.kind = step_kind(step);
      report.name = step_title(step);
      report.label = step.label;
      observation_.steps.push_back(std::move(report));
    }
  }

  StepReport* step_of(const wire::Line& line) {
    const std::optional<std::uint64_t> index = line.maybe_number("step");
    return index && *index < observation_.steps.size() ? &observation_.steps[*index] : nullptr;
  }

  void read_line(const wire::Line& line) {
    if (line.verb == "begin") {
      if (StepReport* step = step_of(line)) step->state = StepState::running;
    } else if (line.verb == "end") {
      if (StepReport* step = step_of(line)) read_step_end(line, *step);
    } else if (line.verb == "kernel") {
      if (StepReport* step = step_of(line)) read_kernel(line, *step);
    } else if (line.verb == "output") {
      if (StepReport* step = step_of(line)) add_output(step->output, line.text("text"));
    } else if (line.verb == "bandwidth") {
      if (StepReport* step = step_of(line)) read_figure(line, *step);
    } else if (line.verb == "refusal") {
      if (StepReport* step = step_of(line)) read_refusal(line, *step);
    } else if (line.verb == "leak") {
      observation_.leaks.push_back(
          {static_cast<std::int64_t>(line.number("pid")), line.text("name")});
    } else if (line.verb == "setup_failed") {
      read_setup_failure(line);
    } else if (line.verb == "unsupported") {
      result_.unsupported = Error{line.text("what"), line.text("unlock")};
    } else if (line.verb == "error") {
      result_.trouble = Error{"in the case process: " + line.text("what") + with_errno(line), ""};
    } else if (line.verb == "started") {
      started_ = &line;
    } else if (line.verb == "final") {
      final_ = &line;
    } else if (line.verb == "reaped") {
      reaped_ = &line;
    }
  }

  static std::string with_errno(const wire::Line& line) {
    const int error = static_cast<int>(line.number("error"));
    return error == 0 ? "" : ": " + errno_name(error);
  }

  void read_setup_failure(const wire::Line& line) {
    const int error = static_cast<int>(line.number("error"));
    const Error problem{
        "cannot set " + line.text("what") +
            (error == 0 ? ": it reads back differently" : with_errno(line)),
        error == EPERM || error == EACCES ? "run as root, or raise the hard limit" : ""};
    // ENOSYS: a kernel without it. ENOSPC: user.max_user_namespaces.
    if (error == EPERM || error == EACCES || error == ENOSYS || error == ENOSPC)
      result_.unsupported = problem;
    else
      result_.trouble = problem;
  }

  static void read_refusal(const wire::Line& line, StepReport& step) {
    step.refusal = wire::read_refusal(line);
    if (!step.refusal) return;
    for (Probe& probe : step.refusal->probes)
      if (probe.error != 0) probe.error_name = errno_name(probe.error);
  }

  static void read_step_end(const wire::Line& line, StepReport& step) {
    step.error = static_cast<int>(line.number("error"));
    if (step.error != 0) step.error_name = errno_name(step.error);
    step.requested_bytes = line.number("requested");
    step.granted_bytes = line.number("granted");
    step.requested_blocks = line.number("requested_blocks");
    step.granted_blocks = line.number("granted_blocks");
    step.touched_bytes = line.number("touched");
    step.rss_bytes = line.number("rss");
    step.vsz_bytes = line.number("vsz");
    step.elapsed_ns = line.number("elapsed_ns");
    step.command_rss_peak_bytes = line.number("children_rss_peak");
    if (const auto exit = line.maybe_number("exit")) step.exit_status = static_cast<int>(*exit);
    if (const auto signal = line.maybe_number("signal"))
      step.term_signal = static_cast<int>(*signal);
    step.detail = line.text("detail");
    read_found(line, step);
    read_placed(line, step);
    // Said of the step by the child; the detail is its words.
    const char* const finding = line.find("corrupted") != nullptr   ? "corrupted"
                                : line.find("misplaced") != nullptr ? "misplaced"
                                                                    : nullptr;
    if (finding != nullptr) step.detail = std::string(finding) + ": " + step.detail;
    const bool failed = step.error != 0 || step.exit_status.value_or(0) != 0 ||
                        step.term_signal.has_value() || finding != nullptr;
    step.state = failed ? StepState::failed : StepState::ended;
  }

  static void read_kernel(const wire::Line& line, StepReport& step) {
    step.kernel = wire::read_kernel(line);
  }

  // placed=NODE:PAGES,NODE:PAGES
  static void read_placed(const wire::Line& line, StepReport& step) {
    step.absent_pages = line.maybe_number("absent");
    std::string text = line.text("placed");
    for (std::size_t at = 0; at < text.size();) {
      NodePages on;
      const char* const end = text.data() + text.size();
      const auto node = std::from_chars(text.data() + at, end, on.node);
      if (node.ec != std::errc() || node.ptr == end || *node.ptr != ':') break;
      const auto pages = std::from_chars(node.ptr + 1, end, on.pages);
      if (pages.ec != std::errc()) break;
      step.placed.push_back(on);
      at = static_cast<std::size_t>(pages.ptr - text.data()) + 1;
    }
    std::sort(step.placed.begin(), step.placed.end(),
              [](const NodePages& a, const NodePages& b) { return a.node < b.node; });
  }

  static void read_found(const wire::Line& line, StepReport& step) {
    step.largest_bytes = line.maybe_number("largest");
    if (!step.largest_bytes) return;
    step.largest_blocks = line.number("largest_blocks");
    step.unit_bytes = line.number("unit");
    step.refused_bytes = line.number("refused");
    if (const auto error = static_cast<int>(line.number("refused_error")); error != 0)
      step.refused_errno_name = errno_name(error);
  }

  static void read_figure(const wire::Line& line, StepReport& step) {
    constexpr std::size_t kMostFigures = 1000;
    const auto operation = from_word<BandwidthOperation>(line.text("operation"));
    if (!operation || step.bandwidth.size() >= kMostFigures) return;
    BandwidthFigure& figure = step.bandwidth.emplace_back();
    figure.operation = *operation;
    figure.threads = static_cast<std::uint32_t>(line.number("threads"));
    figure.way = line.text("way");
    figure.moved_bytes = line.number("moved");
    figure.rounds = static_cast<std::uint32_t>(line.number("rounds"));
    figure.median_ns = line.number("median_ns");
    figure.least_ns = line.number("least_ns");
    figure.most_ns = line.number("most_ns");
    figure.faults = line.number("faults");
    figure.first_ns = line.number("first_ns");
    figure.pinned_threads = static_cast<std::uint32_t>(line.number("pinned"));
  }

  // A step that was killed half-way has left its counts in the shared page.
  void fill_progress() {
    for (std::size_t i = 0; i < observation_.steps.size(); ++i) {
      StepReport& step = observation_.steps[i];
      if (step.state != StepState::running || reaped_->number("step") != i) continue;
      step.touched_bytes = reaped_->number("touched");
      const auto* allocate = std::get_if<Allocate>(&workload_[i].action);
      if (allocate == nullptr) continue;
      step.requested_blocks = allocate->count;
      step.requested_bytes = multiply(allocate->count, literal_bytes(allocate->size));
      step.granted_blocks = std::min(reaped_->number("granted_blocks"), allocate->count);
      step.granted_bytes = multiply(step.granted_blocks, literal_bytes(allocate->size));
    }
  }

  void end_as(OutcomeKind kind, int number, std::string evidence) {
    observation_.ending.kind = kind;
    observation_.ending.number = number;
    observation_.ending.evidence = std::move(evidence);
  }

  void end_by_signal(int signal, const std::string& who) {
    const std::string seen = who + " ended by signal " + std::to_string(signal);
    if (signal == SIGBUS) return end_as(OutcomeKind::bus_error, signal, seen);
    if (signal == SIGSEGV) return end_as(OutcomeKind::segfault, signal, seen);
    if (signal == SIGKILL) {
      if (evidence_.oom_kills.value_or(0) > 0)
        return end_as(OutcomeKind::oom_killed, signal,
                      evidence_.oom_source + " = " + std::to_string(*evidence_.oom_kills));
      for (const std::string& line : evidence_.kernel_log)
        if (line.find("Killed process") != std::string::npos)
          return end_as(OutcomeKind::oom_killed, signal, "kernel log: " + line);
    }
    end_as(OutcomeKind::signalled, signal, seen);
  }

  void end_by_command(const StepReport& step, const Command& command) {
    const std::string status = "exit status " + std::to_string(*step.exit_status);
    for (const std::string& text : command.refused_output) {
      if (step.output.find(text) == std::string::npos) continue;
      return end_as(OutcomeKind::refused, 0, status + ", and the output says \"" + text + "\"");
    }
    end_as(OutcomeKind::exited, *step.exit_status, status + " of " + step.name);
  }

  // False: no verdict can be given; result_ says why.
  bool end_by_step(const WorkloadStep& planned, const StepReport& step) {
    const auto* command = std::get_if<Command>(&planned.action);
    if (step.detail.starts_with("corrupted")) {
      end_as(OutcomeKind::corrupted, 0, step.detail);
    } else if (step.detail.starts_with("misplaced")) {
      end_as(OutcomeKind::misplaced, 0, step.detail);
    } else if (std::holds_alternative<Placement>(planned.action)) {
      result_.trouble = Error{step.detail + ": " + step.error_name, ""};
      return false;
    } else if (step.term_signal) {
      end_by_signal(*step.term_signal, command ? step.name : "a forked process");
    } else if (command != nullptr && step.error != 0 && step.error != ENOMEM &&
               step.error != EAGAIN) {
      result_.trouble =
          Error{step.detail + ": " + step.error_name,
                step.error == ENOENT ? "install the program, or state it under requires: "
                                       "program(" +
                                           command->argv[0] + ")"
                                     : ""};
      return false;
    } else if (command != nullptr && step.exit_status.value_or(0) != 0) {
      end_by_command(step, *command);
    } else if (step.exit_status.value_or(0) != 0) {
      end_as(OutcomeKind::exited, *step.exit_status,
             "exit status " + std::to_string(*step.exit_status) + " in a forked process");
    } else {
      end_as(OutcomeKind::refused, step.error, step.detail + ": " + step.error_name);
      observation_.ending.errno_name = step.error_name;
    }
    return true;
  }

  bool decide_ending() {
    const WaitStatus status = split_status(reaped_->number("status"));
    for (std::size_t i = 0; i < observation_.steps.size(); ++i)
      if (observation_.steps[i].state == StepState::running ||
          observation_.steps[i].state == StepState::failed)
        observation_.ending.step = i;
    if (trace_.killed_because != HarnessKill::none) {
      end_by_harness();
      return true;
    }
    if (status.signal != 0) {
      end_by_signal(status.signal, "the case");
      return true;
    }
    if (observation_.ending.step &&
        observation_.steps[*observation_.ending.step].state == StepState::failed)
      return end_by_step(workload_[*observation_.ending.step],
                         observation_.steps[*observation_.ending.step]);
    if (final_ == nullptr || status.exit != 0) {
      result_.trouble = Error{"the case process ended with status " + std::to_string(status.exit) +
                                  " before its last step was reported",
                              ""};
      return false;
    }
    end_as(OutcomeKind::completed, 0, "every step ended without error");
    return true;
  }

  void end_by_harness() {
    const std::string how = trace_.kill_was_needed ? "SIGKILL" : "SIGTERM";
    switch (trace_.killed_because) {
      case HarnessKill::timeout:
        return end_as(OutcomeKind::timed_out, 0, how + " by the harness at the timeout");
      case HarnessKill::memory_guard:
        return end_as(OutcomeKind::killed_by_harness, 0,
                      how + " by the harness: available memory fell below the reserve");
      default:
        return end_as(OutcomeKind::killed_by_harness, 0, how + " by the harness: stop requested");
    }
  }

  void fill_figures();
  void fill_peak();

  const ChildTrace& trace_;
  const std::vector<WorkloadStep>& workload_;
  const CaseEvidence& evidence_;
  Interpretation result_;
  Observation observation_;
  const wire::Line* started_ = nullptr;
  const wire::Line* final_ = nullptr;
  const wire::Line* reaped_ = nullptr;
};

// The peak from inside where the case lived to tell it, otherwise the best that outsiders have.
void Interpreter::fill_peak() {
  std::uint64_t peak = 0;
  std::string source;
  if (final_ != nullptr) {
    peak = final_->number("rss_peak");
    source = "VmHWM";
  } else {
    peak = trace_.rss_sampled_peak_bytes;
    source = "highest of " + std::to_string(trace_.timeline.size()) + " samples";
    for (std::size_t i = 0; i < observation_.steps.size(); ++i) {
      if (observation_.steps[i].rss_bytes <= peak) continue;
      peak = observation_.steps[i].rss_bytes;
      source = "/proc/self/statm after step " + std::to_string(i + 1);
    }
    // Forked from a tiny launcher, so this cannot be the peak of a larger parent.
    if (reaped_->number("maxrss") > peak) {
      peak = reaped_->number("maxrss");
      source = "wait4 ru_maxrss, above " + source;
    }
  }
  for (const StepReport& step : observation_.steps) {
    if (step.command_rss_peak_bytes <= peak) continue;
    peak = step.command_rss_peak_bytes;
    source = "wait4 ru_maxrss of the " + step.kind;
  }
  observation_.rss_peak_bytes.set(peak, source);
}

void Interpreter::fill_figures() {
  fill_peak();
  if (started_ != nullptr)
    observation_.rss_start_bytes.set(started_->number("rss"),
                                     "/proc/self/statm before the first step");
  if (final_ != nullptr) {
    observation_.rss_end_bytes.set(final_->number("rss"), "VmRSS after the last step");
    observation_.vsz_peak_bytes.set(final_->number("vsz_peak"), "VmPeak");
    observation_.vsz_end_bytes.set(final_->number("vsz"), "VmSize after the last step");
    observation_.page_tables_bytes.set(final_->number("page_tables"), "VmPTE after the last step");
    observation_.swap_peak_bytes.set(final_->number("swap"), "VmSwap after the last step");
  }
  if (evidence_.cgroup_swap_peak_bytes.known())
    observation_.swap_peak_bytes = evidence_.cgroup_swap_peak_bytes;
  observation_.cgroup_peak_bytes = evidence_.cgroup_peak_bytes;
  const wire::Line& faults = final_ != nullptr ? *final_ : *reaped_;
  const std::string source = final_ != nullptr ? "getrusage in the case" : "wait4 rusage";
  observation_.minor_faults.set(faults.number("minor_faults"), source);
  observation_.major_faults.set(faults.number("major_faults"), source);
  observation_.rusage_maxrss_bytes.set(reaped_->number("maxrss"),
                                       "wait4 ru_maxrss, commands included");
  observation_.wall_ns.set(reaped_->number("wall_ns"), "CLOCK_MONOTONIC in the launcher");
  observation_.user_ns.set(reaped_->number("user_us") * 1000, "wait4 ru_utime");
  observation_.system_ns.set(reaped_->number("system_us") * 1000, "wait4 ru_stime");
  if (evidence_.oom_kills) observation_.oom_kills.set(*evidence_.oom_kills, evidence_.oom_source);
  observation_.timeline = trace_.timeline;
  if (started_ != nullptr && !observation_.timeline.empty())
    observation_.timeline.front() = {0, started_->number("rss")};
  if (final_ != nullptr)
    observation_.timeline.push_back({reaped_->number("wall_ns") / 1000, final_->number("rss")});
}

}  // namespace

Interpretation interpret(const ChildTrace& trace, const std::vector<WorkloadStep>& workload,
                         const CaseEvidence& evidence) {
  return Interpreter(trace, workload, evidence).run();
}

std::vector<std::int64_t> processes_of(const ChildTrace& trace) {
  std::vector<std::int64_t> pids{trace.pid};
  for (const wire::Line& line : trace.lines)
    if (line.verb == "command" || line.verb == "killed" || line.verb == "leak")
      pids.push_back(static_cast<std::int64_t>(line.number("pid")));
  return pids;
}

}  // namespace memqual
