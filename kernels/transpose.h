// SPDX-License-Identifier: Apache-2.0
// The transpose of an array or of a tile of it.
#pragma once

#include "kernels/kernels.h"
#include "kernels/result.h"
#include "kernels/view.h"

namespace memqual::kernels {

/// out[c][r] = x[r][c], any element; `out` has x's columns as rows and does not overlap it.
/// Streaming takes effect where out begins at a multiple of 64 bytes and its stride is one.
Status transpose(const Kernels& kernels, const ConstView& x, View out, Store store);

}  // namespace memqual::kernels
