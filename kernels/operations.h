// SPDX-License-Identifier: Apache-2.0
// Operations that make each element of the result from the elements at the same place. Results are
// the same bits on every target and for every way of cutting the arrays, but for the payload of a
// NaN that comes from two of them.
//
// Shapes must agree; each input is the result itself or does not overlap it; data is aligned for
// its element. What breaks this, and an element that an operation has no meaning for, is an Error;
// then nothing was written. Arithmetic on float16 and bfloat16 is done in float32 and rounded once
// at the end. float32 and float64 are rounded after each multiplication and addition, as NumPy
// does; int32 wraps around.
#pragma once

#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/result.h"
#include "kernels/view.h"

namespace memqual::kernels {

/// Any element. The value is rounded to the element; integers must be able to hold it.
Status fill(const Kernels& kernels, View out, double value, Store store);

/// Any element: floating ones uniform in [0, 1), integers uniform over their range. random.h says
/// which word makes which element; `at` is where `out` lies in the whole array.
Status fill_random(const Kernels& kernels, View out, std::uint64_t seed, Position at, Store store);

/// Any element, the same on both sides.
Status copy(const Kernels& kernels, ConstView x, View out, Store store);

/// Floating elements. Correctly rounded: the bits of IEEE 754.
Status sqrt(const Kernels& kernels, ConstView x, View out, Store store);

/// a * x + b. Floating elements and int32, for which a and b must be whole numbers of its range.
Status scale_offset(const Kernels& kernels, ConstView x, View out, double a, double b, Store store);

/// x + a * y. Elements as for scale_offset.
Status triad(const Kernels& kernels, ConstView x, ConstView y, View out, double a, Store store);

/// float32 to float16 or bfloat16 (to nearest, ties to even; NaN becomes quiet), and back.
Status convert(const Kernels& kernels, ConstView x, View out, Store store);

}  // namespace memqual::kernels
