// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/decode_machine.h"

#include <boost/test/unit_test.hpp>

#include "scenarios/load/load.h"

using namespace memqual;

namespace {

Environment environment_of(const std::string& yaml) {
  const LoadResult result = load_scenario_text(
      "schema_version: 1\nname: t\nenvironment: " + yaml +
          "\nworkload: [{allocate: {name: a, size: 1 MiB}}]\nexpect: {outcome: completed}\n",
      "t.yaml");
  for (const Diagnostic& error : result.errors) BOOST_ERROR(to_string(error));
  BOOST_REQUIRE(result.cases.size() == 1U);
  return result.cases[0].environment;
}

using Numbers = std::vector<std::uint32_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(decode_machine)

BOOST_AUTO_TEST_CASE(a_policy_has_its_nodes_or_each_of_them) {
  const Environment bound = environment_of("{numa: {policy: bind, nodes: [0, 3]}}");
  BOOST_TEST((bound.numa.policy == NumaPolicy::bind));
  BOOST_TEST((bound.numa.nodes == Numbers{0, 3}));
  BOOST_TEST(environment_of("{numa: {policy: interleave, nodes: each}}").numa.each_node);
  BOOST_TEST((environment_of("{numa: {policy: default}}").numa.policy == NumaPolicy::default_));
  BOOST_TEST(!environment_of("{numa: default}").numa.any());
}

BOOST_AUTO_TEST_CASE(processors_are_a_list_or_a_node) {
  BOOST_TEST((environment_of("{cpus: [0, 2]}").cpus.cpus == Numbers{0, 2}));
  BOOST_TEST(environment_of("{cpus: node 12}").cpus.of_node.value() == 12U);
}

BOOST_AUTO_TEST_CASE(huge_pages_and_swap_have_a_short_and_a_long_form) {
  BOOST_TEST((environment_of("{thp: never}").machine_settings.thp == ThpMode::never));
  const MachineSettings all =
      environment_of(
          "{thp: {enabled: always, defrag: defer+madvise}, zswap: true, swappiness: 0,"
          " hugetlb: {pages: 4, size: 1 GiB, node: 1}, swap: {size: 1 GiB, on: zram}}")
          .machine_settings;
  BOOST_TEST((all.thp_defrag == ThpDefrag::defer_madvise));
  BOOST_TEST(all.hugetlb->pages == 4U);
  BOOST_TEST(all.hugetlb->node.value() == 1U);
  BOOST_TEST((all.swap->on == SwapOn::zram));
  BOOST_TEST(all.zswap.value());
  BOOST_TEST(all.swappiness.value() == 0U);
}

BOOST_AUTO_TEST_CASE(these_settings_change_the_machine_and_policies_do_not) {
  BOOST_TEST(is_machine_scope(environment_of("{max_map_count: 1000}")));
  BOOST_TEST(!is_machine_scope(environment_of("{numa: {policy: local}, cpus: [0]}")));
}

BOOST_AUTO_TEST_SUITE_END()
