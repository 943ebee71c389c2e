// SPDX-License-Identifier: Apache-2.0
// The load lines of a run: what was measured under each setting beside what the rules say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

/// What a line is the largest of.
enum class LoadLineKind {
  request,  ///< one untouched request
  blocks,   ///< a list of untouched blocks of one size
  touched,  ///< memory in use, before the OOM killer came
};
/// "request", "blocks", "touched".
std::string_view to_word(LoadLineKind kind);

struct LoadLineMeasured {
  std::uint64_t bytes = 0;
  std::uint64_t blocks = 0;      ///< of a list
  std::uint64_t unit_bytes = 0;  ///< how exact it is
  /// The least that was refused; 0 where nothing was, or where the case was killed instead.
  std::uint64_t refused_bytes = 0;
  std::string refused_errno_name;
  bool operator==(const LoadLineMeasured&) const = default;
};

struct LoadLineRow {
  std::string case_id;
  std::optional<std::string> machine;  ///< of the lab; absent: the host
  LoadLineKind kind = LoadLineKind::request;
  std::vector<std::string> settings;  ///< a line each, as in CaseRecord
  std::string asked;                  ///< "mmap", "mmap, blocks of 3.5 GB", "touch, write"
  CaseStatus status = CaseStatus::not_run;
  std::string reason;                        ///< why it was not measured, or what is wrong
  std::string hint;                          ///< what would unlock it
  std::optional<LoadLineMeasured> measured;  ///< absent where the case did not run
  std::optional<LoadLine> formula;           ///< absent where nothing could be predicted
  /// How far the measured line lies outside the formula's interval, in the formula's units: 0
  /// inside, negative below. Absent without both.
  std::optional<std::int64_t> difference_units;
  /// Width of the formula's interval in its units: 0 where it is one value.
  std::uint64_t band_units = 0;
  bool operator==(const LoadLineRow&) const = default;
};

struct LoadLineTable {
  std::string tool_version;
  std::string started_at;  ///< RFC 3339 UTC
  std::vector<std::string> command_line;
  /// What was measured: the host, or the machine of the lab, where there is just one. Of several
  /// machines: the host that booted them, and `machines` has what was measured.
  HostFacts host;
  std::vector<LoadLineRow> rows;
  std::vector<MachineRecord> machines;  ///< of the lab, by name; empty where all ran on the host
  bool operator==(const LoadLineTable&) const = default;
};

/// A row for each load line of the run: every find_largest step, and every touch that may be
/// killed, of each case's last attempt.
LoadLineTable load_line_table(const RunRecord& record);

}  // namespace memqual
