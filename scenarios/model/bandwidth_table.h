// SPDX-License-Identifier: Apache-2.0
// What the memory of a machine gave in a run, a row for each place that was measured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

struct BandwidthRow {
  std::string case_id;
  std::optional<std::uint32_t> cpu_node;     ///< the threads ran on its CPUs; absent: on any
  std::optional<std::uint32_t> memory_node;  ///< the arrays lay in its memory; absent: anywhere
  CaseStatus status = CaseStatus::not_run;
  std::string reason;  ///< why it was not measured, or what is wrong
  std::string hint;    ///< what would unlock it
  std::vector<BandwidthFigure> figures;
  /// Copying with two threads, in percent of copying with one; absent where not measured.
  std::optional<std::uint64_t> control_percent;
  /// Figures of several threads may be believed: the control is not off.
  bool reliable = true;
  bool operator==(const BandwidthRow&) const = default;
};

struct BandwidthTable {
  std::string tool_version;
  std::string started_at;  ///< RFC 3339 UTC
  std::vector<std::string> command_line;
  HostFacts host;
  std::vector<BandwidthRow> rows;
  bool operator==(const BandwidthTable&) const = default;
};

/// Parameters of a case that say where it was measured: node numbers.
inline constexpr const char* kCpuNodeParameter = "cpu_node";
inline constexpr const char* kMemoryNodeParameter = "memory_node";

/// A row for each case of the run that measures bandwidth, with what its last attempt found.
BandwidthTable bandwidth_table(const RunRecord& record);

}  // namespace memqual
