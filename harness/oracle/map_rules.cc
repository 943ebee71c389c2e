// SPDX-License-Identifier: Apache-2.0
// Adjacent equal anonymous mappings are one (mm/vma.c is_mergeable_vma): so blocks of one list are,
// and shared objects never. Whether a block also merges with what lay there before is open, so the
// count of such blocks is a bound from above.
#include "harness/oracle/map_rules.h"

namespace memqual::oracle {
namespace {

// From 6.7 to 6.11 blocks of 2 MiB and more are aligned to it and leave gaps (efa7df3e3bb5).
bool neighbours_merge(const HostFacts& facts) {
  const std::uint64_t version = facts.kernel_version.value_or(0);
  return version != 0 && (version < 6007 || version >= 6012);
}

// Of what surely is a mapping: what the process began with, shared objects and files.
std::uint64_t least_map_count(const Situation& situation, const MemoryState& state) {
  std::uint64_t count = minus(situation.baseline.map_count, situation.baseline.slack_maps);
  for (const auto& [name, set] : state.sets)
    if (set.shape.always_own_mapping && !set.unmapped) count = saturating_add(count, set.blocks);
  return count;
}

Capacity of_limit(const Situation& situation, const MemoryState& state, std::uint64_t most) {
  Capacity capacity;
  capacity.rule = LimitingRule::map_count;
  capacity.sentence = "a process may have " + std::to_string(most) +
                      " mappings (vm.max_map_count), and these do not merge";
  capacity.arithmetic = {{"vm.max_map_count", situation.facts.max_map_count.value_or(0), true,
                          situation.facts.max_map_count.source},
                         {"mappings before", state.map_count, true,
                          situation.baseline.source + ", and earlier steps"}};
  return capacity;
}

}  // namespace

Capacity map_count_rule(const Situation& situation, const MemoryState& state,
                        const BlockShape& shape) {
  if (!situation.facts.max_map_count.known() || shape.on_heap) return {};
  // The check is `map_count > max` before the new mapping is made, so max + 1 are possible.
  const std::uint64_t most = saturating_add(*situation.facts.max_map_count.value, 1);
  Capacity capacity = of_limit(situation, state, most);
  capacity.citation = "mm/mmap.c do_mmap, >= 2.6";
  const std::uint64_t slack = situation.baseline.slack_maps;
  const std::uint64_t before = saturating_add(state.map_count, state.split_count);
  const std::uint64_t room = minus(most, before + slack);
  const std::uint64_t most_room = minus(most, least_map_count(situation, state));
  if (shape.always_own_mapping) capacity.possibly = most_room;
  if (most_room == 0) capacity.possibly = 0;  // looked at before a mapping could join its neighbour
  capacity.surely = room;
  if (!shape.always_own_mapping && neighbours_merge(situation.facts) && room > 0)
    capacity.surely = kUnlimited;
  return capacity;
}

Capacity break_count_rule(const Situation& situation, const MemoryState& state) {
  if (!situation.facts.max_map_count.known()) return {};
  const std::uint64_t max = *situation.facts.max_map_count.value;
  if (state.map_count + state.split_count + situation.baseline.slack_maps <= max) return {};
  Capacity capacity = of_limit(situation, state, max);
  capacity.surely = 0;
  if (least_map_count(situation, state) > max) capacity.possibly = 0;
  capacity.sentence = "brk is refused where a process has more than " + std::to_string(max) +
                      " mappings (vm.max_map_count)";
  capacity.citation = "mm/mmap.c do_brk_flags, >= 2.6";
  return capacity;
}

Capacity split_rule(const Situation& situation, const MemoryState& state, const BlockSet& set) {
  if (!situation.facts.max_map_count.known() || split_mappings(set) == 0) return {};
  const std::uint64_t most = *situation.facts.max_map_count.value;  // a split needs count < max
  Capacity capacity = of_limit(situation, state, most);
  capacity.citation = "mm/vma.c split_vma";
  const std::uint64_t slack = situation.baseline.slack_maps;
  const std::uint64_t before = saturating_add(state.map_count, state.split_count);
  const std::uint64_t room = minus(most, before + slack);
  capacity.surely = set.shape.behind_header ? room / 2 : (room >= 2 ? kUnlimited : 0);
  const std::uint64_t page = situation.facts.page_size_bytes.value_or(4096);
  const bool always = set.shape.behind_header && !set.shape.on_heap && !set.was_split &&
                      set.whole_pages(page).least > 0;
  if (always) capacity.possibly = minus(most, least_map_count(situation, state)) / 2 + 1;
  return capacity;
}

// A part in the middle of a mapping leaves one before it and one behind it.
std::uint64_t split_mappings(const BlockSet& set) {
  if (set.shape.always_own_mapping) return 0;
  return set.shape.behind_header ? saturating_multiply(2, set.request.count) : 2;
}

}  // namespace memqual::oracle
