// SPDX-License-Identifier: Apache-2.0
// Whether a kernel step was fast enough, held against what the machine gave around it. Pure.
#pragma once

#include "scenarios/model/case.h"
#include "scenarios/model/run_record.h"

namespace memqual {

/// Adds the check of `expect.throughput` to an attempt that was judged in all else, and its
/// consequence for the verdict. A miss against a limit that is doubted is ERROR, inconclusive:
/// neither the case nor the machine can be blamed. Less than half of what is demanded is a miss
/// all the same: no doubt explains that. Changes nothing where the case expects no
/// throughput, or where nothing was observed.
void judge_throughput(const Case& test_case, Attempt& attempt);

}  // namespace memqual
