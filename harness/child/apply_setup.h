// SPDX-License-Identifier: Apache-2.0
// Settings that a process can only give itself.
#pragma once

#include <optional>
#include <string>

#include "harness/child/self_stats.h"
#include "scenarios/model/child_setup.h"

namespace memqual::child {

/// A setting that could not be made, or does not read back as it was made.
struct SetupProblem {
  std::string what;  ///< "RLIMIT_AS to 1048576"
  int error = 0;     ///< errno; 0: it was accepted but reads back differently
};

/// First: process group, death with the launcher, OOM score. The OOM score makes this process the
/// kernel's first choice before it owns anything.
std::optional<SetupProblem> apply_identity(const ChildSetup& setup);

/// Of this process, verified.
std::optional<SetupProblem> apply_oom_score(int adj);

/// Before a fresh image: address-space randomisation and stack limit, which shape the next image.
std::optional<SetupProblem> apply_before_exec(const ChildSetup& setup);

/// Last before the workload: variables, processors and memory policy, the remaining rlimits, user,
/// user namespace, and those rlimits that leave
/// so much beyond what the process has then, by `stats`. Each is verified.
std::optional<SetupProblem> apply_limits(const ChildSetup& setup, const SelfStats& stats);

}  // namespace memqual::child
