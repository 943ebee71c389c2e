// SPDX-License-Identifier: Apache-2.0
// Cases -> tables: one axis of the matrix as columns, the other parameters as rows. Pure.
#pragma once

#include <string>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

struct PivotRow {
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

/// Scenarios that share an axis share a table, so that a column means the same all the way down. An
/// axis with 2 to 6 values becomes columns; names of settings go before names of calls.
std::vector<PivotTable> pivot(const std::vector<CaseRecord>& cases);

}  // namespace memqual
