// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/each_node.h"

#include <boost/test/unit_test.hpp>

#include "harness/run/run.h"

using namespace memqual;

namespace {

HostFacts nodes(std::vector<NumaNodeFacts> list) {
  HostFacts facts;
  facts.numa_nodes = std::move(list);
  return facts;
}

Case bound(bool each) {
  Case test_case;
  test_case.scenario = "bound";
  test_case.environment.numa.policy = NumaPolicy::bind;
  test_case.environment.numa.each_node = each;
  if (!each) test_case.environment.numa.nodes = {0};
  set_identity(test_case);
  return test_case;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(each_node)

BOOST_AUTO_TEST_CASE(a_case_for_each_node_with_memory_and_others_as_they_are) {
  const HostFacts facts = nodes({{0, kGiB, 0}, {1, 0, 0}, {2, kGiB, 0}});
  const auto cases = expand_each_node({bound(false), bound(true)}, facts);
  BOOST_REQUIRE(cases.size() == 3U);
  BOOST_TEST(cases[0].id == bound(false).id);
  BOOST_TEST(cases[1].id.starts_with("bound[node=0]-"));
  BOOST_TEST(cases[2].id.starts_with("bound[node=2]-"));
  BOOST_TEST((cases[2].environment.numa.nodes == std::vector<std::uint32_t>{2}));
  BOOST_TEST(cases[1].hash != cases[2].hash);
}

BOOST_AUTO_TEST_CASE(it_is_repeated_by_the_case_that_it_was_made_of) {
  const auto cases = expand_each_node({bound(true)}, nodes({{0, kGiB, 0}}));
  BOOST_TEST(repeat_command(cases.front()).ends_with("-n " + bound(true).hash));
}

BOOST_AUTO_TEST_CASE(a_host_that_names_no_nodes_leaves_it) {
  const auto cases = expand_each_node({bound(true)}, nodes({}));
  BOOST_REQUIRE(cases.size() == 1U);
  BOOST_TEST(cases[0].environment.numa.each_node);
}

BOOST_AUTO_TEST_SUITE_END()
