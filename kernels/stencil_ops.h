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

/// Rows and columns around what is given as `x` exist as far as a neighbourhood reaches. No
/// overlap.
struct StencilOps {
  /// rows x n results; `x` is the input at the first of them, strides are in elements.
  template <class T>
  using Points = void (*)(const T* x, std::size_t x_stride, T* to, std::size_t to_stride,
                          std::size_t rows, std::size_t n, const StencilWeights& weights,
                          Store store);
  Points<double> five_f64;
  Points<float> five_f32;
  Points<double> nine_f64;
  Points<float> nine_f32;
  /// One row of n means over 2 * radius + 1 rows, the first of which is `top`, `stride` elements
  /// apart.
  template <class T>
  using Box = void (*)(const T* top, std::size_t stride, std::size_t radius, T* to, std::size_t n);
  Box<double> box_f64;
  Box<float> box_f32;
  /// to[c][r] = x[r][c] for elements of 8, 4, 2 and 1 bytes; strides in bytes.
  using Transpose = void (*)(const std::byte* x, std::size_t x_stride, std::byte* to,
                             std::size_t to_stride, std::size_t rows, std::size_t cols,
                             Store store);
  Transpose transpose_8, transpose_4, transpose_2, transpose_1;
};

/// The table for a target of built_targets(); null for any other.
const StencilOps* stencil_ops(Target target);

}  // namespace memqual::kernels
