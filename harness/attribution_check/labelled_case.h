// SPDX-License-Identifier: Apache-2.0
// Refusals whose cause is known because they were made that way: one limit set and all others far
// away, or two that would both refuse, where the kernel's order of checks decides. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/prediction.h"

namespace memqual::attribution_check {

/// Blocks that fill_step() asks for at first: more than vm.max_map_count allows.
inline constexpr const char* kFill = "fill";

struct LabelledCase {
  Case test_case;
  LimitingRule cause = LimitingRule::none;
  std::string what;  ///< "RLIMIT_AS before RLIMIT_DATA, calloc"
  /// The workload's `fill` is to be cut to as many blocks as are granted, so that the next step
  /// meets a process with every mapping that it may have.
  bool needs_fill = false;
};

struct LabelOptions {
  std::uint64_t seed = 1;
  std::uint64_t cases = 200;
  bool system_changes = false;  ///< some cases set an overcommit mode
};

/// The same for the same facts and options. Kinds of refusals take turns, so that every kind that
/// this host can show is there; those that fill the table of mappings are rarer, being slow. The
/// host's overcommit mode has to be 0, or the options allow to set it.
std::vector<LabelledCase> labelled_cases(const LabelOptions& options, const HostFacts& facts);

/// The step named kFill; nullptr where there is none.
Allocate* fill_step(Case& test_case);

}  // namespace memqual::attribution_check
