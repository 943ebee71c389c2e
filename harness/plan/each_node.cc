// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/each_node.h"

namespace memqual {

std::vector<Case> expand_each_node(const std::vector<Case>& cases, const HostFacts& facts) {
  std::vector<Case> expanded;
  expanded.reserve(cases.size());
  for (const Case& test_case : cases) {
    const std::size_t before = expanded.size();
    for (const NumaNodeFacts& node : facts.numa_nodes) {
      if (!test_case.environment.numa.each_node || node.memory_bytes == 0) continue;
      Case of_node = test_case;
      of_node.environment.numa.each_node = false;
      of_node.environment.numa.nodes = {node.id};
      of_node.parameters.push_back({"node", std::to_string(node.id)});
      set_identity(of_node);
      of_node.chosen_by = test_case.hash;
      expanded.push_back(std::move(of_node));
    }
    if (expanded.size() == before) expanded.push_back(test_case);
  }
  return expanded;
}

}  // namespace memqual
