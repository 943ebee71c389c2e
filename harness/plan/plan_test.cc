// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/plan.h"

#include <boost/test/unit_test.hpp>
#include <optional>

#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

PlannedCase plan_one(const Case& test_case, const HostFacts& facts,
                     const PlanOptions& options = {true, 4 * kGiB}) {
  std::vector<PlannedCase> plan = make_plan({test_case}, facts, options);
  BOOST_REQUIRE(plan.size() == 1u);
  return plan.front();
}

Verdict refusal(const Case& test_case, const HostFacts& facts,
                const PlanOptions& options = {true, 4 * kGiB}) {
  const PlannedCase planned = plan_one(test_case, facts, options);
  BOOST_REQUIRE_MESSAGE(planned.not_run.has_value(), test_case.scenario << " would run");
  return *planned.not_run;
}

bool runs(const Case& test_case, const HostFacts& facts,
          const PlanOptions& options = {true, 4 * kGiB}) {
  return !plan_one(test_case, facts, options).not_run.has_value();
}

Case needing(const std::string& requirement) {
  Case test_case = make_case("needing");
  test_case.requires_ = {expression(requirement)};
  return test_case;
}

Environment with_mode(OvercommitMode mode) {
  Environment environment;
  environment.overcommit.memory = mode;
  return environment;
}

Environment with_memory_max(const std::string& limit) {
  Environment environment;
  environment.cgroup.memory_max = size(limit);
  return environment;
}

std::vector<WorkloadStep> touching(const std::string& bytes) {
  return {allocate("a", bytes), touch("a")};
}

bool is(CaseStatus status, const Verdict& verdict) {
  BOOST_TEST(to_word(verdict.status) == to_word(status));
  return verdict.status == status;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan)

BOOST_AUTO_TEST_CASE(a_plain_case_runs_and_the_plan_keeps_the_order) {
  const std::vector<PlannedCase> plan =
      make_plan({make_case("b"), needing("root"), make_case("a", touching("1 GiB"))}, laptop(),
                {false, 4 * kGiB});
  BOOST_REQUIRE(plan.size() == 3u);
  BOOST_TEST(plan[0].test_case.scenario == "b");
  BOOST_TEST(plan[1].not_run.has_value());
  BOOST_TEST(plan[2].test_case.scenario == "a");
  BOOST_TEST(!plan[2].not_run.has_value());
  BOOST_TEST(plan[2].memory_need_bytes == kGiB);
  BOOST_TEST(make_plan({}, laptop(), {}).empty());
}

BOOST_AUTO_TEST_CASE(a_false_when_is_a_skip_and_says_which) {
  Case test_case = make_case("c");
  test_case.when = expression("mem_total > 64 GiB");
  const Verdict verdict = refusal(test_case, laptop());
  is(CaseStatus::skip, verdict);
  BOOST_TEST(contains(verdict.reason, "mem_total > 64 GiB"));
  test_case.when = expression("mem_total < 64 GiB");
  BOOST_TEST(runs(test_case, laptop()));
}

BOOST_AUTO_TEST_CASE(an_expression_without_meaning_is_an_error_and_not_a_skip) {
  Case test_case = make_case("c");
  test_case.when = expression("mem_totl > 64 GiB");
  const Verdict verdict = refusal(test_case, laptop());
  is(CaseStatus::error, verdict);
  BOOST_TEST(contains(verdict.reason, "mem_totl"));
  is(CaseStatus::error, refusal(needing("os > 3"), laptop()));
}

BOOST_AUTO_TEST_CASE(a_requirement_that_does_not_hold_is_unsupported_with_its_remedy) {
  HostFacts facts = laptop();
  facts.programs = {{"julia", false}};
  facts.python_modules = {{"numpy", false}};
  struct Row {
    const char* requirement;
    const char* hint;
  };
  for (const Row& row : {Row{"program(julia)", "install julia"},
                         Row{"python_module(numpy)", "apt-get install python3-numpy"},
                         Row{"root & python_module(numpy)", "apt-get install python3-numpy"},
                         Row{"mem_total > 64 GiB", "run it on a host where this holds"}}) {
    const Verdict verdict = refusal(needing(row.requirement), facts);
    is(CaseStatus::unsupported, verdict);
    BOOST_TEST(verdict.reason == std::string("needs ") + row.requirement);
    BOOST_TEST(contains(verdict.hint, row.hint), row.requirement << ": " << verdict.hint);
  }
}

BOOST_AUTO_TEST_CASE(a_requirement_about_an_unknown_fact_says_what_is_unknown) {
  const Verdict verdict = refusal(needing("commit_limit > 1 GiB"), laptop());
  is(CaseStatus::unsupported, verdict);
  BOOST_TEST(contains(verdict.reason, "does not tell commit_limit"));
  is(CaseStatus::unsupported, refusal(needing("!kernel_log"), laptop()));
}

BOOST_AUTO_TEST_CASE(the_first_requirement_that_fails_is_named) {
  Case test_case = make_case("c");
  test_case.requires_ = {expression("cpus >= 2"), expression("root"), expression("sysctl_write")};
  BOOST_TEST(refusal(test_case, laptop()).reason == "needs root");
}

BOOST_AUTO_TEST_CASE(system_changes_need_the_right_and_the_consent) {
  const Case test_case = make_case("c", {}, with_mode(OvercommitMode::never));
  const Verdict no_right = refusal(test_case, laptop());
  is(CaseStatus::unsupported, no_right);
  BOOST_TEST(contains(no_right.hint, "sudo memqual run --allow-system-changes"));
  const Verdict no_consent = refusal(test_case, laptop_as_root(), {false, 4 * kGiB});
  is(CaseStatus::skip, no_consent);
  BOOST_TEST(contains(no_consent.hint, "--allow-system-changes"));
  BOOST_TEST(runs(test_case, laptop_as_root(), {true, 4 * kGiB}));
}

BOOST_AUTO_TEST_CASE(strict_accounting_without_headroom_is_unsupported_before_anything_is_written) {
  const Case test_case = make_case("c", {}, with_mode(OvercommitMode::never));
  HostFacts facts = laptop_as_root();  // commit limit in mode never: 2 GiB of swap + 50% of 8 GiB
  const PlanOptions allowed{true, 4 * kGiB};
  facts.committed_as_bytes.set(6 * kGiB - 256 * kMiB, "test");
  BOOST_TEST(runs(test_case, facts, allowed));
  facts.committed_as_bytes.set(6 * kGiB - 256 * kMiB + 4096, "test");
  const Verdict verdict = refusal(test_case, facts, allowed);
  is(CaseStatus::unsupported, verdict);
  BOOST_TEST(!verdict.reason.empty());
  BOOST_TEST(runs(make_case("c", {}, with_mode(OvercommitMode::always)), facts, allowed));
}

BOOST_AUTO_TEST_CASE(a_setting_that_the_host_has_already_is_no_change) {
  const Case test_case = make_case("c", {}, with_mode(OvercommitMode::heuristic));
  const PlannedCase planned = plan_one(test_case, laptop(), {false, 4 * kGiB});
  BOOST_TEST(!planned.not_run.has_value());
  BOOST_TEST(!planned.exclusive);
  HostFacts silent = laptop();
  silent.overcommit_memory = {};
  BOOST_TEST(plan_one(test_case, silent).exclusive);  // who does not know must assume a change
}

BOOST_AUTO_TEST_CASE(each_overcommit_setting_makes_a_case_exclusive) {
  struct Row {
    const char* what;
    OvercommitSettings settings;
    bool changes;
  };
  for (const Row& row :
       {Row{"nothing", {}, false}, Row{"same mode", {OvercommitMode::heuristic, {}, {}}, false},
        Row{"mode", {OvercommitMode::always, {}, {}}, true}, Row{"same ratio", {{}, 50, {}}, false},
        Row{"ratio", {{}, 51, {}}, true}, Row{"kbytes", {{}, {}, 1024}, true},
        Row{"same mode, ratio", {OvercommitMode::heuristic, 80, {}}, true}}) {
    Environment environment;
    environment.overcommit = row.settings;
    BOOST_TEST(changes_system(row.settings, laptop_as_root()) == row.changes, row.what);
    BOOST_TEST(plan_one(make_case("c", {}, environment), laptop_as_root()).exclusive == row.changes,
               row.what);
  }
}

BOOST_AUTO_TEST_CASE(arrays_on_a_node_need_a_node_with_memory) {
  const auto planned_on = [](std::uint32_t node, std::vector<NumaNodeFacts> nodes) {
    Bandwidth step;
    step.size = Size::of_bytes(4096);
    step.memory_node = node;
    HostFacts facts = laptop();
    facts.numa_nodes = std::move(nodes);
    return plan_one(make_case("c", {{step, ""}}), facts);
  };
  const std::vector<NumaNodeFacts> nodes{{0, kGiB, 0, "0-3", {}}, {1, 0, 0, "4-7", {}}};
  BOOST_TEST(!planned_on(0, nodes).not_run.has_value());
  BOOST_TEST(!planned_on(0, {}).not_run.has_value());
  for (const std::uint32_t node : {1U, 2U}) {
    BOOST_REQUIRE(planned_on(node, nodes).not_run.has_value());
    is(CaseStatus::unsupported, *planned_on(node, nodes).not_run);
  }
}

BOOST_AUTO_TEST_CASE(a_case_that_is_held_against_the_machine_needs_the_arrays_of_the_measurement) {
  Case test_case = make_case("c", {{Kernel{}, ""}}, with_memory_max("16 MiB"));
  const std::uint64_t alone = plan_one(test_case, laptop_as_root()).memory_need_bytes;
  BOOST_TEST(alone <= 16 * kMiB);
  test_case.expect.throughput.emplace().min = *parse_rate("80 % of copy");
  BOOST_TEST(plan_one(test_case, laptop_as_root()).memory_need_bytes >= 512 * kMiB);
}

BOOST_AUTO_TEST_CASE(cgroup_settings_need_a_cgroup_of_the_right_version) {
  Environment high, group, swap;
  high.cgroup.memory_high = size("64 MiB");
  group.cgroup.oom_group = true;
  swap.cgroup = {size("64 MiB"), {}, size("0 B"), {}, {}};
  HostFacts v1 = laptop_as_root();
  v1.cgroup_version.set("v1", "test");
  HostFacts no_swap_accounting = laptop_as_root();
  no_swap_accounting.cgroup_swap.set(false, "test");
  HostFacts swapless = no_swap_accounting;
  swapless.swap_total_bytes.set(0, "test");
  struct Row {
    const char* what;
    Environment environment;
    HostFacts facts;
    const char* hint;  ///< nullptr: runs
  };
  for (const Row& row :
       {Row{"none can be made", with_memory_max("64 MiB"), laptop(), "memqual doctor"},
        Row{"one can be made", with_memory_max("64 MiB"), laptop_as_root(), nullptr},
        Row{"memory_max on v1", with_memory_max("64 MiB"), v1, nullptr},
        Row{"memory_high on v1", high, v1, "unified_cgroup_hierarchy"},
        Row{"oom_group on v1", group, v1, "unified_cgroup_hierarchy"},
        Row{"memory_high on v2", high, laptop_as_root(), nullptr},
        Row{"swap is not accounted", swap, no_swap_accounting, "swapaccount=1"},
        Row{"swap is accounted", swap, laptop_as_root(), nullptr},
        Row{"there is no swap to account", swap, swapless, nullptr}}) {
    const PlannedCase planned = plan_one(make_case("c", {}, row.environment), row.facts);
    BOOST_TEST(planned.not_run.has_value() == (row.hint != nullptr), row.what);
    if (!planned.not_run || row.hint == nullptr) continue;
    is(CaseStatus::unsupported, *planned.not_run);
    BOOST_TEST(contains(planned.not_run->hint, row.hint), row.what);
  }
}

BOOST_AUTO_TEST_CASE(only_root_becomes_another_user) {
  Environment named, unprivileged;
  named.user.emplace("nobody");
  unprivileged.user.emplace("unprivileged");
  const Verdict verdict = refusal(make_case("c", {}, named), laptop());
  is(CaseStatus::unsupported, verdict);
  BOOST_TEST(contains(verdict.reason, "nobody"));
  BOOST_TEST(runs(make_case("c", {}, named), laptop_as_root()));
  BOOST_TEST(runs(make_case("c", {}, unprivileged), laptop()));  // that is what we are already
}

BOOST_AUTO_TEST_CASE(a_case_may_use_the_budget_and_not_a_byte_more) {
  const PlanOptions options{false, kGiB};
  BOOST_TEST(runs(make_case("c", touching("1 GiB")), laptop(), options));
  const Verdict verdict = refusal(make_case("c", touching("1073741825 B")), laptop(), options);
  is(CaseStatus::unsupported, verdict);
  BOOST_TEST(contains(verdict.reason, "budget of 1 GiB"));
  BOOST_TEST(contains(verdict.hint, "memory_max"));
  BOOST_TEST(runs(make_case("c", {allocate("a", "32 TiB")}), laptop(), options));
}

BOOST_AUTO_TEST_CASE(a_cgroup_within_the_budget_holds_a_case_of_any_size) {
  const PlanOptions options{false, kGiB};
  const auto planned = [&](const std::string& bytes, const std::string& limit) {
    return plan_one(make_case("c", touching(bytes), with_memory_max(limit)), laptop_as_root(),
                    options);
  };
  const PlannedCase held = planned("1 TiB", "1 GiB");
  BOOST_TEST(!held.not_run.has_value());
  BOOST_TEST(held.confined);
  BOOST_TEST(held.memory_need_bytes == kGiB);
  const PlannedCase small = planned("1 MiB", "64 GiB");
  BOOST_TEST(!small.not_run.has_value());
  BOOST_TEST(!small.confined);  // the limit is beyond the budget, so the guard watches
  BOOST_TEST(small.memory_need_bytes == kMiB);
  const PlannedCase loose = planned("1 TiB", "2 GiB");
  BOOST_REQUIRE(loose.not_run.has_value());
  BOOST_TEST(contains(loose.not_run->reason, "2 GiB resident"));
}

BOOST_AUTO_TEST_CASE(a_size_that_the_host_cannot_tell_is_unsupported) {
  is(CaseStatus::unsupported, refusal(make_case("c", {allocate("a", "commit_limit")}), laptop()));
  const Verdict limit =
      refusal(make_case("c", {}, with_memory_max("commit_limit")), laptop_as_root());
  is(CaseStatus::unsupported, limit);
  BOOST_TEST(contains(limit.reason, "commit_limit"));
}

// Each case breaks the rule of its row and all that follow; the verdict must be its own row's.
BOOST_AUTO_TEST_CASE(the_earlier_rule_speaks_first) {
  Environment environment = with_mode(OvercommitMode::never);
  environment.cgroup.memory_high = size("64 MiB");
  environment.user.emplace("nobody");
  Case test_case = make_case("c", touching("1 TiB"), environment);
  test_case.when = expression("root");
  test_case.requires_ = {expression("root")};
  HostFacts facts = laptop();
  BOOST_TEST(contains(refusal(test_case, facts).reason, "when: root"));
  test_case.when.reset();
  BOOST_TEST(refusal(test_case, facts).reason == "needs root");
  test_case.requires_.clear();
  BOOST_TEST(contains(refusal(test_case, facts).reason, "vm.overcommit_*"));
  facts.sysctl_write.set(true, "test");
  BOOST_TEST(contains(refusal(test_case, facts, {false, kGiB}).reason, "whole machine"));
  BOOST_TEST(contains(refusal(test_case, facts, {true, kGiB}).reason, "no memory cgroup"));
  facts.cgroup_memory.set(true, "test");
  BOOST_TEST(contains(refusal(test_case, facts, {true, kGiB}).reason, "user nobody"));
  facts.root.set(true, "test");
  BOOST_TEST(contains(refusal(test_case, facts, {true, kGiB}).reason, "budget"));
}

BOOST_AUTO_TEST_CASE(a_tenth_stays_with_the_host_within_bounds) {
  struct Row {
    std::uint64_t mem_total_bytes;
    std::uint64_t reserve;
  };
  for (const Row& row :
       {Row{512 * kMiB, 128 * kMiB}, Row{kGiB, 256 * kMiB}, Row{2560 * kMiB, 256 * kMiB},
        Row{10 * kGiB, kGiB}, Row{40 * kGiB, 4 * kGiB}, Row{40 * kGiB + 10, 4 * kGiB},
        Row{4 * kTiB, 4 * kGiB}}) {
    HostFacts facts;
    facts.mem_total_bytes.set(row.mem_total_bytes, "test");
    BOOST_TEST(reserve_bytes(facts) == row.reserve);
  }
  HostFacts container;  // whose group is the machine, as far as its programs are concerned
  container.mem_total_bytes.set(4 * kTiB, "test");
  container.cgroup_limit_bytes.set(10 * kGiB, "test");
  BOOST_TEST(reserve_bytes(container) == kGiB);
  container.mem_total_bytes.set(kGiB, "test");
  BOOST_TEST(reserve_bytes(container) == 256 * kMiB);
}

BOOST_AUTO_TEST_CASE(the_budget_is_what_is_available_less_the_reserve) {
  HostFacts facts;
  BOOST_TEST(default_memory_budget(facts) == 0u);  // who knows nothing touches nothing
  facts.mem_total_bytes.set(10 * kGiB, "test");
  facts.mem_available_bytes.set(5 * kGiB, "test");
  BOOST_TEST(default_memory_budget(facts) == 4 * kGiB);
  facts.cgroup_limit_bytes.set(2 * kGiB, "test");
  BOOST_TEST(default_memory_budget(facts) == (2048 - 256) * kMiB);
  facts.cgroup_usage_bytes.set(kGiB, "test");
  BOOST_TEST(default_memory_budget(facts) == (1024 - 256) * kMiB);
  facts.cgroup_usage_bytes.set(4 * kGiB, "test");  // above its limit: nothing left
  BOOST_TEST(default_memory_budget(facts) == 0u);
  facts.cgroup_limit_bytes.set(64 * kGiB, "test");  // a limit above what the host has
  BOOST_TEST(default_memory_budget(facts) == 4 * kGiB);
  facts.mem_available_bytes.set(kGiB, "test");
  BOOST_TEST(default_memory_budget(facts) == 0u);
}

BOOST_AUTO_TEST_CASE(nodes_and_processors_that_are_not_here_are_unsupported) {
  HostFacts facts = laptop_as_root();
  facts.numa_nodes = {{0, kGiB, 0, "0-3", {}}, {1, 0, 0, "", {}}};
  const auto reason = [&](const Environment& environment) {
    const PlannedCase planned = plan_one(make_case("c", {}, environment), facts);
    if (!planned.not_run) return std::string();
    BOOST_TEST((planned.not_run->status == CaseStatus::unsupported));
    BOOST_TEST(!planned.not_run->hint.empty());
    return planned.not_run->reason;
  };
  Environment bound, processors, of_node, cpuset;
  bound.numa = {NumaPolicy::bind, {0}, false};
  BOOST_TEST(reason(bound).empty());
  bound.numa.nodes = {0, 1};
  BOOST_TEST(contains(reason(bound), "no memory on NUMA node 1 here (nodes with memory: 0)"));
  processors.cpus.cpus = {3};
  BOOST_TEST(reason(processors).empty());
  processors.cpus.cpus = {4};
  BOOST_TEST(contains(reason(processors), "processor 4 is not here"));
  of_node.cpus.of_node = 1;
  BOOST_TEST(contains(reason(of_node), "no processor of NUMA node 1"));
  cpuset.cgroup.cpuset_mems = {7};
  BOOST_TEST(contains(reason(cpuset), "NUMA node 7"));
}

BOOST_AUTO_TEST_CASE(machine_settings_are_changed_only_by_permission_and_alone) {
  HostFacts facts = laptop_as_root();
  facts.max_map_count.set(65530, "test");
  Environment environment;
  environment.machine_settings.max_map_count = 65530;
  BOOST_TEST(!plan_one(make_case("c", {}, environment), facts).exclusive);
  environment.machine_settings.max_map_count = 1000;
  const Case changing = make_case("c", {}, environment);
  const PlannedCase skipped = plan_one(changing, facts, {false, 4 * kGiB});
  BOOST_REQUIRE(skipped.not_run.has_value());
  BOOST_TEST((skipped.not_run->status == CaseStatus::skip));
  BOOST_TEST(contains(skipped.not_run->reason, "vm.max_map_count = 1000"));
  const PlannedCase allowed = plan_one(changing, facts, {true, 4 * kGiB});
  BOOST_TEST(!allowed.not_run.has_value());
  BOOST_TEST(allowed.exclusive);
  facts.sysctl_write.set(false, "test");
  BOOST_TEST(
      (plan_one(changing, facts, {true, 4 * kGiB}).not_run->status == CaseStatus::unsupported));
  environment = {};
  environment.namespace_root = true;
  facts.user_namespaces.set(false, "/proc/sys/kernel/unprivileged_userns_clone");
  const PlannedCase no_namespace = plan_one(make_case("c", {}, environment), facts);
  BOOST_REQUIRE(no_namespace.not_run.has_value());
  BOOST_TEST(contains(no_namespace.not_run->hint, "kernel.unprivileged_userns_clone=1"));
}

BOOST_AUTO_TEST_SUITE_END()
