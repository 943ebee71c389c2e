// SPDX-License-Identifier: Apache-2.0
#include "reports/pivot.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace memqual {
namespace {

constexpr std::size_t kMaxColumns = 6;
constexpr std::array<std::string_view, 6> kPreferred = {"mode", "overcommit", "limit",
                                                        "swap", "using",      "api"};

struct Axis {
  std::string name;
  std::vector<std::string> values;                                  ///< in order of appearance
  std::map<std::optional<std::string>, std::string> first_on = {};  ///< value, by machine
  bool names_machine = true;  ///< has one value on each machine, as `machine` itself has
};

struct ScenarioCases {
  std::vector<const CaseRecord*> cases;
  std::vector<Axis> axes;
  std::string column_axis;
  PivotRows by = PivotRows::parameters;
};

void add_value(std::vector<std::string>& values, const std::string& value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

std::string value_of(const CaseRecord& record, const std::string& axis) {
  for (const Parameter& parameter : record.parameters) {
    if (parameter.name == axis) return parameter.value;
  }
  return {};
}

Axis& axis_of(std::vector<Axis>& axes, const std::string& name) {
  for (Axis& axis : axes)
    if (axis.name == name) return axis;
  return axes.emplace_back(Axis{name, {}});
}

std::vector<ScenarioCases> by_scenario(const std::vector<const CaseRecord*>& cases,
                                       PivotRows rows) {
  std::vector<ScenarioCases> scenarios;
  std::map<std::string, std::size_t> index;
  for (const CaseRecord* record : cases) {
    const auto [at, is_new] = index.try_emplace(record->scenario, scenarios.size());
    if (is_new) scenarios.emplace_back().by = rows;
    ScenarioCases& scenario = scenarios[at->second];
    scenario.cases.push_back(record);
    for (const Parameter& parameter : record->parameters) {
      Axis& axis = axis_of(scenario.axes, parameter.name);
      // More values than columns: counting on would be quadratic for nothing.
      if (axis.values.size() <= kMaxColumns) add_value(axis.values, parameter.value);
      const auto first = axis.first_on.try_emplace(record->machine, parameter.value).first;
      if (first->second != parameter.value) axis.names_machine = false;
    }
  }
  return scenarios;
}

std::size_t preference(const std::string& name) {
  const auto at = std::find(kPreferred.begin(), kPreferred.end(), name);
  return static_cast<std::size_t>(at - kPreferred.begin());
}

std::string best_axis(const ScenarioCases& scenario) {
  const Axis* best = nullptr;
  for (const Axis& axis : scenario.axes) {
    if (axis.values.size() < 2 || axis.values.size() > kMaxColumns) continue;
    if (scenario.by == PivotRows::machines && axis.names_machine) continue;
    const bool better = !best || preference(axis.name) < preference(best->name) ||
                        (preference(axis.name) == preference(best->name) &&
                         axis.values.size() < best->values.size());
    if (better) best = &axis;
  }
  return best ? best->name : std::string();
}

/// A scenario with one value of an axis that others have as columns goes into their table.
void adopt_axes(std::vector<ScenarioCases>& scenarios) {
  std::vector<std::string> used;
  for (const ScenarioCases& scenario : scenarios) add_value(used, scenario.column_axis);
  for (ScenarioCases& scenario : scenarios) {
    if (!scenario.column_axis.empty()) continue;
    for (const Axis& axis : scenario.axes) {
      const bool known = std::find(used.begin(), used.end(), axis.name) != used.end();
      if (known && axis.values.size() == 1) scenario.column_axis = axis.name;
    }
  }
}

PivotTable& table_for(std::vector<PivotTable>& tables, const ScenarioCases& scenario) {
  std::vector<std::string> values;
  for (const Axis& axis : scenario.axes) {
    if (axis.name == scenario.column_axis) values = axis.values;
  }
  for (PivotTable& table : tables) {
    if (table.axis != scenario.column_axis) continue;
    std::vector<std::string> all = table.values;
    for (const std::string& value : values) add_value(all, value);
    if (all.size() > kMaxColumns) continue;
    // Machines are many: scenarios that share none would make a table of holes.
    const bool shares = all.size() < table.values.size() + values.size();
    if (table.axis == "machine" && !shares) continue;
    table.values = all;
    return table;
  }
  if (scenario.column_axis.empty()) values = {""};
  return tables.emplace_back(PivotTable{scenario.column_axis, values, {}});
}

/// "debian-5.10" is in "laptop-8g@debian-5.10".
bool is_in_machine(const std::string& value, const std::optional<std::string>& machine) {
  if (!machine) return false;
  const std::size_t at = machine->find('@');
  return value == *machine || value == machine->substr(0, at) ||
         (at != std::string::npos && value == machine->substr(at + 1));
}

/// `machine`: stands beside the label.
std::string row_label(const CaseRecord& record, const std::string& column_axis,
                      const std::optional<std::string>& machine) {
  std::string label;
  for (const Parameter& parameter : record.parameters) {
    if (parameter.name == column_axis) continue;
    if (is_in_machine(parameter.value, machine)) continue;
    label += (label.empty() ? "" : ", ") + parameter.name + "=" + parameter.value;
  }
  return label;
}

PivotScenario rows_of(const ScenarioCases& scenario, const PivotTable& table) {
  PivotScenario result;
  result.first = scenario.cases.front();
  std::map<std::pair<std::optional<std::string>, std::string>, std::size_t> index;
  for (const CaseRecord* record : scenario.cases) {
    const std::optional<std::string> machine =
        scenario.by == PivotRows::machines ? record->machine : std::nullopt;
    const std::string label = row_label(*record, table.axis, machine);
    const auto [at, is_new] = index.try_emplace({machine, label}, result.rows.size());
    if (is_new) result.rows.push_back({machine, label, {}});
    auto& cells = result.rows[at->second].cells;
    cells.resize(table.values.size());
    const std::string value = table.axis.empty() ? "" : value_of(*record, table.axis);
    const auto column = std::find(table.values.begin(), table.values.end(), value);
    // A case without the axis (left out by an include) goes to the first column.
    const std::size_t at_column =
        column == table.values.end() ? 0 : static_cast<std::size_t>(column - table.values.begin());
    cells[at_column].push_back(record);
  }
  return result;
}

}  // namespace

std::vector<PivotTable> pivot(const std::vector<const CaseRecord*>& cases, PivotRows rows) {
  std::vector<ScenarioCases> scenarios = by_scenario(cases, rows);
  for (ScenarioCases& scenario : scenarios) scenario.column_axis = best_axis(scenario);
  adopt_axes(scenarios);
  std::vector<PivotTable> tables;
  std::vector<std::size_t> table_of(scenarios.size());
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    table_of[i] = static_cast<std::size_t>(&table_for(tables, scenarios[i]) - tables.data());
  }
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    PivotTable& table = tables[table_of[i]];
    table.scenarios.push_back(rows_of(scenarios[i], table));
  }
  for (PivotTable& table : tables) {
    for (PivotScenario& scenario : table.scenarios) {
      for (PivotRow& row : scenario.rows) row.cells.resize(table.values.size());
    }
  }
  // What the settings of the machine change comes first, then the calls, then what has no columns.
  std::stable_sort(tables.begin(), tables.end(), [](const PivotTable& x, const PivotTable& y) {
    if (x.axis.empty() != y.axis.empty()) return y.axis.empty();
    return preference(x.axis) < preference(y.axis);
  });
  return tables;
}

std::vector<PivotTable> pivot(const std::vector<CaseRecord>& cases) {
  std::vector<const CaseRecord*> all;
  for (const CaseRecord& record : cases) all.push_back(&record);
  return pivot(all, PivotRows::parameters);
}

std::vector<const CaseRecord*> on_several_machines(const std::vector<CaseRecord>& cases) {
  std::map<std::string, std::set<std::optional<std::string>>> places;
  for (const CaseRecord& record : cases) places[record.scenario].insert(record.machine);
  std::vector<const CaseRecord*> found;
  for (const CaseRecord& record : cases)
    if (places[record.scenario].size() > 1) found.push_back(&record);
  return found;
}

}  // namespace memqual
