// SPDX-License-Identifier: Apache-2.0
// The steps that change what is allocated already, and those that make processes.
#include <algorithm>
#include <set>
#include <utility>

#include "harness/oracle/advice_rules.h"
#include "harness/oracle/fork_rules.h"
#include "harness/oracle/lock_rules.h"
#include "harness/oracle/map_rules.h"
#include "harness/oracle/stepper.h"

namespace memqual::oracle {

StepOutcome Stepper::apply(const Free& step) {
  const auto found = state_.sets.find(step.name);
  if (found == state_.sets.end()) return goes_on();
  const BlockSet& set = found->second;
  if (set.unmapped && set.shape.on_heap) leave_out("a heap with pages left out of the copy");
  if (set.unmapped && state_.allocated_in_copy) return in_a_gap();
  const std::uint64_t blocks = set.request.count;
  const bool counts_as_data = set.access == Protection::read_write;
  if (!set.unmapped)
    state_.vsz_bytes = minus(state_.vsz_bytes, saturating_multiply(set.shape.mapped_bytes, blocks));
  if (counts_as_data && !set.unmapped)
    state_.data_bytes = minus(state_.data_bytes, saturating_multiply(set.shape.data_bytes, blocks));
  state_.charged_bytes = minus(state_.charged_bytes, set.total_charge());
  state_.pool_pages_taken = minus(state_.pool_pages_taken, set.pool_pages);
  state_.map_count = minus(state_.map_count, set.shape.always_own_mapping ? blocks : 1);
  if (set.locked)
    state_.locked_bytes = minus(state_.locked_bytes, lockable_bytes(set, page()).most);
  state_.note_freed(set);
  if (set.shape.on_heap) {
    state_.heap_freed_bytes = saturating_add(state_.heap_freed_bytes,
                                             saturating_multiply(set.shape.mapped_bytes, blocks));
    state_.heap_freed_resident_bytes += set.resident_bytes;
  }
  state_.sets.erase(found);
  return goes_on();
}

void Stepper::take_charge_back(BlockSet& set) {
  if (set.faulted || !rules_.takes_charge_back(situation_.facts)) return;
  // "Written" is said of a mapping, and written neighbours may have become part of this one.
  set.charge_may_stand = state_.may_have_written_beside(set);
  if (set.charge_may_stand && situation_.facts.overcommit_memory.value_or(0) == 2)
    leave_out("a charge beside written memory");
  state_.charged_bytes = minus(state_.charged_bytes, set.total_charge());
  set.charged = false;
}

// mprotect to writable is charged like a new private mapping, unless the charge still stands
// (mm/mprotect.c mprotect_fixup). RLIMIT_DATA counts what is writable now.
StepOutcome Stepper::apply(const Protect& step) {
  BlockSet& set = state_.sets[step.name];
  if (set.unmapped)
    return call_refused(set, "mprotect of what is not mapped", "mm/mprotect.c do_mprotect_pkey");
  state_.split_count = saturating_add(state_.split_count, split_mappings(set));
  const bool was_writable = set.access == Protection::read_write;
  const bool is_private = !set.shape.always_own_mapping;
  set.access = step.access;
  const std::uint64_t each = set.shape.mapped_bytes;
  const std::uint64_t all = saturating_multiply(each, set.request.count);
  if (step.access != Protection::read_write) {
    if (was_writable && is_private) take_charge_back(set);
    if (was_writable && is_private) state_.data_bytes = minus(state_.data_bytes, all);
    return goes_on();
  }
  if (was_writable || !is_private) return goes_on();
  std::vector<Capacity> rules{rules_.data(situation_, state_, each)};
  const bool new_charge = !set.charged && !set.noreserve;
  if (new_charge) rules.push_back(rules_.charge(situation_, state_, each));
  const StepOutcome outcome = granted_or_refused(rules, set.request.count);
  set.shape.data_bytes = each;
  state_.data_bytes = saturating_add(state_.data_bytes, all);
  if (new_charge) {
    set.charged = true;
    set.shape.charged_bytes = each;
    state_.charged_bytes = saturating_add(state_.charged_bytes, all);
  }
  // mm/mprotect.c mprotect_fixup: what is locked is written at once.
  return set.locked ? then(outcome, [&] { return make_resident(step.name, Access::write); })
                    : outcome;
}

// MADV_POPULATE_* answers with EINVAL where a touch would be a signal (mm/madvise.c
// madvise_populate, >= 5.14).
StepOutcome Stepper::apply(const Advise& step) {
  BlockSet& set = state_.sets[step.name];
  if (set.unmapped)
    return call_refused(set, "advice about what is not mapped", "mm/madvise.c madvise_walk_vmas");
  const bool writes = step.advice == Advice::populate_write;
  if (writes || step.advice == Advice::populate_read) {
    const Access access = writes ? Access::write : Access::read;
    if (situation_.facts.kernel_version.value_or(5014) < 5014)
      return call_refused(set, "this kernel does not know MADV_POPULATE (it came with 5.14)",
                          "mm/madvise.c madvise_behavior_valid");
    if (!allows(set, access))
      return call_refused(set, "the mapping does not allow to populate it",
                          "mm/madvise.c madvise_populate");
    return make_resident(step.name, access);
  }
  const bool takes_pages = step.advice == Advice::dontneed || step.advice == Advice::free ||
                           step.advice == Advice::cold || step.advice == Advice::pageout;
  if (takes_pages && set.locked)
    return call_refused(set, "locked pages are not given back",
                        "mm/madvise.c madvise_dontneed_free_valid_vma, can_madv_lru_vma");
  StepOutcome outcome = goes_on();
  if (marks_anew(set, step.advice)) {
    outcome = granted_or_refused({split_rule(situation_, state_, set)}, set.request.count);
    state_.split_count = saturating_add(state_.split_count, split_mappings(set));
  }
  note_advice(set, step.advice);
  return outcome;
}

void Stepper::note_advice(BlockSet& set, Advice advice) {
  const bool keeps_content = set.shape.always_own_mapping;
  if (advice == Advice::dontneed) {
    if (keeps_content) return;  // the object keeps its pages, and the cgroup its charge
    set.resident_bytes = 0;
    note_loss(set, page());
  } else if (advice == Advice::free || advice == Advice::pageout || advice == Advice::cold) {
    if (advice == Advice::free && !keeps_content) leave_out("when MADV_FREE takes effect");
  } else if (advice == Advice::normal) {
    set.advised.erase(Advice::random);
    set.advised.erase(Advice::sequential);
  } else if (advice != Advice::willneed) {
    mark(set, advice);
  }
}

// mlock makes resident: private writable pages as by writing, all others as by reading (mm/gup.c
// populate_vma_page_range). What cannot be read is ENOMEM (__mlock_posix_error_return).
StepOutcome Stepper::apply(const Lock& step) {
  BlockSet& set = state_.sets[step.name];
  if (set.unmapped)
    return call_refused(set, "mlock of what is not mapped", "mm/mlock.c apply_vma_lock_flags");
  const Capacity limit = rules_.lock(situation_, state_, set);
  const auto now = [&] { return lock_now(set, step.name); };
  // Without access the first block is refused already, where the limit lets it come to that.
  if (set.access == Protection::none && limit.surely > 0) return now();
  const StepOutcome refusal = granted_or_refused({limit}, set.request.count);
  if (!refusal.may_end || limit.possibly == 0) return then(refusal, now);
  return then(locked_before_refusal(set, limit), [&] { return then(refusal, now); });
}

// Blocks are locked one after the other: some are resident before one is refused.
StepOutcome Stepper::locked_before_refusal(BlockSet& set, const Capacity& limit) {
  const BlockSet before = set;
  set.blocks = std::min(set.blocks, limit.possibly);
  StepOutcome outcome = make_resident(set.request.name, populating_access(set));
  set = before;
  outcome.may_go_on = outcome.may_go_on || limit.surely < limit.possibly;
  return outcome;
}

StepOutcome Stepper::lock_now(BlockSet& set, const std::string& name) {
  if (!set.locked)
    state_.locked_bytes = saturating_add(state_.locked_bytes, lockable_bytes(set, page()).most);
  set.locked = true;
  if (set.shape.behind_header) set.was_split = true;
  state_.split_count = saturating_add(state_.split_count, split_mappings(set));
  if (set.access == Protection::none)
    return call_refused(set, "pages without access cannot be made resident",
                        "mm/mlock.c __mlock_posix_error_return");
  return make_resident(name, populating_access(set));
}

// Every accounted mapping is charged again, one by one; adjacent equal ones are one mapping, so a
// list that was granted block by block is tested as a single request (mm/mmap.c dup_mmap). That
// the blocks of one list lie together is sure, that two lists do is likely.
StepOutcome Stepper::apply(const Fork& step) {
  const ForkCharge charge = fork_charge(state_, page());
  if (charge.may_be_more) leave_out("a charge beside written memory");
  const bool strict = situation_.facts.overcommit_memory.value_or(0) == 2;
  StepOutcome outcome = granted_or_refused(
      {rules_.charge(situation_, state_, strict ? charge.all : charge.largest)}, step.count);
  if (outcome.may_end) {
    outcome.why.sentence = "fork charges the whole copy again: " + outcome.why.sentence;
    if (!strict && charge.surely_one < charge.largest)
      outcome.may_go_on =
          outcome.may_go_on || rules_.charge(situation_, state_, charge.surely_one).possibly > 0;
  }
  return then(outcome, [&] { return run_copies(step, charge.all); });
}

StepOutcome Stepper::run_copies(const Fork& step, std::uint64_t charge_bytes) {
  ForkedCopy copy = forked_copy(rules_, situation_, state_, step, charge_bytes);
  const std::uint64_t held = copy.held_bytes;
  const std::uint64_t once = saturating_add(outer_resident_bytes_, state_.shared_bytes());
  const StepOutcome made = copies_made(rules_, situation_, copy, once, step.count);
  if (made.may_end) note_ending(made, step_);
  if (!made.may_go_on) return made;
  Stepper nested(situation_, std::move(copy.state), saturating_add(outer_resident_bytes_, held),
                 step.count);
  const Prediction inside = nested.run(step.workload);
  for (const std::string& what : inside.not_modelled) leave_out(what);
  if (!inside.step) {
    take_over_shared(state_, nested.state_);
    return goes_on();
  }
  bool surely = true;
  for (const OutcomeKind kind : inside.allowed) {
    if (kind == OutcomeKind::completed)
      surely = false;
    else if (kind != inside.allowed.front())
      allow(kind);
  }
  return ends(inside.allowed.front(), why_in_copy(inside), surely);
}

StepOutcome Stepper::apply(const Spawn&) { return spawn_outcome(rules_, situation_, state_); }

StepOutcome Stepper::apply(const Command& step) {
  leave_out("the program " + step.argv.front());
  return goes_on();
}

}  // namespace memqual::oracle
