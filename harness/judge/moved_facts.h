// SPDX-License-Identifier: Apache-2.0
// A machine that changes while a case runs: balloon, memory hotplug, swapoff, a limit or a setting
// that somebody writes. Pure.
#pragma once

#include "harness/oracle/oracle.h"

namespace memqual {

/// `situation` is what `prediction` was made with, `after` are the facts when the case had ended.
/// Where a deciding fact (memory, swap, cgroup limit, overcommit settings) is another one and the
/// oracle would answer otherwise with it, says so in `prediction.moved`.
void note_moved_facts(Prediction& prediction, const oracle::Situation& situation,
                      const std::vector<WorkloadStep>& workload, const HostFacts& after);

}  // namespace memqual
