// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/numa_rules.h"

#include <algorithm>

#include "scenarios/model/text.h"

namespace memqual::oracle {
namespace {

Nodes with_memory(const HostFacts& facts) {
  Nodes nodes;
  for (const NumaNodeFacts& node : facts.numa_nodes)
    if (node.memory_bytes > 0) nodes.insert(node.id);
  return nodes;
}

Nodes both(const Nodes& a, const std::vector<std::uint32_t>& b) {
  Nodes out;
  for (const std::uint32_t node : b)
    if (a.contains(node)) out.insert(node);
  return out;
}

/// The cpuset's, or all.
Nodes allowed(const Situation& situation) {
  const Nodes all = with_memory(situation.facts);
  return situation.cpuset_mems.empty() ? all : both(all, situation.cpuset_mems);
}

bool has_room(const Nodes& nodes, std::uint64_t bytes, const HostFacts& facts) {
  std::uint64_t least = kUnlimited;
  for (const std::uint32_t id : nodes)
    if (const NumaNodeFacts* node = find_node(facts, id)) least = std::min(least, node->free_bytes);
  return !nodes.empty() && least / 2 >= bytes;
}

/// The node of the processors of the case, where all are of one node.
Nodes node_of_processors(const Situation& situation) {
  const auto& cpus = situation.setup.cpus;
  if (cpus.empty()) return {};
  for (const NumaNodeFacts& node : situation.facts.numa_nodes) {
    const auto list = numbers_of_list(node.cpus);
    const auto holds = [&](std::uint32_t cpu) {
      return list && std::find(list->begin(), list->end(), cpu) != list->end();
    };
    if (std::all_of(cpus.begin(), cpus.end(), holds)) return {node.id};
  }
  return {};
}

/// Where pages come from while there is room. Empty: it depends on the processor.
Nodes first_choice(const Situation& situation) {
  const Nodes all = allowed(situation);
  switch (situation.setup.numa_policy.value_or(NumaPolicy::default_)) {
    case NumaPolicy::bind:
    case NumaPolicy::preferred:
    case NumaPolicy::interleave:
      return both(all, situation.setup.numa_nodes);
    case NumaPolicy::default_:
    case NumaPolicy::local:
      break;
  }
  Nodes near;
  for (const std::uint32_t node : node_of_processors(situation))
    if (all.contains(node)) near.insert(node);
  return near;
}

std::string list(const Nodes& nodes) {
  std::string text = nodes.size() == 1 ? "NUMA node " : "NUMA nodes ";
  for (const std::uint32_t node : nodes)
    text += (node == *nodes.begin() ? "" : ", ") + std::to_string(node);
  return text;
}

bool is_within(const Nodes& inner, const Nodes& outer) {
  return std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

/// The counter of MPOL_INTERLEAVE turns with every page that the process takes, page tables too, so
/// that many pages are dealt out in equal parts (mm/mempolicy.c interleave_nodes). One node is
/// always even.
bool is_even(const Situation& situation, const BlockSet& set, const Nodes& wanted) {
  if (wanted.size() == 1) return true;
  constexpr std::uint64_t kManyPages = 256;
  const std::uint64_t page = situation.facts.page_size_bytes.value_or(4096);
  const bool in_turn =
      situation.setup.numa_policy == NumaPolicy::interleave && first_choice(situation) == wanted;
  const bool may_be_huge =
      situation.facts.thp.value_or("never") != "never" && !set.advised.contains(Advice::nohugepage);
  return in_turn && !may_be_huge && set.resident_bytes / page >= kManyPages * wanted.size();
}

}  // namespace

std::optional<Nodes> only_nodes(const Situation& situation) {
  const Nodes all = with_memory(situation.facts);
  const bool bound = situation.setup.numa_policy == NumaPolicy::bind;
  const Nodes left =
      bound ? both(allowed(situation), situation.setup.numa_nodes) : allowed(situation);
  if (left.empty() || left == all) return std::nullopt;
  return left;
}

Nodes possible_nodes(const Situation& situation, std::uint64_t bytes) {
  if (const auto only = only_nodes(situation);
      only && situation.setup.numa_policy == NumaPolicy::bind)
    return *only;
  const Nodes all = allowed(situation);
  if (all.size() == 1) return all;
  const Nodes first = first_choice(situation);
  return has_room(first, bytes, situation.facts) ? first : all;
}

NodeMemory memory_of(const Nodes& nodes, const HostFacts& facts) {
  NodeMemory memory;
  for (const std::uint32_t id : nodes) {
    const NumaNodeFacts* node = find_node(facts, id);
    if (node == nullptr) continue;
    memory.free_bytes = saturating_add(memory.free_bytes, node->free_bytes);
    memory.total_bytes = saturating_add(memory.total_bytes, node->memory_bytes);
  }
  memory.name = "free memory of " + list(nodes);
  return memory;
}

StepOutcome placement_outcome(const Situation& situation, const BlockSet& set,
                              const Placement& step) {
  if (step.nodes.empty() || set.resident_bytes == 0) return goes_on();
  const Nodes wanted(step.nodes.begin(), step.nodes.end());
  const Nodes possible = possible_nodes(situation, set.resident_bytes);
  const bool inside = !possible.empty() && is_within(possible, wanted);
  if (inside && (!step.evenly || is_even(situation, set, wanted))) return goes_on();
  const bool overlaps = std::any_of(possible.begin(), possible.end(),
                                    [&](std::uint32_t node) { return wanted.contains(node); });
  Capacity why;
  why.rule = LimitingRule::node_memory;
  why.sentence = "the pages lie on " +
                 (possible.empty() ? "nodes that nobody names" : list(possible)) + ", and " +
                 list(wanted) + (step.evenly ? ", evenly," : "") + " is demanded";
  why.open_because = "where a page comes from depends on the processor, and on what is full";
  why.citation = "mm/mempolicy.c policy_nodemask, interleave_nodes";
  // Heap pages may be older than the policy.
  const bool surely = !possible.empty() && !overlaps && !set.shape.on_heap;
  return ends(OutcomeKind::misplaced, std::move(why), surely);
}

}  // namespace memqual::oracle
