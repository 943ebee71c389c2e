// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/child_program.h"

#include "scenarios/model/text.h"

namespace memqual {
namespace {

Status resolve_search(FindLargest& step, const HostFacts& facts) {
  for (std::optional<Size>* size : {&step.up_to, &step.block}) {
    if (!*size) continue;
    const Result<std::uint64_t> bytes = resolve(**size, facts);
    if (!bytes) return bytes.error();
    if (*bytes == 0) return Error{"find_largest: " + (*size)->text + " is 0 bytes here", ""};
    **size = Size::of_bytes(*bytes);
  }
  if (step.block && most_asked_blocks(step) == 0)
    return Error{"find_largest: not one block fits into up_to", "make block smaller"};
  return done();
}

Status resolve_arrays(Bandwidth& step, const HostFacts& facts) {
  const Result<std::uint64_t> bytes = resolve(step.size, facts);
  if (!bytes) return bytes.error();
  const std::uint64_t page = facts.page_size_bytes.value_or(4096);
  if (*bytes == 0 || *bytes > kMostRequestBytes)
    return Error{"bandwidth: arrays of " + step.size.text + " are " + format_bytes(*bytes), ""};
  step.size = Size::of_bytes((*bytes + page - 1) / page * page);
  return done();
}

Status resolve_budget(Kernel& step, const HostFacts& facts) {
  const Result<std::uint64_t> bytes = resolve(step.budget, facts);
  if (!bytes) return bytes.error();
  if (*bytes == 0) return Error{"kernel: a budget of " + step.budget.text + " is 0 bytes here", ""};
  step.budget = Size::of_bytes(*bytes);
  return done();
}

Status resolve_sizes(std::vector<WorkloadStep>& workload, const HostFacts& facts) {
  for (WorkloadStep& step : workload) {
    if (auto* fork = std::get_if<Fork>(&step.action)) {
      if (Status status = resolve_sizes(fork->workload, facts); !status) return status;
      continue;
    }
    if (auto* command = std::get_if<Command>(&step.action)) {
      if (command->memory.terms.empty()) continue;
      const Result<std::uint64_t> memory = resolve(command->memory, facts);
      if (!memory) return memory.error();
      command->memory = Size::of_bytes(*memory);
      continue;
    }
    if (auto* search = std::get_if<FindLargest>(&step.action)) {
      if (Status status = resolve_search(*search, facts); !status) return status;
      continue;
    }
    if (auto* bandwidth = std::get_if<Bandwidth>(&step.action)) {
      if (Status status = resolve_arrays(*bandwidth, facts); !status) return status;
      continue;
    }
    if (auto* kernel = std::get_if<Kernel>(&step.action)) {
      if (Status status = resolve_budget(*kernel, facts); !status) return status;
      continue;
    }
    auto* allocate = std::get_if<Allocate>(&step.action);
    if (allocate == nullptr) continue;
    const Result<std::uint64_t> bytes = resolve(allocate->size, facts);
    if (!bytes) return bytes.error();
    if (*bytes == 0)
      return Error{"allocate " + allocate->name + ": " + allocate->size.text + " is 0 bytes here",
                   ""};
    allocate->size = Size::of_bytes(*bytes);
  }
  return done();
}

std::vector<std::uint32_t> processors_of(const CpuSettings& cpus, const HostFacts& facts) {
  if (!cpus.of_node) return cpus.cpus;
  const NumaNodeFacts* node = find_node(facts, *cpus.of_node);
  const auto list = node != nullptr ? numbers_of_list(node->cpus) : std::nullopt;
  return list.value_or(std::vector<std::uint32_t>{});
}

// A local page comes from the node of the processor, which is known where all are of one node.
std::vector<std::uint32_t> nodes_of_policy(const Environment& environment, const HostFacts& facts) {
  if (!environment.numa.nodes.empty()) return environment.numa.nodes;
  if (environment.cpus.of_node) return {*environment.cpus.of_node};
  std::vector<std::uint32_t> all;
  for (const NumaNodeFacts& node : facts.numa_nodes)
    if (node.memory_bytes > 0) all.push_back(node.id);
  return all;
}

void resolve_placements(std::vector<WorkloadStep>& workload,
                        const std::vector<std::uint32_t>& nodes) {
  for (WorkloadStep& step : workload) {
    if (auto* fork = std::get_if<Fork>(&step.action)) resolve_placements(fork->workload, nodes);
    auto* placement = std::get_if<Placement>(&step.action);
    if (placement == nullptr || !placement->of_policy) continue;
    placement->nodes = nodes;
    placement->of_policy = false;
  }
}

// Sizes that shape an image at its start, or variables that the C library reads there.
bool wants_fresh_image(const Environment& environment) {
  if (!environment.variables.empty() || !environment.aslr.value_or(true)) return true;
  for (const RlimitSetting& limit : environment.rlimits)
    if (limit.resource == RlimitResource::stack) return true;
  return false;
}

}  // namespace

Result<ChildProgram> make_child_program(const Case& test_case, const HostFacts& facts,
                                        const ChildPlacement& placement) {
  const Environment& environment = test_case.environment;
  ChildProgram program;
  program.workload = test_case.workload;
  if (Status status = resolve_sizes(program.workload, facts); !status) return status.error();
  ChildSetup& setup = program.setup;
  setup.oom_score_adj = environment.oom_score_adj.value_or(1000);
  for (const RlimitSetting& limit : environment.rlimits) {
    ResolvedRlimit resolved{limit.resource, limit.unlimited, 0, limit.beyond_own_use};
    if (!limit.unlimited) {
      const Result<std::uint64_t> value = resolve(limit.value, facts);
      if (!value) return value.error();
      resolved.value = *value;
    }
    setup.rlimits.push_back(resolved);
  }
  resolve_placements(program.workload, nodes_of_policy(environment, facts));
  setup.numa_policy = environment.numa.policy;
  setup.numa_nodes = environment.numa.nodes;
  setup.cpus = processors_of(environment.cpus, facts);
  setup.namespace_root = environment.namespace_root;
  setup.disable_aslr = !environment.aslr.value_or(true);
  setup.fresh_image = wants_fresh_image(environment);
  setup.uid = placement.uid;
  setup.gid = placement.gid;
  setup.scratch_dir = placement.scratch_dir;
  setup.caches = {facts.l1_cache_bytes.value_or(0), facts.l2_cache_bytes.value_or(0),
                  facts.l3_cache_bytes.value_or(0)};
  if (facts.numa_nodes.size() > 1)
    for (const NumaNodeFacts& node : facts.numa_nodes)
      if (!node.cpus.empty()) setup.node_cpus.push_back(node.cpus);
  setup.variables = environment.variables;
  for (const auto& [name, value] : placement.identity) setup.variables.emplace(name, value);
  return program;
}

}  // namespace memqual
