// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle_check/case_yaml.h"
#include "scenarios/model/kernel_fields.h"

#include <fmt/format.h>

#include <iterator>

namespace memqual::oracle_check {
namespace {

std::string flow_of(const std::vector<WorkloadStep>& workload);

struct StepText {
  std::string operator()(const Allocate& step) const {
    std::string text = fmt::format("allocate: {{name: {}, size: {}, using: {}", step.name,
                                   step.size.text, to_word(step.using_));
    if (step.count != 1) text += fmt::format(", count: {}", step.count);
    if (step.touched) text += ", touched: true";
    return text + "}";
  }
  std::string operator()(const Touch& step) const {
    std::string text =
        fmt::format("touch: {{name: {}, access: {}, every: {}, pattern: {}", step.name,
                    to_word(step.access), to_word(step.every), step.pattern);
    if (step.fraction < 1.0) text += fmt::format(", fraction: {}", step.fraction);
    return text + "}";
  }
  std::string operator()(const Verify& step) const { return "verify: " + step.name; }
  std::string operator()(const Free& step) const { return "free: " + step.name; }
  std::string operator()(const Protect& step) const {
    return fmt::format("protect: {{name: {}, access: {}}}", step.name, to_word(step.access));
  }
  std::string operator()(const Advise& step) const {
    return fmt::format("advise: {{name: {}, advice: {}}}", step.name, to_word(step.advice));
  }
  std::string operator()(const Lock& step) const { return "lock: " + step.name; }
  std::string operator()(const Fork& step) const {
    return fmt::format("fork: {{count: {}, workload: {}}}", step.count, flow_of(step.workload));
  }
  std::string operator()(const Spawn& step) const {
    return fmt::format("spawn: {{count: {}}}", step.count);
  }
  std::string operator()(const FindLargest& step) const {
    std::string text = fmt::format("find_largest: {{using: {}", to_word(step.using_));
    if (step.up_to) text += ", up_to: " + step.up_to->text;
    if (step.block) text += ", block: " + step.block->text;
    return text + "}";
  }
  std::string operator()(const Bandwidth& step) const {
    return "bandwidth: {size: " + step.size.text + "}";
  }
  std::string operator()(const Kernel& step) const {
    return "kernel: {}  # " + describe_kernel(step);  // not made by the generator
  }
  std::string operator()(const Placement& step) const {
    return "placement: {name: " + step.name + "}";
  }
  std::string operator()(const Command&) const { return "command: {argv: ['true']}"; }
};

std::string flow_of(const std::vector<WorkloadStep>& workload) {
  std::string text;
  for (const WorkloadStep& step : workload)
    text += (text.empty() ? "{" : ", {") + std::visit(StepText{}, step.action) + "}";
  return "[" + text + "]";
}

std::string environment_of(const Environment& environment) {
  std::string text;
  auto out = std::back_inserter(text);
  if (environment.overcommit.memory) {
    fmt::format_to(out, "  overcommit: {{memory: {}", to_word(*environment.overcommit.memory));
    if (environment.overcommit.ratio)
      fmt::format_to(out, ", ratio: {}", *environment.overcommit.ratio);
    fmt::format_to(out, "}}\n");
  }
  if (environment.cgroup.memory_max)
    fmt::format_to(out, "  cgroup: {{memory_max: {}, swap_max: {}}}\n",
                   environment.cgroup.memory_max->text, environment.cgroup.swap_max->text);
  std::string limits;
  for (const RlimitSetting& limit : environment.rlimits)
    limits += fmt::format("{}{}: {}{}", limits.empty() ? "" : ", ", to_word(limit.resource),
                          limit.beyond_own_use ? "own_use + " : "", limit.value.text);
  if (!limits.empty()) fmt::format_to(out, "  rlimit: {{{}}}\n", limits);
  if (environment.user) fmt::format_to(out, "  user: {}\n", *environment.user);
  return text.empty() ? "" : "environment:\n" + text;
}

}  // namespace

std::string to_yaml(const Case& test_case) {
  std::string text = fmt::format("schema_version: 1\nname: {}\nsummary: {}\n", test_case.scenario,
                                 test_case.summary);
  text += environment_of(test_case.environment) + "workload:\n";
  for (const WorkloadStep& step : test_case.workload)
    text += "  - " + std::visit(StepText{}, step.action) + "\n";
  return text +
         fmt::format("expect: {{outcome: predicted}}\ntimeout: {}s\n", test_case.timeout_ms / 1000);
}

}  // namespace memqual::oracle_check
