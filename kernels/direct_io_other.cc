// SPDX-License-Identifier: Apache-2.0
#include "kernels/direct_io.h"

namespace memqual::kernels {

std::optional<int> direct_open_flag() { return std::nullopt; }

}  // namespace memqual::kernels
