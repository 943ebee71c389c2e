// SPDX-License-Identifier: Apache-2.0
// Which rule refused a call, decided by what the kernel did and said, and only then held against
// what was predicted. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/model/attribution.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/observation.h"

namespace memqual {

/// The cause of `refusal`, which ended with `error`. Every rule that the kernel checks for this
/// call is asked, in the order of its checks (5.10 to 6.18; harness/child/probe.h says what each
/// probe separates): the first that refuses is the cause.
/// - A rule refuses by probes where the differential says so and the process's figures allow it; by
///   figures alone where an earlier rule hides it from the probes.
/// - Lines of `kernel_log` count where they are about this call and not about a probe. Without them
///   nothing is concluded: the log is limited in rate and often not readable.
/// - `facts` tell the overcommit mode and vm.max_map_count, as sampled with the case's settings.
/// Undecided (rule none) where every rule that could be asked would have granted it.
Attribution attribute(const Refusal& refusal, int error, const std::vector<std::string>& kernel_log,
                      const HostFacts& facts);

/// The same for a case, compared with its prediction. Nothing where the case was not refused, or
/// nothing was asked about it. A prediction that is uncertain, or whose rule is, or that expects
/// another ending, is not compared, unless it names the same rule.
std::optional<Attribution> attribute_case(const Observation& observation, const HostFacts& facts,
                                          const Prediction* prediction);

}  // namespace memqual
