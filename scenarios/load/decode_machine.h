// SPDX-License-Identifier: Apache-2.0
// The keys of `environment` that are about the machine: NUMA, processors, and system-wide memory
// settings beyond overcommit.
#pragma once

#include <cstdint>
#include <vector>

#include "scenarios/load/table.h"

namespace memqual {

/// max_map_count, swappiness, thp, hugetlb, swap, zswap.
std::vector<Field<Environment>> machine_setting_fields();
/// numa, cpus.
std::vector<Field<Environment>> placement_fields();

/// A list of NUMA nodes, at least one.
ShapePtr nodes_shape();
std::vector<std::uint32_t> decode_nodes(const Node& node);

}  // namespace memqual
