// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include "kernels/direct_io.h"

namespace memqual::kernels {

std::optional<int> direct_open_flag() { return O_DIRECT; }

}  // namespace memqual::kernels
