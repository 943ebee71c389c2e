// SPDX-License-Identifier: Apache-2.0
// A question about the machine's memory on the command line as cases: no YAML. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/result.h"

namespace memqual {

/// The words of `memqual bandwidth`.
struct BandwidthQuestion {
  std::vector<std::string> operations;  ///< empty: all
  std::vector<std::uint32_t> threads;   ///< empty: 1, 2, 4 ... and all CPUs
  std::string size = "256 MiB";         ///< of one array
  std::uint32_t rounds = 5;             ///< 1..1000
  std::string pages = "huge";           ///< of the arrays: huge or base
};

/// One case for the whole machine and, where it has several NUMA nodes, one for each node with CPUs
/// and each node with memory: threads on these, arrays on those. `cpus`: that this process may use,
/// at least 1. Errors name the option and what it takes.
Result<std::vector<Case>> bandwidth_cases(const BandwidthQuestion& question, std::uint32_t cpus,
                                          const std::vector<NumaNodeFacts>& nodes);

}  // namespace memqual
