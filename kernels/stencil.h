// SPDX-License-Identifier: Apache-2.0
// Operations whose result at one place depends on the neighbours there: stencils and the box blur.
// A tile of the result has the same bits as that part of the whole result, but for the payload of a
// NaN.
#pragma once

#include <cstddef>
#include <variant>

#include "kernels/kernels.h"
#include "kernels/result.h"
#include "kernels/tiling.h"
#include "kernels/view.h"

namespace memqual::kernels {

/// What lies beyond the edge of an array of n rows (or columns).
enum class Boundary {
  clamp,     ///< index -1 is 0: the edge goes on
  reflect,   ///< index -1 is 1: mirrored at the edge's own element; n > halo
  wrap,      ///< index -1 is n - 1
  constant,  ///< Edge::value
};

struct Edge {
  Boundary boundary = Boundary::clamp;
  double value = 0;  ///< Boundary::constant only; rounded to the element
};

/// centre * x + side * ((above + below) + (left + right))
struct FivePoint {
  StencilWeights weights;
};
/// FivePoint, and + corner * ((upper left + upper right) + (lower left + lower right))
struct NinePoint {
  StencilWeights weights;
};
/// Mean over a square of 2 * radius + 1: columns are summed from above, then neighbours from the
/// left, then the sum is multiplied by 1 / count. radius <= kMaxBoxRadius.
struct BoxBlur {
  std::size_t radius = 1;
};
inline constexpr std::size_t kMaxBoxRadius = 500;

using Neighbourhood = std::variant<FivePoint, NinePoint, BoxBlur>;

/// Rows and columns of neighbours that it needs on each side.
std::size_t halo_of(const Neighbourhood& neighbourhood);

/// Copies `rect` of `array`, widened by `halo` on each side, into `out` of (rows + 2 halo) x
/// (cols + 2 halo) elements; what lies outside the array comes from `edge`.
Status pad(const ConstView& array, const Rect& rect, std::size_t halo, const Edge& edge, View out);

/// `padded` has the halo around what becomes `out`. float64 and float32 only; no overlap; each
/// multiplication and addition is rounded.
Status apply_padded(const Kernels& kernels, const Neighbourhood& neighbourhood,
                    const ConstView& padded, View out, Store store);

/// The part `rect` of the result over the whole of `array`, into `out` of rect's size. Only strips
/// along the array's edges are copied; needs up to 3 * halo rows of temporary memory for them.
Status apply(const Kernels& kernels, const Neighbourhood& neighbourhood, const ConstView& array,
             const Rect& rect, const Edge& edge, View out, Store store);

}  // namespace memqual::kernels
