// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/observation.h"

#include <algorithm>

#include "scenarios/model/run_record.h"

#include <limits>

#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  const auto most = std::numeric_limits<std::uint64_t>::max();
  return a > most - b ? most : a + b;
}

/// A sum over the steps; unknown where the child reported no step at all.
Fact<std::uint64_t> sum_of_steps(const Observation& observation, std::uint64_t StepReport::*member,
                                 const char* source) {
  Fact<std::uint64_t> sum;
  if (observation.steps.empty()) return sum;
  std::uint64_t total = 0;
  for (const StepReport& step : observation.steps) total = saturating_add(total, step.*member);
  sum.set(total, source);
  return sum;
}

/// Of several steps the last counts, as with rss_end.
Fact<std::uint64_t> largest_found(const Observation& observation) {
  Fact<std::uint64_t> largest;
  for (const StepReport& step : observation.steps)
    if (step.largest_bytes) largest.set(*step.largest_bytes, "find_largest, by bisection");
  return largest;
}

std::string step_words(const StepReport& step, std::size_t index) {
  std::string text = "step " + std::to_string(index + 1) + ", " + step.kind;
  const std::string& name = step.name.empty() ? step.label : step.name;
  if (!name.empty()) text += " " + name;
  return text;
}

/// How far the step got; empty where the step has no such figure.
std::string progress_words(const StepReport& step) {
  if (step.requested_blocks > 0) {
    std::string text = std::to_string(step.granted_blocks) + " of " +
                       std::to_string(step.requested_blocks) + " blocks";
    if (step.granted_bytes > 0) text += " (" + format_bytes(step.granted_bytes) + ")";
    text += " granted";
    if (step.touched_bytes > 0) text += ", " + format_bytes(step.touched_bytes) + " touched";
    return text;
  }
  if (step.touched_bytes > 0) return format_bytes(step.touched_bytes) + " touched";
  return {};
}

/// The signals that end processes in practice; the numbers are those of Linux on x86 and ARM.
const char* signal_name(int number) {
  switch (number) {
    case 1:
      return "SIGHUP";
    case 2:
      return "SIGINT";
    case 3:
      return "SIGQUIT";
    case 4:
      return "SIGILL";
    case 5:
      return "SIGTRAP";
    case 6:
      return "SIGABRT";
    case 8:
      return "SIGFPE";
    case 9:
      return "SIGKILL";
    case 13:
      return "SIGPIPE";
    case 14:
      return "SIGALRM";
    case 15:
      return "SIGTERM";
    case 24:
      return "SIGXCPU";
    case 25:
      return "SIGXFSZ";
    case 31:
      return "SIGSYS";
    default:
      return nullptr;
  }
}

std::string kind_words(const Ending& ending) {
  const std::string word{to_word(ending.kind)};
  switch (ending.kind) {
    case OutcomeKind::refused: {
      if (!ending.errno_name.empty()) return word + " (" + ending.errno_name + ")";
      return ending.number != 0 ? word + " (errno " + std::to_string(ending.number) + ")" : word;
    }
    case OutcomeKind::exited:
      return word + "(" + std::to_string(ending.number) + ")";
    case OutcomeKind::signalled: {
      const std::string text = word + "(" + std::to_string(ending.number) + ")";
      const char* name = signal_name(ending.number);
      return name ? text + " " + name : text;
    }
    default:
      return word;
  }
}

}  // namespace

std::string_view to_word(StepState value) {
  switch (value) {
    case StepState::not_reached:
      return "not_reached";
    case StepState::running:
      return "running";
    case StepState::ended:
      return "ended";
    case StepState::failed:
      return "failed";
  }
  return "not_reached";
}

Fact<std::uint64_t> metric_value(const Observation& observation, Metric metric) {
  switch (metric) {
    case Metric::rss_peak:
      return observation.rss_peak_bytes;
    case Metric::rss_end:
      return observation.rss_end_bytes;
    case Metric::vsz_peak:
      return observation.vsz_peak_bytes;
    case Metric::page_tables:
      return observation.page_tables_bytes;
    case Metric::swap_peak:
      return observation.swap_peak_bytes;
    case Metric::granted:
      return sum_of_steps(observation, &StepReport::granted_bytes, "sum over the steps");
    case Metric::touched:
      return sum_of_steps(observation, &StepReport::touched_bytes, "sum over the steps");
    case Metric::cgroup_peak:
      return observation.cgroup_peak_bytes;
    case Metric::minor_faults:
      return observation.minor_faults;
    case Metric::major_faults:
      return observation.major_faults;
    case Metric::granted_blocks:
      return sum_of_steps(observation, &StepReport::granted_blocks, "sum over the steps");
    case Metric::oom_kills:
      return observation.oom_kills;
    case Metric::largest:
      return largest_found(observation);
  }
  return {};
}

std::optional<std::uint64_t> reached_bytes(const Observation& observation, std::size_t step) {
  if (step >= observation.steps.size()) return std::nullopt;
  const StepReport& report = observation.steps[step];
  if (report.largest_bytes) return report.largest_bytes;
  const bool was_killed = observation.ending.kind == OutcomeKind::oom_killed &&
                          report.state == StepState::running && report.kind == "touch";
  return was_killed ? std::optional(report.touched_bytes) : std::nullopt;
}

bool is_outside(const LoadLine& line, const Observation& observation) {
  const std::optional<std::uint64_t> found = reached_bytes(observation, line.step);
  return found && (*found < line.least_bytes || *found > line.most_bytes);
}

Agreement agreement_of(const Attempt& attempt) {
  if (!attempt.prediction || !attempt.observation) return Agreement::none;
  const Prediction& prediction = *attempt.prediction;
  if (!prediction.moved.empty()) return Agreement::inconclusive;
  const bool allowed = std::find(prediction.allowed.begin(), prediction.allowed.end(),
                                 attempt.observation->ending.kind) != prediction.allowed.end();
  // What the model left out may end a case in any way.
  if (!prediction.not_modelled.empty()) return Agreement::uncertain;
  const bool outside =
      std::any_of(prediction.load_lines.begin(), prediction.load_lines.end(),
                  [&](const LoadLine& line) { return is_outside(line, *attempt.observation); });
  if (!allowed || outside) return Agreement::mismatch;
  return prediction.uncertain ? Agreement::uncertain : Agreement::right;
}

OracleScore score_oracle(const RunRecord& record) {
  OracleScore score;
  for (const CaseRecord& entry : record.cases)
    for (const Attempt& attempt : entry.attempts) {
      const Agreement agreement = agreement_of(attempt);
      if (agreement == Agreement::right) ++score.right;
      if (agreement == Agreement::uncertain) ++score.uncertain;
      if (agreement == Agreement::mismatch) ++score.mismatch;
      if (agreement == Agreement::inconclusive) ++score.inconclusive;
    }
  return score;
}

std::string describe_ending(const Observation& observation) {
  const Ending& ending = observation.ending;
  std::string text = kind_words(ending);
  if (!ending.step || *ending.step >= observation.steps.size()) return text;
  const StepReport& step = observation.steps[*ending.step];
  if (ending.kind == OutcomeKind::completed) return text;
  text += " at " + step_words(step, *ending.step);
  const std::string progress = progress_words(step);
  if (!progress.empty()) text += ": " + progress;
  return text;
}

}  // namespace memqual
