// SPDX-License-Identifier: Apache-2.0
// Which CPU each worker of a pool gets where memory has several nodes. The topology comes from
// whoever knows it, as plain values.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace memqual::kernels {

/// "0-3,8" as Linux writes it: ascending, without repetition. Empty where it is not such a list.
std::vector<unsigned> read_cpu_list(std::string_view text);

/// CPUs for ThreadPool, one for each of `threads` workers. Neighbouring workers, who get
/// neighbouring tiles, share a node, and every node that has `usable` CPUs gets as many workers as
/// the others: what a worker touches first then lies beside it, and it comes back to the same
/// tiles. `usable` as it is where there are not two such nodes.
std::vector<unsigned> spread_over_nodes(const std::vector<std::vector<unsigned>>& nodes,
                                        const std::vector<unsigned>& usable, std::size_t threads);

}  // namespace memqual::kernels
