// SPDX-License-Identifier: Apache-2.0
// On which processors this process runs, and from which NUMA nodes its pages come.
#pragma once

#include <optional>

#include "harness/child/apply_setup.h"
#include "scenarios/model/child_setup.h"

namespace memqual::child {

/// sched_setaffinity(2) and set_mempolicy(2), each read back. What they name was computed by the
/// harness from the topology; here are only system calls. Inherited by forked and started
/// processes. ENOSYS: the kernel knows no NUMA.
std::optional<SetupProblem> apply_numa(const ChildSetup& setup);

}  // namespace memqual::child
