// SPDX-License-Identifier: Apache-2.0
// The keys of a file and of a scenario.
#pragma once

#include "scenarios/load/shape.h"
#include "scenarios/load/table.h"
#include "scenarios/model/case.h"

namespace memqual {

/// Decoders of the keys of a scenario, in an order in which later ones may use earlier ones.
const Table<Case>& scenario_table();

/// A file that is one scenario, and a file that holds a list of them.
const DocumentShapes& document_shapes();
/// Which of the two a file is.
bool is_single(const Node& root);
/// A scenario with everything merged in.
const Shape& whole_scenario_shape();

/// Type dummies of every fact and the parameters of a cell.
ExprLookup dummy_lookup(const std::vector<Parameter>& parameters);

}  // namespace memqual
