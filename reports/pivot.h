// SPDX-License-Identifier: Apache-2.0
// Cases -> tables: one axis of the matrix as columns, the other parameters as rows. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

struct PivotRow {
  std::optional<std::string> machine;  ///< with PivotRows::machines: of the lab; absent: the host
  std::string label;  ///< the other parameters: "api=mmap"; empty where there are none
  std::vector<std::vector<const CaseRecord*>> cells;  ///< one per column; usually one case each
};

struct PivotScenario {
  const CaseRecord* first = nullptr;  ///< carries name, summary and source
  std::vector<PivotRow> rows;
};

struct PivotTable {
  std::string axis;                 ///< empty: a single column
  std::vector<std::string> values;  ///< one per column
  std::vector<PivotScenario> scenarios;
};

enum class PivotRows {
  parameters,  ///< each row has values of its own of all axes but the one of the columns
  /// Rows are machines first: what names the machine never becomes columns, and is left out of the
  /// label.
  machines,
};

/// Scenarios that share an axis share a table, so that a column means the same all the way down. An
/// axis with 2 to 6 values becomes columns; names of settings go before names of calls.
std::vector<PivotTable> pivot(const std::vector<const CaseRecord*>& cases, PivotRows rows);
std::vector<PivotTable> pivot(const std::vector<CaseRecord>& cases);

/// The cases of scenarios that ran on two places or more: machines of the lab, or one and the host.
std::vector<const CaseRecord*> on_several_machines(const std::vector<CaseRecord>& cases);

}  // namespace memqual
