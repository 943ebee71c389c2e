// SPDX-License-Identifier: Apache-2.0
#include "harness/explain/explain.h"

#include <fmt/format.h>

#include <iterator>
#include <map>

#include "fixtures/machine_settings.h"
#include "harness/run/run.h"
#include "scenarios/model/run_record.h"

namespace memqual {
namespace {

using Out = std::string;

template <class... Args>
void put(Out& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

void put_resolved_sizes(Out& out, const std::vector<WorkloadStep>& workload,
                        const HostFacts& facts) {
  for (const WorkloadStep& step : workload) {
    if (const auto* fork = std::get_if<Fork>(&step.action))
      put_resolved_sizes(out, fork->workload, facts);
    const auto* allocate = std::get_if<Allocate>(&step.action);
    if (allocate == nullptr || allocate->size.is_literal()) continue;
    const Result<std::uint64_t> bytes = resolve(allocate->size, facts);
    put(out, "  here        {} = {}\n", allocate->size.text,
        bytes ? format_bytes(*bytes) + " (" + std::to_string(*bytes) + " B)"
              : bytes.error().message);
  }
}

void put_change(Out& out, const char* file, const Fact<std::uint64_t>& now, bool wanted,
                std::uint64_t value) {
  if (!wanted || (now.known() && *now.value == value)) return;
  put(out, "  changes     /proc/sys/vm/{}: {} -> {}, restored after the case\n", file,
      now.known() ? std::to_string(*now.value) : "unknown", value);
}

void put_changes(Out& out, const OvercommitSettings& settings, const HostFacts& facts) {
  put_change(out, "overcommit_memory", facts.overcommit_memory, settings.memory.has_value(),
             static_cast<std::uint64_t>(settings.memory.value_or(OvercommitMode::heuristic)));
  put_change(out, "overcommit_ratio", facts.overcommit_ratio, settings.ratio.has_value(),
             settings.ratio.value_or(0));
  put_change(out, "overcommit_kbytes", facts.overcommit_kbytes, settings.kbytes.has_value(),
             settings.kbytes.value_or(0));
}

void put_machine_changes(Out& out, const MachineSettings& settings, const HostFacts& facts) {
  if (!changes_machine(settings, facts)) return;
  if (const auto writes = machine_setting_writes(settings, facts))
    for (const SettingWrite& write : *writes)
      put(out, "  changes     {} -> {}, restored after the case\n", write.path, write.value);
  if (settings.swap)
    put(out, "  changes     {} of swap on {}, made for the case\n", settings.swap->size.text,
        settings.swap->on == SwapOn::file ? "a file" : "zram");
}

std::string fact_text(const FactField& field, const FactValue& value) {
  if (const auto* number = std::get_if<std::uint64_t>(&value))
    return field.unit == FactUnit::bytes ? fmt::format("{} ({} B)", format_bytes(*number), *number)
                                         : std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "yes" : "no";
  return "unknown";
}

// A limit that was read and has no value is unlimited; one that was not read is not known.
std::string limit_text(const Fact<std::uint64_t>& limit) {
  if (limit.known()) return std::to_string(*limit.value);
  return limit.source.empty() ? "unknown" : "unlimited";
}

struct Ability {
  const char* what;
  bool here;
  std::string unlock;
};

std::vector<Ability> abilities(const HostFacts& facts, const Error* no_cgroup) {
  const bool can_write = facts.sysctl_write.value_or(false);
  return {
      {"change vm.*, huge pages and swap (cases with environment.overcommit, thp, hugetlb, ...)",
       can_write,
       "run as root, in the initial namespaces, with /proc/sys writable; then add "
       "--allow-system-changes"},
      {"make memory cgroups (cases with environment.cgroup)", no_cgroup == nullptr,
       no_cgroup == nullptr ? "" : to_string(*no_cgroup)},
      {"limit swap of a cgroup", facts.cgroup_swap.value_or(false) && no_cgroup == nullptr,
       no_cgroup == nullptr ? "a kernel with swap accounting (boot with swapaccount=1)"
                            : "memory cgroups, as above"},
      {"limit the NUMA nodes of a cgroup (cgroup.cpuset_mems)", facts.cgroup_cpuset.value_or(false),
       facts.cgroup_cpuset.source.empty() ? "a memory cgroup, and the cpuset controller"
                                          : facts.cgroup_cpuset.source},
      {"choose between NUMA nodes (numa, placement)", facts.memory_nodes.value_or(0) > 1,
       "a machine with two nodes or more, or one of the lab: memqual lab list"},
      {"be root of a user namespace (user: {namespace: root})",
       facts.user_namespaces.value_or(false), "as root: sysctl user.max_user_namespaces=10000"},
      {"swap on compressed RAM (swap: {on: zram})", facts.zram.value_or(false),
       "as root: modprobe zram"},
      {"run cases as another user", facts.root.value_or(false), "run as root"},
      {"read the kernel log (evidence of OOM kills and refusals)", facts.kernel_log.value_or(false),
       "run as root, or: sudo sysctl kernel.dmesg_restrict=0"},
  };
}

std::string node_text(const NumaNodeFacts& node) {
  std::string text = node.memory_bytes == 0 ? "no memory"
                                            : format_bytes(node.memory_bytes) + ", " +
                                                  format_bytes(node.free_bytes) + " free";
  text += node.cpus.empty() ? ", no CPUs" : ", CPUs " + node.cpus;
  for (std::size_t i = 0; i < node.distances.size(); ++i)
    text += (i == 0 ? ", distances " : " ") + std::to_string(node.distances[i]);
  return text;
}

}  // namespace

std::string explain_sizes(const std::vector<WorkloadStep>& workload, const HostFacts& facts) {
  Out out;
  put_resolved_sizes(out, workload, facts);
  return out;
}

std::string explain_case(const PlannedCase& planned, const HostFacts& facts) {
  const Case& test_case = planned.test_case;
  Out out;
  put(out, "{}\n", test_case.id);
  if (!test_case.summary.empty()) put(out, "  {}\n", test_case.summary);
  if (!test_case.source.empty()) put(out, "  source      {}\n", test_case.source);
  put(out, "  written in  {}\n", to_string(test_case.origin));
  for (const std::string& line : describe_environment(test_case.environment))
    put(out, "  setting     {}\n", line);
  for (const auto& [key, origin] : test_case.origins)
    put(out, "  from        {:<36} {}\n", key, to_string(origin));
  for (const WorkloadStep& step : test_case.workload)
    put(out, "  step        {}\n", describe_step(step));
  put_resolved_sizes(out, test_case.workload, facts);
  put(out, "  expected    {}\n", describe_expectation(test_case.expect));
  put(out, "  timeout     {}\n", format_duration_ms(test_case.timeout_ms));
  put(out, "  resident    at most {}{}\n", format_bytes(planned.memory_need_bytes),
      planned.confined ? ", held by its cgroup" : "");
  put_changes(out, test_case.environment.overcommit, facts);
  put_machine_changes(out, test_case.environment.machine_settings, facts);
  if (planned.not_run) {
    put(out, "  here        {}: {}\n", to_word(planned.not_run->status), planned.not_run->reason);
    if (!planned.not_run->hint.empty()) put(out, "  unlock      {}\n", planned.not_run->hint);
  } else {
    put(out, "  here        runs{}\n",
        planned.exclusive ? ", alone, because it changes the whole machine" : "");
  }
  put(out, "  repeat      {}\n", repeat_command(test_case));
  return out;
}

std::string explain_plan(const std::vector<PlannedCase>& plan, const HostFacts& facts,
                         std::uint64_t memory_budget_bytes) {
  Out out;
  std::map<std::string, std::pair<std::size_t, std::string>> refusals;
  std::size_t runs = 0;
  for (const PlannedCase& planned : plan) {
    if (planned.not_run) {
      auto& [count, hint] = refusals[fmt::format("{}: {}", to_word(planned.not_run->status),
                                                 planned.not_run->reason)];
      ++count;
      hint = planned.not_run->hint;
      continue;
    }
    ++runs;
    put(out, "run  {}  {}{}\n", planned.test_case.hash, display_name(planned.test_case),
        planned.exclusive ? "  (alone)" : "");
    put_changes(out, planned.test_case.environment.overcommit, facts);
  }
  for (const auto& [reason, what] : refusals) {
    put(out, "not  {} case{}: {}\n", what.first, what.first == 1 ? "" : "s", reason);
    if (!what.second.empty()) put(out, "     unlock: {}\n", what.second);
  }
  put(out, "{} of {} cases would run; memory budget {}, reserve {}\n", runs, plan.size(),
      format_bytes(memory_budget_bytes), format_bytes(reserve_bytes(facts)));
  return out;
}

std::string explain_host(const HostFacts& facts, const Error* no_cgroup) {
  Out out;
  out += "What memqual can do here\n";
  for (const Ability& ability : abilities(facts, no_cgroup)) {
    put(out, "  {:<4} {}\n", ability.here ? "yes" : "NO", ability.what);
    if (!ability.here) put(out, "         unlock: {}\n", ability.unlock);
  }
  out += "\nFacts and where they were read\n";
  for (const FactField& field : fact_table()) {
    const FactValue value = fact_value(facts, field);
    const std::string source = fact_source(facts, field);
    put(out, "  {:<22} {:<34} {}\n", field.name, fact_text(field, value), source);
  }
  for (const auto& [name, limit] : facts.rlimits)
    put(out, "  {:<22} {:<34} {}\n", "rlimit " + name, limit_text(limit), limit.source);
  for (const NumaNodeFacts& node : facts.numa_nodes)
    put(out, "  {:<22} {:<34}\n", fmt::format("numa node {}", node.id), node_text(node));
  put(out, "\nCases may make {} resident; {} stay with the host.\n",
      format_bytes(default_memory_budget(facts)), format_bytes(reserve_bytes(facts)));
  return out;
}

}  // namespace memqual
