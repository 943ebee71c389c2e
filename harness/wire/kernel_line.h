// SPDX-License-Identifier: Apache-2.0
// The line in which a case says what a kernel step did.
#pragma once

#include "harness/wire/line.h"
#include "scenarios/model/observation.h"

namespace memqual::wire {

/// Figures that are not there, or are no numbers, are 0 or absent; the throughput is computed.
KernelReport read_kernel(const Line& line);

}  // namespace memqual::wire
