// SPDX-License-Identifier: Apache-2.0
// Cases + what the host is -> which run, which do not and why, in what company. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/verdict.h"

namespace memqual {

struct PlannedCase {
  Case test_case;
  /// SKIP, UNSUPPORTED or ERROR where the case is not run: reason, and the command that unlocks it.
  std::optional<Verdict> not_run;
  /// Where it runs: cases of one place follow one another on a worker. Empty: anywhere.
  std::string place;
  /// Of the command line, behind the command that repeats the case: " --kernel /boot/mine".
  std::string repeat_options;
  /// Changes a system-wide setting: nothing else may run beside it.
  bool exclusive = false;
  /// Memory it may make resident: its own need or its cgroup limit, whichever is less.
  std::uint64_t memory_need_bytes = 0;
  /// A cgroup within the budget holds it, so the memory guard need not watch.
  bool confined = false;
};

struct PlanOptions {
  bool allow_system_changes = false;
  std::uint64_t memory_budget_bytes = 0;  ///< see default_memory_budget
};

/// In the order of `cases`; `nodes: each` becomes a case for every node (expand_each_node).
std::vector<PlannedCase> make_plan(const std::vector<Case>& cases, const HostFacts& facts,
                                   const PlanOptions& options);

/// Available memory (the cgroup's where that is less) minus reserve_bytes().
std::uint64_t default_memory_budget(const HostFacts& facts);

/// What is left to the host whatever the cases do: a tenth of RAM (of the cgroup's limit where that
/// is less), at least 256 MiB or a quarter of it, at most 4 GiB.
std::uint64_t reserve_bytes(const HostFacts& facts);

/// True where `settings` would change what `facts` show.
bool changes_system(const OvercommitSettings& settings, const HostFacts& facts);
/// The same of every system-wide setting of `environment`.
bool changes_system(const Environment& environment, const HostFacts& facts);

}  // namespace memqual
