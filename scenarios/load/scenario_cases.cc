// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/scenario_cases.h"

#include "scenarios/load/document.h"
#include "scenarios/load/matrix.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

/// Cells with errors after which a scenario is given up: the rest would say the same again.
constexpr std::size_t kMaxBadCells = 200;
constexpr char kTooLarge[] =
    "the cells of all scenarios together are too large; shorten the matrix or the workload";

class CellDecoder {
 public:
  CellDecoder(const NodePtr& scenario, const LoadLimits& limits, LoadBudget& budget)
      : scenario_(scenario), limits_(limits), budget_(budget) {
    checked_.resize(scenario_table().fields.size());
  }

  /// A case of one cell; its errors go to `findings`.
  Case decode(const std::vector<Parameter>& parameters, const Scope& scope, Findings& findings) {
    Case out;
    const Node* name = scenario_->find("name");
    out.scenario = name != nullptr ? name->text : std::string();
    out.origin = to_origin(name != nullptr ? name->mark : scenario_->mark);
    out.parameters = parameters;
    DecodeContext context{findings, dummy_lookup(parameters), &out.origins};
    std::uint64_t text_budget = limits_.file_bytes;
    std::uint64_t weight = 1;
    const auto& fields = scenario_table().fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const NodePtr raw = fields[i].decode ? scenario_->find_shared(fields[i].key) : nullptr;
      if (!raw) continue;
      const NodePtr value = substitute(raw, scope, text_budget, findings);
      weight += value->nodes + value->bytes / 16;
      if (!fits(*value, findings)) break;
      if (is_sound(i, value, findings)) {
        fields[i].decode(*value, out, context);
      } else if (fields[i].key == "workload") {
        check_workload_names(*value, findings);
      }
    }
    spend(weight, findings);
    set_identity(out);
    return out;
  }

 private:
  bool fits(const Node& value, Findings& findings) {
    if (value.nodes <= limits_.nodes) return true;
    findings.error(value.mark, "the values put into this scenario make more than " +
                                   std::to_string(limits_.nodes) + " values (limit: nodes)");
    return false;
  }

  void spend(std::uint64_t weight, Findings& findings) {
    if (weight <= budget_.weight) {
      budget_.weight -= weight;
      return;
    }
    budget_.weight = 0;
    findings.error(scenario_->mark, kTooLarge);
  }

  /// check(), but once for a value that all cells share. The last value is kept, so that a new one
  /// cannot have its address.
  bool is_sound(std::size_t field, const NodePtr& value, Findings& findings) {
    Checked& last = checked_[field];
    if (last.value == value) return last.sound;
    Findings own;
    check(*scenario_table().fields[field].shape, *value, scenario_table().fields[field].key, own);
    for (const Diagnostic& error : own.errors()) findings.error(error.origin, error.message);
    // A reference that is still there has failed, and its error is known.
    last = Checked{value, own.error_count() == 0 && !value->has_reference};
    return last.sound;
  }

  struct Checked {
    NodePtr value;
    bool sound = false;
  };
  const NodePtr& scenario_;
  const LoadLimits& limits_;
  LoadBudget& budget_;
  std::vector<Checked> checked_;
};

/// Sets the scope to a cell and returns its parameters.
std::vector<Parameter> enter_cell(const Matrix& matrix, const Cell& cell, Scope& scope) {
  std::vector<Parameter> parameters;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const Axis& axis = matrix.axes[i];
    const AxisValue& value = axis.values[cell[i]];
    parameters.push_back(Parameter{axis.name, value.text});
    scope.set(axis.name, value.value);
  }
  return parameters;
}

/// The matrix with variables put in; nullptr where there is none or it is not usable.
NodePtr usable_matrix(const NodePtr& raw, const Scope& variables, const LoadLimits& limits,
                      Findings& findings) {
  const std::size_t before = findings.error_count();
  std::uint64_t text_budget = limits.file_bytes;
  NodePtr matrix = substitute(raw, variables, text_budget, findings);
  Findings own;
  check(*matrix_shape(), *matrix, "matrix", own);
  for (const Diagnostic& error : own.errors()) findings.error(error.origin, error.message);
  if (own.error_count() > 0 || findings.error_count() > before) return nullptr;
  return matrix;
}

}  // namespace

std::vector<Case> scenario_cases(const NodePtr& scenario, const Scope& variables,
                                 const LoadLimits& limits, LoadBudget& budget,
                                 const std::string& label, Findings& findings) {
  for (const KeyShape& key : whole_scenario_shape().keys) {
    if (key.required != Required::no && scenario->find_entry(key.key) == nullptr) {
      missing_key(*scenario, key, label, findings);
    }
  }
  NodePtr matrix_node;
  if (const NodePtr raw = scenario->find_shared("matrix")) {
    matrix_node = usable_matrix(raw, variables, limits, findings);
    if (!matrix_node) return {};
  }
  const Matrix matrix = expand_matrix(matrix_node.get(), variables.names(), limits, findings);
  if (matrix.cells.size() > budget.cases) {
    findings.error(scenario->mark, "there are more than " + std::to_string(limits.cases) +
                                       " cases in all files (limit: cases)");
    return {};
  }
  budget.cases -= matrix.cells.size();
  // Before the work and the memory, as far as it can be told without putting values in.
  const std::uint64_t weight = scenario->nodes + scenario->bytes / 16;
  if (!matrix.cells.empty() && weight > budget.weight / matrix.cells.size()) {
    findings.error(scenario->mark, kTooLarge);
    return {};
  }
  std::vector<Case> cases;
  cases.reserve(matrix.cells.size());
  Scope scope = variables;
  CellDecoder decoder(scenario, limits, budget);
  std::size_t bad_cells = 0;
  for (const Cell& cell : matrix.cells) {
    Findings own;
    const std::vector<Parameter> parameters = enter_cell(matrix, cell, scope);
    cases.push_back(decoder.decode(parameters, scope, own));
    for (const Diagnostic& error : own.errors()) findings.error(error.origin, error.message);
    if (own.error_count() > 0 && ++bad_cells >= kMaxBadCells) break;
    if (budget.weight == 0) break;
  }
  return cases;
}

}  // namespace memqual
