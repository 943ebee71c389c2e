// SPDX-License-Identifier: Apache-2.0
// `nodes: each`: an axis whose values only the host knows.
#pragma once

#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/host_facts.h"

namespace memqual {

/// Every case whose NUMA policy says `each` becomes one case for every node with memory, with the
/// node as a parameter of its own (`[node=1]`); others stay. Where the host names no such node the
/// case stays as it is, and the plan says why it does not run. In the order of `cases`. Pure.
std::vector<Case> expand_each_node(const std::vector<Case>& cases, const HostFacts& facts);

}  // namespace memqual
