// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "scenarios/load/node.h"
#include "scenarios/load/substitute.h"
#include "scenarios/model/case.h"

namespace memqual {

/// What one load may still make. Counted down over all scenarios.
struct LoadBudget {
  std::uint64_t cases = 0;
  /// Values and text of all cells together: a wide matrix times a long workload.
  std::uint64_t weight = 0;
};

/// The cases of one scenario: matrix, "${}", decoding. `scenario` has its templates and defaults
/// merged in and no vars left; `label` names it in messages; `variables` is what "${}" may name
/// beside the axes. Errors that many cells share are reported once.
std::vector<Case> scenario_cases(const NodePtr& scenario, const Scope& variables,
                                 const LoadLimits& limits, LoadBudget& budget,
                                 const std::string& label, Findings& findings);

}  // namespace memqual
