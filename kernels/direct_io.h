// SPDX-License-Identifier: Apache-2.0
// How this system opens a file past the page cache.
#pragma once

#include <optional>

namespace memqual::kernels {

/// The flag for open(2); none where the system has no such flag.
std::optional<int> direct_open_flag();

}  // namespace memqual::kernels
