// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/bandwidth_table.h"

#include <algorithm>
#include <charconv>

namespace memqual {
namespace {

std::optional<std::uint32_t> node_of(const CaseRecord& entry, const char* name) {
  for (const Parameter& parameter : entry.parameters) {
    if (parameter.name != name) continue;
    const char* end = parameter.value.data() + parameter.value.size();
    std::uint32_t node = 0;
    const auto read = std::from_chars(parameter.value.data(), end, node);
    if (read.ec == std::errc() && read.ptr == end) return node;
  }
  return std::nullopt;
}

BandwidthRow row_of(const CaseRecord& entry) {
  BandwidthRow row;
  row.case_id = entry.id;
  row.cpu_node = node_of(entry, kCpuNodeParameter);
  row.memory_node = node_of(entry, kMemoryNodeParameter);
  row.status = entry.verdict.status;
  row.reason = entry.verdict.reason;
  row.hint = entry.verdict.hint;
  if (!entry.attempts.empty() && entry.attempts.back().observation)
    for (const StepReport& step : entry.attempts.back().observation->steps)
      row.figures.insert(row.figures.end(), step.bandwidth.begin(), step.bandwidth.end());
  if (const std::optional<double> control = thread_control(row.figures)) {
    row.control_percent = static_cast<std::uint64_t>(std::min(*control * 100 + 0.5, 1e6));
    row.reliable = !control_is_off(*control);
  }
  return row;
}

}  // namespace

BandwidthTable bandwidth_table(const RunRecord& record) {
  BandwidthTable table;
  table.tool_version = record.tool_version;
  table.started_at = record.started_at;
  table.command_line = record.command_line;
  table.host = record.host;
  for (const CaseRecord& entry : record.cases) table.rows.push_back(row_of(entry));
  return table;
}

}  // namespace memqual
