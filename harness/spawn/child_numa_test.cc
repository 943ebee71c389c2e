// SPDX-License-Identifier: Apache-2.0
// Processors, memory policy and user namespace, seen from inside by a command; and where pages lie.
#include <filesystem>

#include "harness/spawn/testing.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

// Node 0 has memory on every machine that has nodes and is not built to test something else.
bool has_node_0() { return std::filesystem::exists("/sys/devices/system/node/node0/meminfo"); }

bool skipped_without_nodes() {
  if (!has_node_0()) std::cout << "SKIPPED: this kernel shows no NUMA nodes\n";
  return !has_node_0();
}

ChildSetup with_policy(NumaPolicy policy, std::vector<std::uint32_t> nodes = {}) {
  ChildSetup setup;
  setup.numa_policy = policy;
  setup.numa_nodes = std::move(nodes);
  return setup;
}

Seen placed(const ChildSetup& setup, std::vector<std::uint32_t> nodes,
            std::vector<WorkloadStep> before = {allocate("a", "4 MiB"), touch("a")}) {
  ChildLauncher launcher = start_launcher();
  before.push_back(step(Placement{"a", std::move(nodes), false, false}));
  return run_program(launcher, {setup, before});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child_numa)

BOOST_AUTO_TEST_CASE(a_policy_is_inherited_by_what_the_case_starts) {
  if (skipped_without_nodes()) return;
  struct Row {
    ChildSetup setup;
    const char* text;
  };
  for (const Row& row : {Row{with_policy(NumaPolicy::bind, {0}), "bind:0"},
                         Row{with_policy(NumaPolicy::preferred, {0}), "prefer:0"},
                         Row{with_policy(NumaPolicy::interleave, {0}), "interleave:0"},
                         Row{with_policy(NumaPolicy::local), "local"},
                         Row{with_policy(NumaPolicy::default_), "default"}}) {
    const Seen seen = run_shell("grep heap /proc/self/numa_maps", {}, row.setup);
    BOOST_TEST(contains(seen.step(0).output, row.text), seen.step(0).output);
  }
}

BOOST_AUTO_TEST_CASE(processors_are_those_that_were_named) {
  ChildSetup setup;
  setup.cpus = {0};
  const Seen seen = run_shell("grep Cpus_allowed_list /proc/self/status", {}, setup);
  BOOST_TEST(contains(seen.step(0).output, ":\t0\n"), seen.step(0).output);
}

BOOST_AUTO_TEST_CASE(a_node_that_is_not_there_is_no_verdict) {
  ChildLauncher launcher = start_launcher();
  const Seen seen = run_program(launcher, {with_policy(NumaPolicy::bind, {1000}), {touch("a")}});
  BOOST_TEST(contains(seen.trouble(), "NUMA policy to bind 1000"), seen.trouble());
}

BOOST_AUTO_TEST_CASE(every_touched_page_is_found_on_its_node) {
  if (skipped_without_nodes()) return;
  const Seen seen = placed(with_policy(NumaPolicy::bind, {0}), {0});
  BOOST_TEST(seen.ending() == "completed");
  const StepReport& step = seen.step(2);
  BOOST_REQUIRE(step.placed.size() == 1U);
  BOOST_TEST(step.placed[0].node == 0U);
  BOOST_TEST(step.placed[0].pages == 4 * kMiB / 4096);
  BOOST_TEST(step.absent_pages.value() == 0U);
}

BOOST_AUTO_TEST_CASE(untouched_pages_are_absent) {
  if (skipped_without_nodes()) return;
  const Seen seen = placed({}, {5}, {allocate("a", "4 MiB"), touch("a", 1.0, Access::read)});
  BOOST_TEST(seen.ending() == "completed");
  BOOST_TEST(seen.step(2).placed.empty());
  BOOST_TEST(seen.step(2).absent_pages.value() == 4 * kMiB / 4096);
}

BOOST_AUTO_TEST_CASE(a_page_elsewhere_is_misplaced_also_in_a_copy) {
  if (skipped_without_nodes()) return;
  const Seen seen = placed(with_policy(NumaPolicy::bind, {0}), {1, 2});
  BOOST_TEST((seen.outcome() == OutcomeKind::misplaced), seen.ending());
  BOOST_TEST(contains(seen.observation().ending.evidence, "1024 of 1024 pages of a on node 0"));
  ChildLauncher launcher = start_launcher();
  const WorkloadStep where = step(Placement{"a", {1}, false, false});
  const Seen copy =
      run_workload(launcher, {allocate("a", "4 MiB"), step(Fork{1, {touch("a"), where}})});
  BOOST_TEST((copy.outcome() == OutcomeKind::misplaced), copy.ending());
}

BOOST_AUTO_TEST_CASE(root_of_a_namespace_is_nobody_outside) {
  ChildSetup setup;
  setup.namespace_root = true;
  const Seen seen = run_shell("id -u; cat /proc/self/uid_map", {}, setup);
  if (seen.result.unsupported) {
    std::cout << "SKIPPED: no user namespace can be made here\n";
    return;
  }
  BOOST_TEST(contains(seen.step(0).output, "0\n"));
  BOOST_TEST(contains(seen.step(0).output, " 1\n"), seen.step(0).output);
}

BOOST_AUTO_TEST_SUITE_END()
