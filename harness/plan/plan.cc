// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/plan.h"

#include <algorithm>
#include <limits>

#include "fixtures/machine_settings.h"
#include "fixtures/overcommit_plan.h"
#include "harness/plan/each_node.h"
#include "harness/plan/limit_case.h"
#include "harness/plan/lookup.h"
#include "harness/plan/memory_need.h"
#include "scenarios/model/run_record.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr const char* kMoreNodes =
    "a machine with more NUMA nodes, or one of the lab: memqual lab list";
constexpr std::uint64_t kAllMemory = std::numeric_limits<std::uint64_t>::max();

Verdict verdict(CaseStatus status, std::string reason, std::string hint) {
  Verdict result;
  result.status = status;
  result.reason = std::move(reason);
  result.hint = std::move(hint);
  return result;
}

std::string hint_for(const Expression& requirement) {
  for (const auto& [function, argument] : calls_of(requirement)) {
    if (function == "python_module") return "apt-get install python3-" + argument;
    if (function == "program") return "install " + argument + " and make sure that PATH finds it";
  }
  return "run it on a host where this holds";
}

// The change that lets user namespaces be made, by the file that forbids them.
std::string setting_behind(const std::string& file) {
  if (file.ends_with("unprivileged_userns_clone")) return "kernel.unprivileged_userns_clone=1";
  if (file.ends_with("unprivileged_userns"))
    return "kernel.apparmor_restrict_unprivileged_userns=0";
  return "user.max_user_namespaces=10000";
}

// Whether the settings can be made at all: strict accounting that would leave the host without room
// for its own programs is refused here already, and not only when it is about to be applied.
Status settings_are_safe(const OvercommitSettings& settings, const HostFacts& facts) {
  const Result<OvercommitPlan> plan =
      plan_overcommit(overcommit_values(facts), settings, commit_inputs(facts));
  return plan ? done() : Status(plan.error());
}

// The first reason why a case cannot or should not run here. Each rule looks at one thing only.
class Gatekeeper {
 public:
  Gatekeeper(const HostFacts& facts, const PlanOptions& options)
      : facts_(facts), options_(options) {}

  std::optional<Verdict> refuse(const PlannedCase& planned) const {
    const Case& test_case = planned.test_case;
    if (test_case.environment.machine) return by_machine(*test_case.environment.machine);
    if (auto verdict = by_selection(test_case)) return verdict;
    if (auto verdict = by_requirements(test_case)) return verdict;
    if (auto verdict = by_system_change(test_case)) return verdict;
    if (auto verdict = by_cgroup(test_case)) return verdict;
    if (auto verdict = by_user(test_case)) return verdict;
    if (auto verdict = by_numa(test_case)) return verdict;
    if (auto verdict = by_nodes(test_case)) return verdict;
    return by_memory(planned);
  }

 private:
  std::optional<Verdict> by_selection(const Case& test_case) const {
    if (!test_case.when) return std::nullopt;
    const Result<bool> holds = evaluate(*test_case.when, host_and_case_lookup(test_case, facts_));
    if (!holds) return broken_expression(holds.error());
    if (*holds) return std::nullopt;
    return verdict(CaseStatus::skip, "when: " + test_case.when->text + " is false here", "");
  }

  static Verdict by_machine(const std::string& machine) {
    return verdict(CaseStatus::unsupported, "runs on the lab's machine " + machine + ", not here",
                   "memqual run --on lab ... (see `memqual lab list`)");
  }

  std::optional<Verdict> by_requirements(const Case& test_case) const {
    for (const Expression& requirement : test_case.requires_) {
      std::string unknown;
      const Result<bool> holds =
          evaluate(requirement, host_and_case_lookup(test_case, facts_), &unknown);
      if (!holds) return broken_expression(holds.error());
      if (*holds) continue;
      const std::string why = unknown.empty() ? "" : " (this host does not tell " + unknown + ")";
      return verdict(CaseStatus::unsupported, "needs " + requirement.text + why,
                     hint_for(requirement));
    }
    return std::nullopt;
  }

  static Verdict broken_expression(const Error& error) {
    return verdict(CaseStatus::error, error.message, error.hint);
  }

  std::optional<Verdict> by_system_change(const Case& test_case) const {
    const Environment& environment = test_case.environment;
    if (auto verdict = by_kernel(environment.machine_settings)) return verdict;
    if (!changes_system(environment, facts_)) return std::nullopt;
    const bool overcommit = changes_system(environment.overcommit, facts_);
    const std::string what =
        overcommit ? "vm.overcommit_*" : "memory settings (" + settings_words(environment) + ")";
    if (!facts_.sysctl_write.value_or(false))
      return verdict(CaseStatus::unsupported,
                     what + " of this host cannot be changed by this process",
                     "run as root: sudo memqual run --allow-system-changes ...");
    if (!options_.allow_system_changes)
      return verdict(CaseStatus::skip, "would change " + what + " of the whole machine",
                     "add --allow-system-changes (settings are journalled and restored)");
    const HostFacts then = with_machine_settings(facts_, environment.machine_settings);
    if (const Status safe = settings_are_safe(environment.overcommit, then); !safe)
      return verdict(CaseStatus::unsupported, safe.error().message, safe.error().hint);
    return std::nullopt;
  }

  // What no right unlocks.
  std::optional<Verdict> by_kernel(const MachineSettings& settings) const {
    const auto writes = machine_setting_writes(settings, facts_);
    if (!writes)
      return verdict(CaseStatus::unsupported, writes.error().message, writes.error().hint);
    const bool zram = settings.swap && settings.swap->on == SwapOn::zram;
    if (zram && facts_.zram.known() && !*facts_.zram.value)
      return verdict(CaseStatus::unsupported, "no zram device can be made here",
                     "as root, load the module: modprobe zram; or use swap on: file");
    if (settings.thp && facts_.os.value_or("") == "linux" && !facts_.thp.known())
      return verdict(CaseStatus::unsupported, "this kernel has no transparent huge pages",
                     "a kernel with CONFIG_TRANSPARENT_HUGEPAGE");
    return std::nullopt;
  }

  // Where a case says a node or a processor that is not here.
  std::optional<Verdict> by_numa(const Case& test_case) const {
    const Environment& environment = test_case.environment;
    const NumaSettings& numa = environment.numa;
    if (numa.each_node)
      return verdict(CaseStatus::unsupported, "this host does not tell its NUMA nodes",
                     "a kernel with CONFIG_NUMA");
    for (const auto* nodes : {&numa.nodes, &environment.cgroup.cpuset_mems})
      for (const std::uint32_t node : *nodes)
        if (!has_memory(node)) return no_node(node);
    for (const WorkloadStep& step : test_case.workload)
      if (const auto* placement = std::get_if<Placement>(&step.action))
        for (const std::uint32_t node : placement->nodes)
          if (!has_memory(node)) return no_node(node);
    return by_processors(environment.cpus);
  }

  std::optional<Verdict> by_processors(const CpuSettings& cpus) const {
    if (cpus.of_node) {
      const NumaNodeFacts* node = find_node(facts_, *cpus.of_node);
      if (node != nullptr && !node->cpus.empty()) return std::nullopt;
      return verdict(CaseStatus::unsupported,
                     "no processor of NUMA node " + std::to_string(*cpus.of_node) + " is here",
                     kMoreNodes);
    }
    for (const std::uint32_t cpu : cpus.cpus)
      if (facts_.cpus.known() && cpu >= *facts_.cpus.value && !is_listed(cpu))
        return verdict(CaseStatus::unsupported,
                       "processor " + std::to_string(cpu) + " is not here: this host has " +
                           std::to_string(*facts_.cpus.value),
                       "a machine with more processors");
    return std::nullopt;
  }

  bool has_memory(std::uint32_t id) const {
    const NumaNodeFacts* node = find_node(facts_, id);
    return node != nullptr && node->memory_bytes > 0;
  }

  bool is_listed(std::uint32_t cpu) const {
    for (const NumaNodeFacts& node : facts_.numa_nodes) {
      const auto list = numbers_of_list(node.cpus);
      if (list && std::find(list->begin(), list->end(), cpu) != list->end()) return true;
    }
    return false;
  }

  Verdict no_node(std::uint32_t node) const {
    std::string here;
    for (const NumaNodeFacts& other : facts_.numa_nodes)
      if (other.memory_bytes > 0) here += (here.empty() ? "" : ", ") + std::to_string(other.id);
    return verdict(CaseStatus::unsupported,
                   "no memory on NUMA node " + std::to_string(node) +
                       " here (nodes with memory: " + (here.empty() ? "not known" : here) + ")",
                   kMoreNodes);
  }

  static std::string settings_words(const Environment& environment) {
    Environment only;
    only.machine_settings = environment.machine_settings;
    std::string words;
    for (const std::string& line : describe_environment(only))
      words += (words.empty() ? "" : ", ") + line;
    return words;
  }

  std::optional<Verdict> by_cgroup(const Case& test_case) const {
    const CgroupSettings& cgroup = test_case.environment.cgroup;
    if (!cgroup.any()) return std::nullopt;
    if (!facts_.cgroup_memory.value_or(false))
      return verdict(CaseStatus::unsupported, "no memory cgroup can be made here",
                     "see `memqual doctor`; as root, or in a delegated scope: systemd-run --user "
                     "--scope -p Delegate=yes memqual run ...");
    if (facts_.cgroup_version.value_or("") == "v1" && (cgroup.memory_high || cgroup.oom_group))
      return verdict(CaseStatus::unsupported, "memory_high and oom_group need cgroup v2",
                     "boot with systemd.unified_cgroup_hierarchy=1");
    if (!cgroup.cpuset_mems.empty() && !facts_.cgroup_cpuset.value_or(true))
      return verdict(CaseStatus::unsupported, facts_.cgroup_cpuset.source,
                     "give the groups the cpuset controller; see `memqual doctor`");
    if (cgroup.swap_max && facts_.cgroup_swap.known() && !*facts_.cgroup_swap.value &&
        facts_.swap_total_bytes.value_or(0) > 0)
      return verdict(CaseStatus::unsupported, "this kernel does not account swap to cgroups",
                     "boot with swapaccount=1");
    return std::nullopt;
  }

  std::optional<Verdict> by_user(const Case& test_case) const {
    const std::optional<std::string>& user = test_case.environment.user;
    if (test_case.environment.namespace_root && !facts_.user_namespaces.value_or(true))
      return verdict(CaseStatus::unsupported, "no user namespace can be made here",
                     "as root: sysctl " + setting_behind(facts_.user_namespaces.source));
    if (!user || facts_.root.value_or(false) || *user == "unprivileged") return std::nullopt;
    return verdict(CaseStatus::unsupported, "only root can run a case as user " + *user,
                   "run as root");
  }

  std::optional<Verdict> by_nodes(const Case& test_case) const {
    const auto has_memory = [this](std::uint32_t id) {
      for (const NumaNodeFacts& node : facts_.numa_nodes)
        if (node.id == id && node.memory_bytes > 0) return true;
      // Where no node is known, memory is one.
      return facts_.numa_nodes.empty() && id == 0;
    };
    for (const WorkloadStep& step : test_case.workload) {
      const auto* bandwidth = std::get_if<Bandwidth>(&step.action);
      if (bandwidth == nullptr || !bandwidth->memory_node || has_memory(*bandwidth->memory_node))
        continue;
      return verdict(
          CaseStatus::unsupported,
          "this machine has no memory on NUMA node " + std::to_string(*bandwidth->memory_node),
          "see `memqual doctor` for its nodes");
    }
    return std::nullopt;
  }

  std::optional<Verdict> by_memory(const PlannedCase& planned) const {
    if (planned.memory_need_bytes <= options_.memory_budget_bytes) return std::nullopt;
    return verdict(CaseStatus::unsupported,
                   "may make " + format_bytes(planned.memory_need_bytes) +
                       " resident, more than the budget of " +
                       format_bytes(options_.memory_budget_bytes),
                   "confine it with environment.cgroup.memory_max, or raise --memory-budget");
  }

  const HostFacts& facts_;
  const PlanOptions& options_;
};

// Fills need and confinement. An unresolvable size is a verdict: the host lacks the fact.
std::optional<Verdict> estimate_memory(PlannedCase& planned, const HostFacts& facts,
                                       const PlanOptions& options) {
  const Result<std::uint64_t> need = memory_need_bytes(planned.test_case.workload, facts);
  if (!need) return verdict(CaseStatus::unsupported, need.error().message, need.error().hint);
  planned.memory_need_bytes = *need;
  // Not at the same time: before the case and after it.
  std::uint64_t measured_bytes = 0;
  if (const std::optional<Case> limit_case = limit_case_for(planned.test_case)) {
    const Result<std::uint64_t> around = memory_need_bytes(limit_case->workload, facts);
    if (!around) return verdict(CaseStatus::unsupported, around.error().message, "");
    measured_bytes = *around;
  }
  const std::optional<Size>& limit = planned.test_case.environment.cgroup.memory_max;
  if (!limit) {
    planned.memory_need_bytes = std::max(*need, measured_bytes);
    return std::nullopt;
  }
  const Result<std::uint64_t> limit_bytes = resolve(*limit, facts);
  if (!limit_bytes)
    return verdict(CaseStatus::unsupported, limit_bytes.error().message, limit_bytes.error().hint);
  planned.memory_need_bytes = std::max(std::min(*need, *limit_bytes), measured_bytes);
  planned.confined = *limit_bytes <= options.memory_budget_bytes;
  return std::nullopt;
}

}  // namespace

bool changes_system(const OvercommitSettings& settings, const HostFacts& facts) {
  const auto differs = [](const auto& wanted, const Fact<std::uint64_t>& now) {
    return wanted && (!now.known() || static_cast<std::uint64_t>(*wanted) != *now.value);
  };
  return differs(settings.memory, facts.overcommit_memory) ||
         differs(settings.ratio, facts.overcommit_ratio) ||
         differs(settings.kbytes, facts.overcommit_kbytes);
}

bool changes_system(const Environment& environment, const HostFacts& facts) {
  return changes_system(environment.overcommit, facts) ||
         changes_machine(environment.machine_settings, facts);
}

std::uint64_t reserve_bytes(const HostFacts& facts) {
  // In a container the group is the machine.
  const std::uint64_t machine =
      std::min(facts.mem_total_bytes.value_or(0), facts.cgroup_limit_bytes.value_or(kAllMemory));
  const std::uint64_t least = machine == 0 ? 256 * kMiB : std::min(256 * kMiB, machine / 4);
  return std::clamp(machine / 10, least, 4 * kGiB);
}

std::uint64_t default_memory_budget(const HostFacts& facts) {
  std::uint64_t available = facts.mem_available_bytes.value_or(0);
  if (facts.cgroup_limit_bytes.known()) {
    const std::uint64_t used = facts.cgroup_usage_bytes.value_or(0);
    const std::uint64_t limit = *facts.cgroup_limit_bytes.value;
    available = std::min(available, limit > used ? limit - used : 0);
  }
  const std::uint64_t reserve = reserve_bytes(facts);
  return available > reserve ? available - reserve : 0;
}

std::vector<PlannedCase> make_plan(const std::vector<Case>& cases, const HostFacts& facts,
                                   const PlanOptions& options) {
  const Gatekeeper gatekeeper(facts, options);
  std::vector<PlannedCase> plan;
  for (const Case& test_case : expand_each_node(cases, facts)) {
    PlannedCase planned;
    planned.test_case = test_case;
    planned.exclusive = changes_system(test_case.environment, facts);
    planned.not_run = estimate_memory(planned, facts, options);
    if (auto refusal = gatekeeper.refuse(planned)) planned.not_run = std::move(refusal);
    plan.push_back(std::move(planned));
  }
  return plan;
}

}  // namespace memqual
