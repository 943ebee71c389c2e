// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu_nodes.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace memqual::kernels;

namespace {

using Cpus = std::vector<unsigned>;

}  // namespace

BOOST_AUTO_TEST_SUITE(cpu_nodes)

BOOST_AUTO_TEST_CASE(lists_are_read_as_linux_writes_them) {
  const std::pair<std::string, Cpus> cases[] = {{"0", {0}},
                                                {"0-3,8", {0, 1, 2, 3, 8}},
                                                {"2,5-6", {2, 5, 6}},
                                                {"", {}},
                                                {"x", {}},
                                                {"3-1", {}},
                                                {"1,1", {}},
                                                {"1,", {}},
                                                {"0-", {}},
                                                {"0-3 ", {}},
                                                {"-1", {}},
                                                {"0-99999999", {}},
                                                {"4294967296", {}}};
  for (const auto& [text, expected] : cases) BOOST_TEST_CONTEXT(text) {
      BOOST_TEST((read_cpu_list(text) == expected));
    }
}

BOOST_AUTO_TEST_CASE(neighbouring_workers_share_a_node) {
  const std::vector<Cpus> nodes = {{0, 1, 2, 3}, {4, 5, 6, 7}};
  const Cpus all = {0, 1, 2, 3, 4, 5, 6, 7};
  BOOST_TEST((spread_over_nodes(nodes, all, 4) == Cpus{0, 1, 4, 5}));
  BOOST_TEST((spread_over_nodes(nodes, all, 5) == Cpus{0, 1, 2, 4, 5}));
  BOOST_TEST((spread_over_nodes(nodes, all, 1) == Cpus{0}));
}

BOOST_AUTO_TEST_CASE(more_workers_than_cpus_go_round_within_their_node) {
  BOOST_TEST((spread_over_nodes({{0}, {1, 2}}, {0, 1, 2}, 6) == Cpus{0, 0, 0, 1, 2, 1}));
}

BOOST_AUTO_TEST_CASE(only_cpus_that_may_be_used_are_given) {
  // Node 1 has memory and no CPU, node 2 none that is ours.
  const std::vector<Cpus> nodes = {{0, 2}, {}, {4}, {1, 3}};
  BOOST_TEST((spread_over_nodes(nodes, {0, 1, 3}, 4) == Cpus{0, 0, 1, 3}));
}

BOOST_AUTO_TEST_CASE(one_node_changes_nothing) {
  BOOST_TEST((spread_over_nodes({{0, 1}}, {0, 1}, 4) == Cpus{0, 1}));
  BOOST_TEST((spread_over_nodes({}, {0, 1}, 4) == Cpus{0, 1}));
  BOOST_TEST((spread_over_nodes({{0, 1}, {2, 3}}, {2, 3}, 4) == Cpus{2, 3}));
}

BOOST_AUTO_TEST_SUITE_END()
