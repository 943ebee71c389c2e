// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/fork_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "harness/oracle/capacity.h"

namespace memqual::oracle {

ForkCharge fork_charge(const MemoryState& state, std::uint64_t page) {
  ForkCharge result;
  std::map<std::pair<std::set<Advice>, bool>, std::uint64_t> neighbours;
  for (const auto& [name, set] : state.sets) {
    if (set.request.using_ == AllocateUsing::mmap_shared || set.left_out_of_fork) continue;
    if (!set.charged && set.charge_may_stand) result.may_be_more = true;
    const std::uint64_t charge = set.total_charge();
    result.all = saturating_add(result.all, charge);
    // Marks on whole pages leave unmarked headers between the blocks of malloc. Those of sbrk may
    // begin and end at pages.
    const bool split = set.shape.behind_header && set.was_split;
    const bool marked = !set.advised.empty() || set.locked;
    const bool apart = split && marked && set.request.using_ != AllocateUsing::brk;
    result.surely_one = std::max(result.surely_one, split ? charge / set.request.count : charge);
    auto& together = neighbours[{apart ? std::set<Advice>{} : set.advised, set.locked && !apart}];
    together = saturating_add(together, apart ? 2 * page : charge);  // a header, a rest
  }
  result.largest = result.surely_one;
  for (const auto& [marks, charge] : neighbours) result.largest = std::max(result.largest, charge);
  return result;
}

void leave_out_of(MemoryState& copy, BlockSet& set, std::uint64_t page) {
  set.unmapped = true;
  const PageRange pages = set.whole_pages(page);
  const std::uint64_t bytes = saturating_multiply(pages.least * page, set.request.count);
  copy.vsz_bytes = minus(copy.vsz_bytes, bytes);
  if (set.shape.data_bytes > 0 && set.access == Protection::read_write)
    copy.data_bytes = minus(copy.data_bytes, bytes);
  if (pages.most > pages.least)
    copy.heap_freed_bytes =
        saturating_add(copy.heap_freed_bytes, saturating_multiply(page, set.request.count));
}

ForkedCopy forked_copy(const SystemRules& rules, const Situation& situation,
                       const MemoryState& parent, const Fork& step, std::uint64_t charge_bytes) {
  const std::uint64_t page = situation.facts.page_size_bytes.value_or(4096);
  ForkedCopy copy{parent, 0};
  copy.state.charged_bytes = saturating_add(parent.charged_bytes, charge_bytes);
  const std::uint64_t each =
      saturating_add(charge_bytes, most_charged(rules, situation, parent, step.workload));
  copy.state.beside_bytes =
      saturating_add(parent.beside_bytes, saturating_multiply(each, step.count - 1));
  for (auto& [name, set] : copy.state.sets) set.own_to_copy = false;
  copy.held_bytes = saturating_add(copy.state.private_bytes(), copy.state.page_table_bytes());
  for (auto& [name, set] : copy.state.sets) {
    const bool written = set.faulted || set.resident_bytes > 0;
    if (set.shape.always_own_mapping || set.left_out_of_fork || !written) set.page_table_bytes = 0;
    if (!set.shape.always_own_mapping) set.resident_bytes = 0;  // until it is written
    if (set.left_out_of_fork && !set.unmapped) leave_out_of(copy.state, set, page);
    set.locked = false;  // mm/mmap.c dup_mmap clears VM_LOCKED
  }
  copy.state.locked_bytes = 0;
  copy.state.is_copy = true;
  return copy;
}

std::uint64_t most_charged(const SystemRules& rules, const Situation& situation,
                           const MemoryState& parent, const std::vector<WorkloadStep>& workload) {
  std::uint64_t sum = 0;
  for (const WorkloadStep& step : workload) {
    const auto* allocate = std::get_if<Allocate>(&step.action);
    if (allocate == nullptr) continue;
    const BlockShape shape = rules.shape(*allocate, situation.facts, parent.mmap_threshold_bytes);
    // What is not charged now may become writable later.
    const std::uint64_t bytes = std::max(shape.charged_bytes, shape.mapped_bytes);
    sum = saturating_add(sum, saturating_multiply(bytes, allocate->count));
  }
  return sum;
}

StepOutcome copies_made(const SystemRules& rules, const Situation& situation,
                        const ForkedCopy& copy, std::uint64_t other_bytes, std::uint64_t copies) {
  const std::uint64_t tables = saturating_multiply(copy.state.page_table_bytes(), copies);
  const std::uint64_t all = saturating_add(other_bytes, saturating_add(copy.held_bytes, tables));
  Capacity capacity = rules.residency(situation, all, all);
  if (tables == 0 || capacity.surely >= 1) return goes_on();
  const bool surely = capacity.possibly == 0;
  return ends(OutcomeKind::oom_killed, std::move(capacity), surely);
}

void take_over_shared(MemoryState& parent, const MemoryState& copy) {
  for (auto& [name, set] : parent.sets) {
    if (!set.shape.always_own_mapping) continue;
    const auto gone = copy.let_go.find(name);
    const auto found = gone != copy.let_go.end() ? gone : copy.sets.find(name);
    if (gone == copy.let_go.end() && found == copy.sets.end()) continue;
    set.resident_bytes = std::max(set.resident_bytes, found->second.resident_bytes);
    set.content_pattern = found->second.content_pattern;
  }
}

StepOutcome spawn_outcome(const SystemRules& rules, const Situation& situation,
                          const MemoryState& state) {
  const auto one_of = [&](std::uint64_t bytes) {
    Allocate stack;
    stack.size = Size::of_bytes(bytes);
    stack.using_ = AllocateUsing::mmap;
    return granted_or_refused(
        rules.allocation(situation, state, stack, rules.shape(stack, situation.facts, kUnlimited)),
        1);
  };
  if (rules.spawn_stack_bytes == 0) return goes_on();
  StepOutcome outcome = one_of(2 * rules.spawn_stack_bytes);
  outcome.may_go_on = one_of(rules.spawn_stack_bytes).may_go_on;
  return outcome;
}

}  // namespace memqual::oracle
