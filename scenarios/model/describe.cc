// SPDX-License-Identifier: Apache-2.0
// The words in which a case is shown: its steps, settings and expectation, a line each.
#include <array>
#include <limits>
#include <type_traits>

#include "scenarios/model/kernel_fields.h"
#include "scenarios/model/run_record.h"

namespace memqual {
namespace {

/// 10000 -> "10 000".
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ' ');
  }
  return digits;
}

/// A size in the unit people read best; as written where it depends on the host.
std::string size_words(const Size& size) {
  return size.is_literal() || size.text.empty() ? format_bytes(literal_bytes(size)) : size.text;
}

/// A limit as its author wrote it, so that it is found again in the file.
std::string limit_words(const Size& size) {
  return size.text.empty() ? format_bytes(literal_bytes(size)) : size.text;
}

std::string count_words(const Size& size) {
  return size.text.empty() ? std::to_string(literal_bytes(size)) : size.text;
}

std::string times(std::uint64_t count, const char* one, const char* many) {
  return grouped(count) + " " + (count == 1 ? one : many);
}

std::string rest(const Allocate& step) {
  std::string text = " " + step.name + ": ";
  if (step.count == 1) {
    text += size_words(step.size);
  } else {
    text += grouped(step.count) + " blocks of " + size_words(step.size);
    const std::uint64_t bytes = step.size.is_literal() ? literal_bytes(step.size) : 0;
    const bool fits = bytes != 0 && step.count <= std::numeric_limits<std::uint64_t>::max() / bytes;
    if (fits) text += " = " + format_bytes(bytes * step.count);
  }
  text += ", " + std::string(to_word(step.using_));
  if (step.using_ == AllocateUsing::posix_memalign) {
    text += " aligned to " + format_bytes(step.alignment_bytes);
  }
  if (step.touched) text += ", each block touched as soon as it is granted";
  return text;
}

std::string percent(double fraction) {
  const auto tenths = static_cast<std::uint64_t>(fraction * 1000.0 + 0.5);
  std::string text = std::to_string(tenths / 10);
  if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
  return text + "%";
}

std::string rest(const Touch& step) {
  std::string text = " " + step.name + ": " + std::string(to_word(step.access)) + " every " +
                     (step.every == Stride::page ? "page" : "huge page");
  if (step.fraction < 1.0) text += " of the first " + percent(step.fraction);
  if (step.threads > 1) text += ", " + times(step.threads, "thread", "threads");
  return text;
}

std::string rest(const Verify& step) { return " " + step.name; }
std::string rest(const Free& step) { return " " + step.name; }
std::string rest(const Lock& step) { return " " + step.name; }
std::string rest(const Protect& step) {
  return " " + step.name + ": " + std::string(to_word(step.access));
}
std::string rest(const Advise& step) {
  return " " + step.name + ": " + std::string(to_word(step.advice));
}
std::string rest(const Spawn& step) { return ": " + times(step.count, "process", "processes"); }

std::string rest(const Fork& step) {
  std::string text = ": " + times(step.count, "process", "processes");
  if (step.oom_score_adj) text += " with oom_score_adj " + std::to_string(*step.oom_score_adj);
  for (std::size_t i = 0; i < step.workload.size(); ++i) {
    text += (i == 0 ? ", in it: " : "; then ") + describe_step(step.workload[i]);
  }
  return text;
}

/// Quoted so that the line can be pasted into a shell.
std::string shell_word(const std::string& word) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./=:,+@%").find(c) != std::string_view::npos;
  };
  bool plain = !word.empty();
  for (const char c : word) plain = plain && is_plain(c);
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string rest(const Command& step) {
  std::string text = ":";
  for (const std::string& word : step.argv) text += " " + shell_word(word);
  return text;
}

std::string rest(const FindLargest& step) {
  std::string text = ": " + std::string(to_word(step.using_));
  if (step.block) text += ", in blocks of " + limit_words(*step.block);
  if (step.up_to) text += ", up to " + limit_words(*step.up_to);
  return text;
}

std::string rest(const Bandwidth& step) {
  std::string text;
  for (const BandwidthOperation operation : step.operations)
    text += (text.empty() ? ": " : ", ") + std::string(to_word(operation));
  text += ", arrays of " + (step.size.is_literal() ? format_bytes(literal_bytes(step.size))
                                                   : limit_words(step.size));
  if (step.pages == PageChoice::base) text += " in base pages";
  if (step.memory_node) text += " on node " + std::to_string(*step.memory_node);
  if (!step.cpus.empty()) text += ", CPUs " + list_of_cpus(step.cpus);
  for (std::size_t i = 0; i < step.threads.size(); ++i)
    text += (i == 0                        ? ", "
             : i + 1 < step.threads.size() ? ", "
                                           : " and ") +
            std::to_string(step.threads[i]);
  return text + (step.threads == std::vector<std::uint32_t>{1} ? " thread" : " threads") + ", " +
         times(step.rounds, "round", "rounds");
}

std::string rest(const Kernel& step) {
  std::string text = " " + describe_kernel(step);
  if (!step.budget.terms.empty()) text += ", budget " + limit_words(step.budget);
  return text;
}

std::string list_words(const std::vector<std::uint32_t>& numbers) {
  std::string text;
  for (const std::uint32_t number : numbers)
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

std::string rest(const Placement& step) {
  std::string text = " " + step.name;
  if (step.of_policy) text += ": on the nodes of the policy";
  if (!step.nodes.empty())
    text += (step.nodes.size() == 1 ? ": on node " : ": on nodes ") + list_words(step.nodes);
  return text + (step.evenly ? ", evenly" : "");
}

/// Values of such variables stay out of records, which are mailed and published.
bool is_secret(const std::string& name) {
  static constexpr std::array<std::string_view, 6> kSecrets = {"TOKEN",  "SECRET", "PASSWORD",
                                                               "PASSWD", "APIKEY", "_KEY"};
  std::string upper;
  for (const char c : name) {
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  for (const std::string_view word : kSecrets) {
    if (upper.find(word) != std::string::npos) return true;
  }
  return false;
}

void add_overcommit(const OvercommitSettings& settings, std::vector<std::string>& lines) {
  if (settings.memory) {
    lines.push_back("vm.overcommit_memory = " + std::to_string(static_cast<int>(*settings.memory)) +
                    " (" + std::string(to_word(*settings.memory)) + ")");
  }
  if (settings.ratio) {
    lines.push_back("vm.overcommit_ratio = " + std::to_string(*settings.ratio));
  }
  if (settings.kbytes) {
    lines.push_back("vm.overcommit_kbytes = " + std::to_string(*settings.kbytes));
  }
}

void add_rlimit(const RlimitSetting& setting, std::vector<std::string>& lines) {
  const bool count =
      setting.resource == RlimitResource::nproc || setting.resource == RlimitResource::nofile;
  const std::string value = setting.unlimited ? "unlimited"
                            : count           ? count_words(setting.value)
                                              : limit_words(setting.value);
  lines.push_back("rlimit " + std::string(to_word(setting.resource)) + " = " + value);
}

void add_cgroup(const CgroupSettings& settings, std::vector<std::string>& lines) {
  const auto add = [&lines](const char* name, const std::optional<Size>& size) {
    if (size) lines.push_back("cgroup " + std::string(name) + " = " + limit_words(*size));
  };
  add("memory_max", settings.memory_max);
  add("memory_high", settings.memory_high);
  add("swap_max", settings.swap_max);
  if (settings.oom_group) {
    lines.push_back(std::string("cgroup oom_group = ") + (*settings.oom_group ? "true" : "false"));
  }
  if (!settings.cpuset_mems.empty())
    lines.push_back("cgroup cpuset_mems = " + list_words(settings.cpuset_mems));
}

void add_machine_settings(const MachineSettings& settings, std::vector<std::string>& lines) {
  if (settings.max_map_count)
    lines.push_back("vm.max_map_count = " + std::to_string(*settings.max_map_count));
  if (settings.swappiness)
    lines.push_back("vm.swappiness = " + std::to_string(*settings.swappiness));
  if (settings.thp) lines.push_back("thp = " + std::string(to_word(*settings.thp)));
  if (settings.thp_defrag)
    lines.push_back("thp defrag = " + std::string(to_word(*settings.thp_defrag)));
  if (const auto& pool = settings.hugetlb)
    lines.push_back("hugetlb = " + times(pool->pages, "page", "pages") +
                    (pool->size ? " of " + limit_words(*pool->size) : "") +
                    (pool->node ? " on node " + std::to_string(*pool->node) : ""));
  if (const auto& swap = settings.swap)
    lines.push_back("swap = " + limit_words(swap->size) + " more, on " +
                    (swap->on == SwapOn::file ? "a file" : "zram"));
  if (settings.zswap) lines.push_back(std::string("zswap = ") + (*settings.zswap ? "on" : "off"));
}

void add_placement(const Environment& environment, std::vector<std::string>& lines) {
  const NumaSettings& numa = environment.numa;
  if (numa.policy)
    lines.push_back("numa policy = " + std::string(to_word(*numa.policy)) +
                    (numa.each_node           ? ", each node in turn"
                     : numa.nodes.empty()     ? ""
                     : numa.nodes.size() == 1 ? ", node " + list_words(numa.nodes)
                                              : ", nodes " + list_words(numa.nodes)));
  if (!environment.cpus.cpus.empty())
    lines.push_back("cpus = " + list_words(environment.cpus.cpus));
  if (environment.cpus.of_node)
    lines.push_back("cpus = those of node " + std::to_string(*environment.cpus.of_node));
}

std::string bound_words(const Bound& bound) {
  const auto words = [&bound](const Size& size) {
    return is_count(bound.metric) ? count_words(size) : limit_words(size);
  };
  const std::string name{to_word(bound.metric)};
  if (bound.min && bound.max) return words(*bound.min) + " <= " + name + " <= " + words(*bound.max);
  if (bound.min) return name + " >= " + words(*bound.min);
  if (bound.max) return name + " <= " + words(*bound.max);
  return name;
}

std::string rules_words(const std::vector<OutcomeRule>& rules) {
  std::string text;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const OutcomeRule& rule = rules[i];
    if (i > 0) text += ", else ";
    text += rule.predicted ? "as predicted" : to_string(rule.any_of);
    if (rule.when) text += " when " + rule.when->text;
  }
  return text;
}

}  // namespace

std::string describe_step(const WorkloadStep& step) {
  std::string text{step_kind(step)};
  text += std::visit([](const auto& action) { return rest(action); }, step.action);
  if (!step.label.empty()) text += " [" + step.label + "]";
  return text;
}

std::vector<std::string> describe_environment(const Environment& environment) {
  std::vector<std::string> lines;
  add_overcommit(environment.overcommit, lines);
  for (const RlimitSetting& setting : environment.rlimits) add_rlimit(setting, lines);
  add_cgroup(environment.cgroup, lines);
  add_machine_settings(environment.machine_settings, lines);
  add_placement(environment, lines);
  if (environment.oom_score_adj) {
    lines.push_back("oom_score_adj = " + std::to_string(*environment.oom_score_adj));
  }
  if (environment.aslr)
    lines.push_back(std::string("aslr = ") + (*environment.aslr ? "on" : "off"));
  if (environment.machine) lines.push_back("machine = " + *environment.machine);
  if (environment.user) lines.push_back("user = " + *environment.user);
  if (environment.namespace_root) lines.push_back("user = root of a user namespace");
  for (const auto& [name, value] : environment.variables) {
    lines.push_back("env " + name + " = " + (is_secret(name) ? "(not shown)" : value));
  }
  return lines;
}

std::string describe_expectation(const Expectation& expectation) {
  if (expectation.none) return "nothing asserted";
  std::string text = rules_words(expectation.rules);
  if (expectation.errno_name)
    text += (text.empty() ? "" : " ") + ("with " + *expectation.errno_name);
  if (expectation.at) text += (text.empty() ? "" : " ") + ("at " + *expectation.at);
  for (const Bound& bound : expectation.bounds) {
    text += (text.empty() ? "" : "; ") + bound_words(bound);
  }
  if (expectation.throughput) {
    const ThroughputBound& bound = *expectation.throughput;
    text += (text.empty() ? "" : "; ") + std::string("throughput");
    if (bound.min) text += " >= " + bound.min->text;
    if (bound.max) text += std::string(bound.min ? " and" : "") + " <= " + bound.max->text;
  }
  return text;
}

CaseRecord record_of(const Case& test_case) {
  CaseRecord record;
  record.id = test_case.id;
  record.hash = test_case.hash;
  record.scenario = test_case.scenario;
  record.summary = test_case.summary;
  record.source = test_case.source;
  record.origin = test_case.origin;
  record.tags = test_case.tags;
  record.parameters = test_case.parameters;
  record.settings = describe_environment(test_case.environment);
  record.machine = test_case.environment.machine;
  for (const WorkloadStep& step : test_case.workload) {
    record.workload.push_back(describe_step(step));
  }
  record.expected = describe_expectation(test_case.expect);
  return record;
}

const MachineRecord* machine_of(const RunRecord& record, const CaseRecord& entry) {
  for (const MachineRecord& machine : record.machines)
    if (entry.machine == machine.name) return &machine;
  return nullptr;
}

const HostFacts& facts_of(const RunRecord& record, const CaseRecord& entry) {
  static const HostFacts kUnknown;
  if (!entry.machine) return record.host;
  const MachineRecord* machine = machine_of(record, entry);
  return machine != nullptr ? machine->facts : kUnknown;
}

std::vector<StatusCount> count_statuses(const RunRecord& record) {
  std::vector<StatusCount> counts;
  for (int i = 0; i <= static_cast<int>(CaseStatus::not_run); ++i) {
    counts.push_back({static_cast<CaseStatus>(i), 0});
  }
  for (const CaseRecord& entry : record.cases) {
    ++counts[static_cast<std::size_t>(entry.verdict.status)].count;
  }
  return counts;
}

}  // namespace memqual
