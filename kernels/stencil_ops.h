// SPDX-License-Identifier: Apache-2.0
// The innermost loops of stencils and of the transpose: one table of functions per target.
#pragma once

#include <cstddef>

#include "kernels/elementwise_ops.h"
#include "kernels/target.h"

namespace memqual::kernels {

/// What a 3x3 neighbourhood is multiplied with.
struct StencilWeights {
  double centre = 0;
  double side = 0;    ///< left, right, above, below
  double corner = 0;  ///< the four diagonal neighbours; 9-point only
};

/// One row of the result: n elements. `above`, `here` and `below` are the rows of the input at the
/// same column; elements -1 and n of each exist. No overlap.
struct StencilOps {
  void (*five_f64)(const double* above, const double* here, const double* below, double* to,
                   std::size_t n, const StencilWeights& weights, Store store);
  void (*five_f32)(const float* above, const float* here, const float* below, float* to,
                   std::size_t n, const StencilWeights& weights, Store store);
  void (*nine_f64)(const double* above, const double* here, const double* below, double* to,
                   std::size_t n, const StencilWeights& weights, Store store);
  void (*nine_f32)(const float* above, const float* here, const float* below, float* to,
                   std::size_t n, const StencilWeights& weights, Store store);
  /// Mean over 2 * radius + 1 rows, the first of which is `top`, `stride` elements apart; elements
  /// -radius to n + radius - 1 of each exist.
  void (*box_f64)(const double* top, std::size_t stride, std::size_t radius, double* to,
                  std::size_t n);
  void (*box_f32)(const float* top, std::size_t stride, std::size_t radius, float* to,
                  std::size_t n);
  /// to[c][r] = x[r][c] for elements of 8, 4, 2 and 1 bytes; strides in bytes.
  using Transpose = void (*)(const std::byte* x, std::size_t x_stride, std::byte* to,
                             std::size_t to_stride, std::size_t rows, std::size_t cols,
                             Store store);
  Transpose transpose_8, transpose_4, transpose_2, transpose_1;
};

/// The table for a target of built_targets(); null for any other.
const StencilOps* stencil_ops(Target target);

}  // namespace memqual::kernels
