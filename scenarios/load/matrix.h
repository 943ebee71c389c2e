// SPDX-License-Identifier: Apache-2.0
// The cells of a scenario's matrix.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/load/node.h"
#include "scenarios/load/shape.h"

namespace memqual {

struct AxisValue {
  std::string text;  ///< in ids and for exclude; unique on its axis
  NodePtr value;     ///< what "${axis}" stands for
};

struct Axis {
  std::string name;
  std::vector<AxisValue> values;
  std::size_t product_size = 0;  ///< the values behind it came with `include`
};

/// An index into the values of each axis.
using Cell = std::vector<std::uint32_t>;

struct Matrix {
  std::vector<Axis> axes;
  std::vector<Cell> cells;  ///< one empty cell where there is no matrix
};

ShapePtr matrix_shape();

/// `matrix` has passed the check of matrix_shape(); nullptr: no matrix. `variables`: names that an
/// axis may not have. The first axis changes slowest.
Matrix expand_matrix(const Node* matrix, const std::vector<std::string>& variables,
                     const LoadLimits& limits, Findings& findings);

/// Rows in which every pair of values of two axes meets, but those that only meet in excluded rows.
/// Greedy and deterministic. `sizes`: values of each axis; `excluded`: of a row in which some axes
/// may be open (kOpen).
inline constexpr std::uint32_t kOpen = UINT32_MAX;
std::vector<Cell> pairwise_cells(const std::vector<std::size_t>& sizes,
                                 const std::vector<Cell>& excludes);
/// True where a row, open axes left aside, has all values that one of the excludes names.
bool is_excluded(const Cell& row, const std::vector<Cell>& excludes);

}  // namespace memqual
