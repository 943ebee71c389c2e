// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle_check/random_case.h"

#include <boost/test/unit_test.hpp>

#include "harness/oracle_check/case_yaml.h"
#include "scenarios/load/load.h"

using namespace memqual;
using namespace memqual::oracle_check;

namespace {

HostFacts host() {
  HostFacts facts;
  facts.page_size_bytes.set(4096, "test");
  facts.mem_total_bytes.set(24 * kGiB, "test");
  facts.swap_total_bytes.set(0, "test");
  return facts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(random_case_of_a_seed)

BOOST_AUTO_TEST_CASE(is_the_same_every_time) {
  const CaseOptions everything{true, true, true};
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    BOOST_TEST(to_yaml(random_case(seed, host(), everything)) ==
               to_yaml(random_case(seed, host(), everything)));
  BOOST_TEST(to_yaml(random_case(1, host(), everything)) !=
             to_yaml(random_case(2, host(), everything)));
}

BOOST_AUTO_TEST_CASE(changes_nothing_it_may_not_change) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Environment environment = random_case(seed, host(), {}).environment;
    BOOST_TEST(!environment.cgroup.any());
    BOOST_TEST(!environment.overcommit.any());
    BOOST_TEST(!environment.user.has_value());
  }
}

BOOST_AUTO_TEST_CASE(has_one_to_twelve_steps) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const std::size_t steps = random_case(seed, host(), {true, true, true}).workload.size();
    BOOST_TEST(steps >= 1U);
    BOOST_TEST(steps <= 12U);
  }
}

// As printed with a mismatch: the loader reads the same case back.
BOOST_AUTO_TEST_CASE(survives_being_written_and_loaded) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Case made = random_case(seed, host(), {true, true, true});
    const LoadResult loaded = load_scenario_text(to_yaml(made), "case.yaml");
    for (const Diagnostic& error : loaded.errors) BOOST_ERROR(to_string(error));
    BOOST_REQUIRE_EQUAL(loaded.cases.size(), 1U);
    BOOST_TEST((loaded.cases.front().workload == made.workload));
    BOOST_TEST((loaded.cases.front().environment.cgroup == made.environment.cgroup));
  }
}

BOOST_AUTO_TEST_SUITE_END()
