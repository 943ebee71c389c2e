// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/load_line_table.h"

#include <algorithm>
#include <limits>

namespace memqual {
namespace {

std::int64_t bounded(std::uint64_t units) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return units > static_cast<std::uint64_t>(kMost) ? kMost : static_cast<std::int64_t>(units);
}

// Rounded away from the interval: less than a unit outside is outside.
std::int64_t outside(const LoadLine& line, std::uint64_t bytes) {
  const std::uint64_t unit = std::max<std::uint64_t>(1, line.unit_bytes);
  const auto units = [unit](std::uint64_t distance) {
    return bounded(distance / unit + (distance % unit != 0 ? 1 : 0));
  };
  if (bytes < line.least_bytes) return -units(line.least_bytes - bytes);
  return bytes > line.most_bytes ? units(bytes - line.most_bytes) : 0;
}

std::uint64_t band(const LoadLine& line) {
  if (line.most_bytes <= line.least_bytes) return 0;
  return (line.most_bytes - line.least_bytes) / std::max<std::uint64_t>(1, line.unit_bytes);
}

LoadLineKind kind_of(const CaseRecord& entry, const StepReport* step, const LoadLine& line) {
  if (step != nullptr && step->kind == "touch") return LoadLineKind::touched;
  const std::string words =
      line.step < entry.workload.size() ? entry.workload[line.step] : std::string();
  if (words.starts_with("touch ")) return LoadLineKind::touched;
  return words.find(", in blocks of ") == std::string::npos ? LoadLineKind::request
                                                            : LoadLineKind::blocks;
}

// "find_largest: mmap, up to 1 TiB" -> "mmap, up to 1 TiB"; "touch a: write every page" -> "touch:
// write every page".
std::string asked_words(const CaseRecord& entry, const LoadLine& line) {
  if (line.step >= entry.workload.size()) return {};
  const std::string& words = entry.workload[line.step];
  const std::size_t colon = words.find(": ");
  if (colon == std::string::npos) return words;
  return words.starts_with("find_largest") ? words.substr(colon + 2)
                                           : "touch: " + words.substr(colon + 2);
}

std::optional<LoadLineMeasured> measured_of(const StepReport* step, const LoadLine& line,
                                            const Observation* observation) {
  if (step == nullptr || observation == nullptr) return std::nullopt;
  const std::optional<std::uint64_t> reached = reached_bytes(*observation, line.step);
  if (!reached) return std::nullopt;
  LoadLineMeasured measured;
  measured.bytes = *reached;
  measured.blocks = step->largest_blocks;
  measured.unit_bytes = step->unit_bytes != 0 ? step->unit_bytes : line.unit_bytes;
  measured.refused_bytes = step->refused_bytes;
  measured.refused_errno_name = step->refused_errno_name;
  return measured;
}

LoadLineRow row_of(const CaseRecord& entry, const Attempt& attempt, const LoadLine& line) {
  const Observation* observation = attempt.observation ? &*attempt.observation : nullptr;
  const StepReport* step = observation != nullptr && line.step < observation->steps.size()
                               ? &observation->steps[line.step]
                               : nullptr;
  LoadLineRow row;
  row.case_id = entry.id;
  row.machine = entry.machine;
  row.kind = kind_of(entry, step, line);
  row.settings = entry.settings;
  row.asked = asked_words(entry, line);
  row.status = entry.verdict.status;
  row.reason = entry.verdict.reason;
  row.hint = entry.verdict.hint;
  row.measured = measured_of(step, line, observation);
  row.formula = line;
  row.band_units = band(line);
  if (row.measured) row.difference_units = outside(line, row.measured->bytes);
  return row;
}

}  // namespace

std::string_view to_word(LoadLineKind kind) {
  switch (kind) {
    case LoadLineKind::request:
      return "request";
    case LoadLineKind::blocks:
      return "blocks";
    case LoadLineKind::touched:
      return "touched";
  }
  return "request";
}

LoadLineTable load_line_table(const RunRecord& record) {
  LoadLineTable table;
  table.tool_version = record.tool_version;
  table.started_at = record.started_at;
  table.command_line = record.command_line;
  table.machines = record.machines;
  // One machine of the lab: the lines are its own, and say nothing about who booted it.
  table.host = record.machines.size() == 1 ? record.machines.front().facts : record.host;
  for (const CaseRecord& entry : record.cases) {
    if (entry.attempts.empty() || !entry.attempts.back().prediction) continue;
    const Attempt& attempt = entry.attempts.back();
    for (const LoadLine& line : attempt.prediction->load_lines)
      table.rows.push_back(row_of(entry, attempt, line));
  }
  return table;
}

}  // namespace memqual
