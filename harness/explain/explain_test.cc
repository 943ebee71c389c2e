// SPDX-License-Identifier: Apache-2.0
#include "harness/explain/explain.h"

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

/// The lines of a text with runs of blanks made one, so that tests do not count columns.
std::vector<std::string> lines_of(const std::string& text) {
  BOOST_TEST((text.empty() || text.back() == '\n'));
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::string squeezed;
    for (std::string word; words >> word;) squeezed += (squeezed.empty() ? "" : " ") + word;
    lines.push_back(squeezed);
  }
  return lines;
}

bool has_line(const std::string& text, const std::string& wanted) {
  for (const std::string& line : lines_of(text))
    if (line == wanted) return true;
  BOOST_TEST_MESSAGE("no line \"" << wanted << "\" in:\n" << text);
  return false;
}

/// A case with a word in every place that `explain` shows.
Case zeros() {
  Environment environment;
  environment.overcommit.memory = OvercommitMode::never;
  environment.overcommit.ratio = 80;
  Case test_case =
      make_case("zeros", {allocate("a", "50% of mem_total"), touch("a", 0.5)}, environment);
  test_case.summary = "Half the memory, half touched";
  test_case.source = "a talk";
  test_case.expect = expect_outcome({{OutcomeKind::refused, {}}});
  test_case.timeout_ms = 90000;
  test_case.origins = {{"environment.overcommit.memory", {"suite/zeros.yaml", 12, 5}},
                       {"environment.overcommit.ratio", {"suite/base.yaml", 3, 9}}};
  return test_case;
}

PlannedCase planned(const Case& test_case, const HostFacts& facts, bool allowed = true) {
  return make_plan({test_case}, facts, {allowed, 4 * kGiB}).at(0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(explain)

BOOST_AUTO_TEST_CASE(a_case_is_told_with_the_place_of_every_setting) {
  const std::string text = explain_case(planned(zeros(), laptop_as_root()), laptop_as_root());
  for (const std::string& line :
       {zeros().id, std::string("Half the memory, half touched"), std::string("source a talk"),
        std::string("written in suite/zeros.yaml:7:1"),
        std::string("setting vm.overcommit_memory = 2 (never)"),
        std::string("from environment.overcommit.memory suite/zeros.yaml:12:5"),
        std::string("from environment.overcommit.ratio suite/base.yaml:3:9"),
        std::string("step allocate a: 50% of mem_total, mmap"),
        std::string("here 50% of mem_total = 4 GiB (4294967296 B)"),
        std::string("expected refused"), std::string("timeout 1m30s"),
        std::string("resident at most 2 GiB"),
        std::string("changes /proc/sys/vm/overcommit_memory: 0 -> 2, restored after the case"),
        std::string("changes /proc/sys/vm/overcommit_ratio: 50 -> 80, restored after the case"),
        std::string("here runs, alone, because it changes the whole machine")})
    BOOST_TEST(has_line(text, line), line);
  BOOST_TEST(contains(text, "memqual run suite/zeros.yaml -n " + zeros().hash));
}

BOOST_AUTO_TEST_CASE(a_setting_that_the_host_has_is_no_change) {
  HostFacts facts = laptop_as_root();
  facts.overcommit_memory.set(2, "test");
  const std::string text = explain_case(planned(zeros(), facts), facts);
  BOOST_TEST(!contains(text, "overcommit_memory:"));
  BOOST_TEST(contains(text, "overcommit_ratio: 50 -> 80"));
}

BOOST_AUTO_TEST_CASE(a_setting_that_the_host_does_not_tell_is_a_change) {
  HostFacts facts = laptop_as_root();
  facts.overcommit_ratio = {};
  const std::string text = explain_case(planned(zeros(), facts), facts);
  BOOST_TEST(contains(text, "overcommit_ratio: unknown -> 80"));
}

BOOST_AUTO_TEST_CASE(sizes_inside_a_fork_are_told_too) {
  const Case test_case = make_case("c", {step(Fork{1, {allocate("b", "25% of mem_total")}})});
  const std::string text = explain_case(planned(test_case, laptop()), laptop());
  BOOST_TEST(has_line(text, "here 25% of mem_total = 2 GiB (2147483648 B)"));
}

BOOST_AUTO_TEST_CASE(a_case_that_does_not_run_says_why_and_what_unlocks_it) {
  const std::string text = explain_case(planned(zeros(), laptop()), laptop());
  BOOST_TEST(contains(text, "UNSUPPORTED: vm.overcommit_* of this host cannot be changed"));
  BOOST_TEST(contains(text, "unlock      run as root"));
  BOOST_TEST(!contains(text, "here        runs"));
}

BOOST_AUTO_TEST_CASE(a_confined_case_says_what_holds_it) {
  Case test_case = make_case("c", {allocate("a", "1 TiB"), touch("a")});
  test_case.environment.cgroup.memory_max = size("64 MiB");
  const std::string text = explain_case(planned(test_case, laptop_as_root()), laptop_as_root());
  BOOST_TEST(has_line(text, "resident at most 64 MiB, held by its cgroup"));
}

BOOST_AUTO_TEST_CASE(a_plan_groups_refusals_and_counts) {
  Case needs_root = make_case("b");
  needs_root.requires_ = {expression("root")};
  const Case other = [&] {
    Case made = needs_root;
    made.scenario = "c";
    return made;
  }();
  const std::vector<PlannedCase> plan =
      make_plan({make_case("a"), needs_root, other, zeros()}, laptop(), {true, kGiB});
  const std::string text = explain_plan(plan, laptop(), kGiB);
  BOOST_TEST(has_line(text, "run " + make_case("a").hash + " a"));
  BOOST_TEST(has_line(text, "not 2 cases: UNSUPPORTED: needs root"));
  BOOST_TEST(has_line(text, "unlock: run it on a host where this holds"));
  BOOST_TEST(contains(text, "not  1 case: UNSUPPORTED: vm.overcommit_*"));
  BOOST_TEST(contains(text, "1 of 4 cases would run; memory budget 1 GiB, reserve 819.2 MiB"));
}

BOOST_AUTO_TEST_CASE(a_plan_shows_what_would_be_changed) {
  const std::vector<PlannedCase> plan = make_plan({zeros()}, laptop_as_root(), {true, 4 * kGiB});
  const std::string text = explain_plan(plan, laptop_as_root(), 4 * kGiB);
  BOOST_TEST(contains(text, "(alone)"));
  BOOST_TEST(contains(text, "/proc/sys/vm/overcommit_memory: 0 -> 2, restored"));
  BOOST_TEST(contains(explain_plan({}, laptop(), 0), "0 of 0 cases would run"));
}

BOOST_AUTO_TEST_CASE(doctor_shows_facts_with_sources_and_what_unlocks_the_rest) {
  HostFacts facts = laptop();
  facts.rlimits["memlock"].set(8 * kMiB, "getrlimit");
  facts.rlimits["stack"].source = "getrlimit";
  facts.rlimits["nofile"] = {};
  facts.numa_nodes = {{1, 4 * kGiB, kGiB, "0-3", {20, 10}}, {2, 0, 0}};
  const Error no_cgroup{"no memory controller", "mount one"};
  const std::string text = explain_host(facts, &no_cgroup);
  for (const std::string& line :
       {std::string("mem_total 8 GiB (8589934592 B) a laptop that does not exist"),
        std::string("root no a laptop that does not exist"), std::string("commit_limit unknown"),
        std::string("rlimit memlock 8388608 getrlimit"),
        std::string("rlimit stack unlimited getrlimit"), std::string("rlimit nofile unknown"),
        std::string("numa node 1 4 GiB, 1 GiB free, CPUs 0-3, distances 20 10"),
        std::string("numa node 2 no memory, no CPUs"),
        std::string("unlock: no memory controller (mount one)")})
    BOOST_TEST(has_line(text, line), line);
  BOOST_TEST(contains(text, "NO   change vm.*, huge pages and swap"));
  BOOST_TEST(contains(explain_host(laptop_as_root(), nullptr), "yes  make memory cgroups"));
}

BOOST_AUTO_TEST_CASE(a_host_that_tells_nothing_is_explained_too) {
  const HostFacts nothing;
  const std::string host = explain_host(nothing, nullptr);
  BOOST_TEST(has_line(host, "mem_total unknown"));
  BOOST_TEST(contains(host, "Cases may make 0 B resident"));
  const std::string text = explain_case(planned(zeros(), nothing), nothing);
  BOOST_TEST(contains(text, "this host does not say its mem_total"));
  BOOST_TEST(contains(explain_plan(make_plan({zeros()}, nothing, {}), nothing, 0), "0 of 1"));
}

BOOST_AUTO_TEST_SUITE_END()
