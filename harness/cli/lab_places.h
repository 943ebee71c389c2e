// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/lab/lab_executor.h"

namespace memqual {

/// Where the lab's kernels and files are on this host, and what guests may take of it beside the
/// budget of memory.
void add_lab_places(LabOptions& options);

}  // namespace memqual
