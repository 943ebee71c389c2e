// SPDX-License-Identifier: Apache-2.0
// An observation in words: what the machine did, the figures, and the bound a request was above.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "reports/bandwidth_words.h"
#include "reports/load_line_words.h"
#include "reports/summary.h"
#include "scenarios/model/attribution.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

std::uint64_t saturating_sum(const Observation& observation, std::uint64_t StepReport::*member) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t sum = 0;
  for (const StepReport& step : observation.steps) {
    if (step.*member > kMost - sum) return kMost;
    sum += step.*member;
  }
  return sum;
}

const StepReport* ending_step(const Observation& observation) {
  const auto step = observation.ending.step;
  return step && *step < observation.steps.size() ? &observation.steps[*step] : nullptr;
}

// Copying with the most threads says most about a machine.
const BandwidthFigure* headline_figure(const Observation& observation) {
  const BandwidthFigure* best = nullptr;
  for (const StepReport& step : observation.steps)
    for (const BandwidthFigure& figure : step.bandwidth) {
      const bool copies = figure.operation == BandwidthOperation::copy;
      const bool best_copies = best != nullptr && best->operation == BandwidthOperation::copy;
      if (best == nullptr || copies > best_copies ||
          (copies == best_copies && figure.threads > best->threads))
        best = &figure;
    }
  return best;
}

OutcomeWords completed_words(const Observation& observation) {
  const std::uint64_t granted = saturating_sum(observation, &StepReport::granted_bytes);
  const std::uint64_t touched = saturating_sum(observation, &StepReport::touched_bytes);
  const std::uint64_t peak = observation.rss_peak_bytes.value_or(0);
  const std::string resident = peak > 0 ? format_bytes(peak) + " resident" : std::string();
  if (granted > 0) {
    return {"granted " + format_bytes(granted),
            touched > 0 ? "touched " + format_bytes(touched) : resident};
  }
  for (const StepReport& step : observation.steps)
    if (step.largest_bytes) return {"largest " + found_words(step), resident};
  if (const BandwidthFigure* figure = headline_figure(observation))
    return {fmt::format("{} {}", operation_words(figure->operation),
                        rate_words(figure->bytes_per_second())),
            figure->threads > 1 ? fmt::format("{} threads", figure->threads) : "1 thread"};
  for (const StepReport& step : observation.steps) {
    if (step.kind == "command" && step.command_rss_peak_bytes > 0) {
      return {"completed", "program used " + format_bytes(step.command_rss_peak_bytes)};
    }
  }
  return {"completed", resident};
}

OutcomeWords refused_words(const Observation& observation) {
  const Ending& ending = observation.ending;
  OutcomeWords words{"refused", {}};
  if (!ending.errno_name.empty()) words.what += " " + clean_line(ending.errno_name, 40);
  const StepReport* step = ending_step(observation);
  if (!step || step->requested_bytes == 0) return words;
  words.detail = "asked for " + format_bytes(step->requested_bytes);
  if (step->granted_bytes > 0) words.detail += ", got " + format_bytes(step->granted_bytes);
  return words;
}

OutcomeWords killed_words(const Observation& observation, std::string what) {
  const std::uint64_t touched = saturating_sum(observation, &StepReport::touched_bytes);
  const std::uint64_t peak = observation.rss_peak_bytes.value_or(0);
  const std::uint64_t at = peak > 0 ? peak : touched;
  OutcomeWords words{std::move(what), {}};
  if (at > 0) words.what += " at " + format_bytes(at);
  const StepReport* step = ending_step(observation);
  if (!step) return words;
  words.detail = "in " + clean_line(step->kind, 40);
  const std::uint64_t granted = saturating_sum(observation, &StepReport::granted_bytes);
  if (granted > 0) words.detail += ", granted " + format_bytes(granted);
  return words;
}

/// The value of "NAME = VALUE" among the settings; empty where there is none.
std::string_view setting(const CaseRecord& record, std::string_view name) {
  for (const std::string_view line : record.settings) {
    if (line.size() > name.size() + 3 && line.substr(0, name.size()) == name &&
        line.substr(name.size(), 3) == " = ") {
      return line.substr(name.size() + 3);
    }
  }
  return {};
}

/// The rlimits that bound what may be mapped, where one of them is below the request.
std::string rlimit_bound(const CaseRecord& record, std::uint64_t requested) {
  for (const char* name : {"rlimit address_space", "rlimit data"}) {
    const Result<Size> limit = parse_size(setting(record, name));
    if (limit && limit->is_literal() && literal_bytes(*limit) <= requested) {
      return fmt::format("{} {}", name, format_bytes(literal_bytes(*limit)));
    }
  }
  return {};
}

/// No kernel setting helps above this; without a hint mmap stays below 47 bits also on newer
/// machines.
std::uint64_t user_address_space(const HostFacts& host) {
  const std::uint64_t bits =
      std::clamp<std::uint64_t>(host.address_space_bits.value_or(48), 32, 48);
  return std::uint64_t{1} << (bits - 1);
}

const Attempt& last_attempt(const CaseRecord& record) { return record.attempts.back(); }

// The rule that evidence found, else the one that was predicted for just this ending.
LimitingRule rule_of(const CaseRecord& record) {
  const Attempt& attempt = last_attempt(record);
  if (attempt.attribution && attempt.attribution->rule != LimitingRule::none)
    return attempt.attribution->rule;
  return agreement_of(attempt) == Agreement::right ? attempt.prediction->rule : LimitingRule::none;
}

std::string cause_words(const CaseRecord& record) {
  const LimitingRule rule = rule_of(record);
  return rule == LimitingRule::none ? std::string() : fmt::format("limit: {}", rule_title(rule));
}

// The OOM killer comes for the control group's limit or for the machine's memory; the rule knows.
std::string killing_limit(const CaseRecord& record, const Observation& observation) {
  const LimitingRule rule = rule_of(record);
  const std::string_view limit = setting(record, "cgroup memory_max");
  if (!limit.empty() && (rule == LimitingRule::cgroup_memory || rule == LimitingRule::none))
    return fmt::format("above cgroup memory_max {}", clean_line(limit, 40));
  const Fact<std::uint64_t>& available = observation.mem_available_before_bytes;
  if (rule == LimitingRule::host_memory && available.known())
    return "above available memory " + format_bytes(*available.value);
  return cause_words(record);
}

// Of a search: what its last load line is made of.
std::string line_limit(const CaseRecord& record, const Observation& observation) {
  const Attempt& attempt = last_attempt(record);
  if (!attempt.prediction || attempt.prediction->load_lines.empty()) return {};
  const LoadLine& line = attempt.prediction->load_lines.back();
  const bool is_found = line.step < observation.steps.size() &&
                        observation.steps[line.step].largest_bytes.has_value();
  if (!is_found) return {};
  // The first term is the limit; what is in use already is in the evidence.
  const std::size_t rest = line.formula.find(" - ");
  return "limit: " + clean_line(line.formula.substr(0, rest), 80) +
         (rest == std::string::npos ? "" : " - ...");
}

}  // namespace

OutcomeWords outcome_words(const CaseRecord& record) {
  const Observation* observation = last_observation(record);
  if (!observation) {
    if (record.verdict.status == CaseStatus::unsupported) return {"could not run here", {}};
    if (record.verdict.status == CaseStatus::error) return {"harness error", {}};
    return {std::string(status_words(record.verdict.status)), {}};
  }
  const int number = observation->ending.number;
  switch (observation->ending.kind) {
    case OutcomeKind::completed:
      return completed_words(*observation);
    case OutcomeKind::refused:
      return refused_words(*observation);
    case OutcomeKind::oom_killed:
      return killed_words(*observation, "OOM-killed");
    case OutcomeKind::bus_error:
      return killed_words(*observation, "bus error");
    case OutcomeKind::segfault:
      return killed_words(*observation, "segmentation fault");
    case OutcomeKind::corrupted:
      return {"read back other data", {}};
    case OutcomeKind::misplaced:
      return {"pages on other NUMA nodes", {}};
    case OutcomeKind::exited:
      return {fmt::format("exit status {}", number), {}};
    case OutcomeKind::signalled:
      return killed_words(*observation, fmt::format("killed by signal {}", number));
    case OutcomeKind::timed_out:
      return {"timed out after " + duration_words(observation->wall_ns.value_or(0)), {}};
    case OutcomeKind::killed_by_harness:
      return killed_words(*observation, "stopped by memqual");
  }
  return {};
}

std::string refusal_bound(const CaseRecord& record, const HostFacts& facts) {
  const Observation* observation = last_observation(record);
  if (!observation || observation->ending.kind != OutcomeKind::refused) return {};
  const StepReport* step = ending_step(*observation);
  if (!step || step->requested_bytes == 0) return {};
  // The kernel judges each call: of a list it is the one block that counts in mode heuristic.
  const std::uint64_t requested = step->requested_bytes;
  const std::uint64_t block = requested / std::max<std::uint64_t>(1, step->requested_blocks);
  if (std::string bound = rlimit_bound(record, requested); !bound.empty()) return bound;

  if (block > user_address_space(facts)) {
    return "address space " + format_bytes(user_address_space(facts));
  }
  const std::string_view set = setting(record, "vm.overcommit_memory");
  const std::uint64_t mode = set.empty() ? facts.overcommit_memory.value_or(3)
                                         : static_cast<std::uint64_t>(set.front() - '0');
  if (mode == 2 && observation->commit_limit_bytes.known() &&
      requested > *observation->commit_limit_bytes.value) {
    return "commit limit " + format_bytes(*observation->commit_limit_bytes.value);
  }
  const std::uint64_t total =
      facts.mem_total_bytes.value_or(0) + facts.swap_total_bytes.value_or(0);
  if (mode == 0 && facts.mem_total_bytes.known() && block > total) {
    return "RAM + swap " + format_bytes(total);
  }
  return {};
}

std::string limit_words(const CaseRecord& record, const HostFacts& facts) {
  const Observation* observation = last_observation(record);
  if (!observation) return {};
  switch (observation->ending.kind) {
    case OutcomeKind::refused:
      if (const std::string bound = refusal_bound(record, facts); !bound.empty())
        return "above " + bound;
      return cause_words(record);
    case OutcomeKind::oom_killed:
      return killing_limit(record, *observation);
    case OutcomeKind::completed:
      return line_limit(record, *observation);
    default:
      return {};
  }
}

std::vector<Figure> figures_of(const Observation& o) {
  std::vector<Figure> figures;
  const auto add = [&figures](const char* name, const char* title, const Fact<std::uint64_t>& fact,
                              auto words) {
    if (fact.known())
      figures.push_back({name, title, *fact.value, words(*fact.value), fact.source});
  };
  const auto bytes = [](std::uint64_t value) { return format_bytes(value); };
  const auto time = [](std::uint64_t value) { return duration_words(value); };
  const auto count = [](std::uint64_t value) { return std::to_string(value); };
  add("rss_peak_bytes", "resident set, highest", o.rss_peak_bytes, bytes);
  add("rss_start_bytes", "resident set before the first step", o.rss_start_bytes, bytes);
  add("rss_end_bytes", "resident set after the last step", o.rss_end_bytes, bytes);
  add("vsz_peak_bytes", "address space, highest", o.vsz_peak_bytes, bytes);
  add("vsz_end_bytes", "address space after the last step", o.vsz_end_bytes, bytes);
  add("page_tables_bytes", "page tables", o.page_tables_bytes, bytes);
  add("swap_peak_bytes", "swapped out, highest", o.swap_peak_bytes, bytes);
  add("cgroup_peak_bytes", "charge of the control group, highest", o.cgroup_peak_bytes, bytes);
  add("rusage_maxrss_bytes", "maxrss (may include the launcher's)", o.rusage_maxrss_bytes, bytes);
  add("minor_faults", "minor page faults", o.minor_faults, count);
  add("major_faults", "major page faults", o.major_faults, count);
  add("oom_kills", "OOM kills in the control group", o.oom_kills, count);
  add("wall_ns", "duration", o.wall_ns, time);
  add("user_ns", "processor time, program", o.user_ns, time);
  add("system_ns", "processor time, kernel", o.system_ns, time);
  add("commit_limit_bytes", "commit limit under these settings", o.commit_limit_bytes, bytes);
  add("committed_as_before_bytes", "host: committed before", o.committed_as_before_bytes, bytes);
  add("committed_as_after_bytes", "host: committed after", o.committed_as_after_bytes, bytes);
  add("mem_available_before_bytes", "host: available before", o.mem_available_before_bytes, bytes);
  add("mem_available_after_bytes", "host: available after", o.mem_available_after_bytes, bytes);
  for (Figure& figure : figures) figure.source = clean_line(figure.source, 200);
  return figures;
}

}  // namespace memqual
