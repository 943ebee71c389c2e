// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/oracle.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "harness/oracle/advice_rules.h"
#include "harness/oracle/fork_rules.h"
#include "harness/oracle/load_line.h"
#include "harness/oracle/lock_rules.h"
#include "harness/oracle/map_rules.h"
#include "harness/oracle/step_outcome.h"
#include "harness/oracle/system_rules.h"
#include "harness/oracle/touch_rules.h"

namespace memqual::oracle {
namespace {

class Stepper {
 public:
  Stepper(const Situation& situation, MemoryState state, std::uint64_t outer_resident_bytes,
          std::uint64_t copies)
      : situation_(situation),
        rules_(rules_of(situation.facts)),
        state_(std::move(state)),
        outer_resident_bytes_(outer_resident_bytes),
        copies_(copies) {}

  Prediction run(const std::vector<WorkloadStep>& workload) {
    for (const std::string& what : rules_.settings_left_out(situation_)) leave_out(what);
    for (std::size_t i = 0; i < workload.size(); ++i) {
      step_ = i;
      if (const std::string what = rules_.step_left_out(workload[i]); !what.empty())
        leave_out(what);
      const StepOutcome outcome =
          std::visit([this](const auto& action) { return apply(action); }, workload[i].action);
      if (outcome.may_end) note_ending(outcome, i);
      if (!outcome.may_go_on) return finish();
    }
    allow(OutcomeKind::completed);
    if (prediction_.allowed.size() == 1 && prediction_.sentence.empty())
      prediction_.sentence = std::string("completes: ") + rules_.completes;
    return finish();
  }

 private:
  void allow(OutcomeKind kind) {
    for (const OutcomeKind known : prediction_.allowed)
      if (known == kind) return;
    prediction_.allowed.push_back(kind);
  }

  // The first ending is the one that is explained.
  void note_ending(const StepOutcome& outcome, std::size_t step) {
    allow(outcome.ending);
    if (prediction_.step) {
      prediction_.rule_is_open = prediction_.rule_is_open || outcome.why.rule != prediction_.rule;
      return;
    }
    prediction_.step = step;
    prediction_.rule = outcome.why.rule;
    prediction_.rule_is_open = outcome.why.rule_is_open;
    prediction_.arithmetic = outcome.why.arithmetic;
    prediction_.citation = outcome.why.citation;
    prediction_.sentence = std::string(to_word(outcome.ending)) + ": " + outcome.why.sentence;
    if (outcome.may_go_on)
      prediction_.sentence = "open, " + outcome.why.open_because + ": " + prediction_.sentence;
  }

  Prediction finish() {
    prediction_.uncertain = prediction_.allowed.size() > 1 || !prediction_.not_modelled.empty();
    return std::move(prediction_);
  }

  // A call of two parts: where the first may have ended the case, the second may still come.
  template <class Next>
  StepOutcome then(const StepOutcome& first, const Next& next) {
    if (!first.may_go_on) return first;
    if (first.may_end) note_ending(first, step_);
    return next();
  }

  void leave_out(const std::string& what) {
    for (const std::string& known : prediction_.not_modelled)
      if (known == what) return;
    prediction_.not_modelled.push_back(what);
  }

  StepOutcome apply(const Allocate& step) {
    BlockSet set;
    set.request = step;
    set.own_to_copy = state_.is_copy;
    set.shape = rules_.shape(step, situation_.facts, state_.mmap_threshold_bytes);
    StepOutcome outcome =
        granted_or_refused(rules_.allocation(situation_, state_, step, set.shape), step.count);
    set.faulted = step.touched;
    if (step.touched) outcome = touched_while_allocated(set, step, std::move(outcome));
    set.blocks = step.count;
    const std::uint64_t written = written_by_library(set, page());
    state_.library_bytes = saturating_add(state_.library_bytes, written);
    add_set(step.name, set);
    return written == 0 ? outcome : then(outcome, [&] { return resident_now(0, 0, false); });
  }

  // np.ones: every block is used before the next is asked for, so a kill may come before a refusal.
  StepOutcome touched_while_allocated(BlockSet& set, const Allocate& step, StepOutcome refusal) {
    const Decision decision = decide(rules_.allocation(situation_, state_, step, set.shape));
    const MemoryLimit limit = rules_.limit(situation_);
    set.blocks = std::min(step.count, decision.possibly);
    const Footprint all = footprint_of(set, Touch{step.name}, situation_.facts);
    set.resident_bytes = all.least_bytes;
    set.page_table_bytes = all.page_table_bytes;
    StepOutcome kill = resident_now(all.least_bytes, all.most_bytes + all.page_table_bytes,
                                    set.is_shared_by_copies());
    if (!kill.may_end) return refusal;
    // Surely granted blocks alone are too many for the limit: the kill comes first.
    set.blocks = std::min(step.count, decision.surely);
    const Footprint sure = footprint_of(set, Touch{step.name}, situation_.facts);
    const bool surely_first = !kill.may_go_on && sure.least_bytes > limit.most_bytes + 8 * kMiB;
    if (surely_first || !refusal.may_end) return kill;
    note_ending(refusal, step_);
    kill.may_go_on = refusal.may_go_on;
    return kill;
  }

  void add_set(const std::string& name, BlockSet set) {
    state_.allocated_in_copy = state_.is_copy;
    const std::uint64_t blocks = set.request.count;
    const AllocateUsing using_ = set.request.using_;
    if (using_ == AllocateUsing::mmap_none) set.access = Protection::none;
    if (using_ == AllocateUsing::mmap_readonly) set.access = Protection::read;
    set.charged = set.shape.charged_bytes > 0;
    if (set.shape.on_heap && state_.heap_has_locks) leave_out("a heap with locked pages");
    if (set.shape.on_heap && using_ != AllocateUsing::brk) state_.heap_extended = true;
    if (set.shape.on_heap) state_.heap_used = true;
    set.noreserve = using_ == AllocateUsing::mmap_noreserve && !set.charged;
    state_.vsz_bytes =
        saturating_add(state_.vsz_bytes, saturating_multiply(set.shape.mapped_bytes, blocks));
    state_.data_bytes =
        saturating_add(state_.data_bytes, saturating_multiply(set.shape.data_bytes, blocks));
    state_.charged_bytes = saturating_add(state_.charged_bytes, set.total_charge());
    state_.map_count += set.shape.always_own_mapping ? blocks : 1;
    state_.sets[name] = std::move(set);
  }

  // Copies begin at once, but one may have ended before the other makes its pages resident. What is
  // shared is there once.
  StepOutcome resident_now(std::uint64_t least_bytes, std::uint64_t most_bytes, bool shared) {
    const std::uint64_t once = saturating_add(outer_resident_bytes_, state_.shared_bytes());
    const std::uint64_t own = saturating_add(state_.private_bytes(), state_.page_table_bytes());
    const std::uint64_t least = saturating_add(once, saturating_add(own, least_bytes));
    const std::uint64_t freed =
        saturating_add(state_.heap_freed_resident_bytes, state_.library_bytes);
    const std::uint64_t times = saturating_multiply(saturating_add(own, freed), copies_);
    const std::uint64_t most = saturating_add(
        saturating_add(once, times), saturating_multiply(most_bytes, shared ? 1 : copies_));
    Capacity capacity = rules_.residency(situation_, least, most);
    if (capacity.surely >= 1) return goes_on();
    const bool surely = capacity.possibly == 0;
    return ends(OutcomeKind::oom_killed, std::move(capacity), surely);
  }

  StepOutcome apply(const Touch& step) {
    BlockSet& set = state_.sets[step.name];
    if (is_empty(set, step.fraction)) {
      if (step.access == Access::write) note_written(set, step);
      return goes_on();
    }
    if (!allows(set, step.access)) return denied(set);
    const Footprint footprint = footprint_of(set, step, situation_.facts);
    if (step.access == Access::write) note_written(set, step);
    if (set.request.using_ == AllocateUsing::file) return touch_file(step, footprint);
    // What was resident is resident once, however often it is touched.
    const std::uint64_t before = set.resident_bytes;
    const std::uint64_t tables_before = set.page_table_bytes;
    set.resident_bytes = 0;
    set.page_table_bytes = 0;
    if (before == 0 && copies_ == 1 && outer_resident_bytes_ == 0)
      if (auto line = touch_line(situation_, state_, set, step, step_))
        prediction_.load_lines.push_back(*std::move(line));
    const StepOutcome outcome =
        resident_now(std::max(before, footprint.least_bytes) + footprint.page_table_bytes / 2,
                     saturating_add(std::max(before, footprint.most_bytes),
                                    std::max(tables_before, footprint.page_table_bytes)),
                     set.is_shared_by_copies());
    set.resident_bytes = std::max(before, footprint.least_bytes);
    set.page_table_bytes = std::max(tables_before, footprint.page_table_bytes);
    return outcome;
  }

  // Pages of a file are given back when memory is short; only what cannot be written back fast is
  // open.
  StepOutcome touch_file(const Touch& step, const Footprint& footprint) {
    const std::uint64_t bytes = footprint.most_bytes;
    if (step.access == Access::write && bytes > rules_.limit(situation_).least_bytes / 2)
      leave_out("writing back dirty pages of a file under a memory limit");
    return goes_on();
  }

  // A block behind a header may have no whole page that could be missing.
  StepOutcome denied(const BlockSet& set) {
    if (set.unmapped && state_.allocated_in_copy) return in_a_gap();
    Capacity why;
    why.rule = LimitingRule::protection;
    why.sentence = set.unmapped ? "the mapping was left out of the copy with MADV_DONTFORK"
                                : "the mapping does not allow this access";
    why.citation = set.unmapped ? "mm/mmap.c dup_mmap, VM_DONTCOPY" : "mm/memory.c, access_error";
    const bool surely = !set.unmapped || !set.shape.behind_header;
    return ends(OutcomeKind::segfault, std::move(why), surely);
  }

  StepOutcome in_a_gap() {
    leave_out("what a copy put where a mapping was left out of it");
    return goes_on();
  }

  // A call on the whole pages of a set, where the kernel answers with an error and not a signal.
  StepOutcome call_refused(const BlockSet& set, const char* sentence, const char* citation) {
    if (set.unmapped && state_.allocated_in_copy) return in_a_gap();
    const PageRange pages = set.whole_pages(page());
    if (pages.most == 0) return goes_on();
    Capacity why;
    why.rule = LimitingRule::protection;
    why.sentence = sentence;
    why.citation = citation;
    return ends(OutcomeKind::refused, std::move(why), pages.least > 0);
  }

  std::uint64_t page() const { return situation_.facts.page_size_bytes.value_or(4096); }

  StepOutcome apply(const Verify& step) {
    const BlockSet& set = state_.sets[step.name];
    if (is_empty(set, set.written_fraction)) return goes_on();
    if (!allows(set, Access::read)) return denied(set);
    const bool overwritten = set.content_pattern != set.verify_pattern;
    const bool raced = set.is_shared_by_copies() && copies_ > 1;  // others write meanwhile
    if (!set.lost_its_content && !set.may_have_lost_it && !overwritten && !raced) return goes_on();
    Capacity why;
    why.sentence = overwritten || raced
                       ? "a forked process wrote something else into the shared pages"
                       : "the pages were given back with madvise and read as zeros";
    why.citation =
        overwritten ? "mm/memory.c do_shared_fault" : "mm/madvise.c madvise_dontneed_single_vma";
    return ends(OutcomeKind::corrupted, std::move(why), set.lost_its_content || overwritten);
  }

  StepOutcome apply(const Free& step) {
    const auto found = state_.sets.find(step.name);
    if (found == state_.sets.end()) return goes_on();
    const BlockSet& set = found->second;
    if (set.unmapped && set.shape.on_heap) leave_out("a heap with pages left out of the copy");
    if (set.unmapped && state_.allocated_in_copy) return in_a_gap();
    const std::uint64_t blocks = set.request.count;
    const bool counts_as_data = set.access == Protection::read_write;
    if (!set.unmapped)
      state_.vsz_bytes =
          minus(state_.vsz_bytes, saturating_multiply(set.shape.mapped_bytes, blocks));
    if (counts_as_data && !set.unmapped)
      state_.data_bytes =
          minus(state_.data_bytes, saturating_multiply(set.shape.data_bytes, blocks));
    state_.charged_bytes = minus(state_.charged_bytes, set.total_charge());
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

  void take_charge_back(BlockSet& set) {
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
  StepOutcome apply(const Protect& step) {
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
  StepOutcome apply(const Advise& step) {
    BlockSet& set = state_.sets[step.name];
    if (set.unmapped)
      return call_refused(set, "advice about what is not mapped", "mm/madvise.c madvise_walk_vmas");
    const bool writes = step.advice == Advice::populate_write;
    if (writes || step.advice == Advice::populate_read) {
      const Access access = writes ? Access::write : Access::read;
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

  // Like a touch, but nothing is written into the pages.
  StepOutcome make_resident(const std::string& name, Access access) {
    const BlockSet before = state_.sets[name];
    Touch touch{name};
    touch.access = access;
    const StepOutcome outcome = apply(touch);
    BlockSet& set = state_.sets[name];
    set.lost_its_content = before.lost_its_content;
    set.may_have_lost_it = before.may_have_lost_it;
    set.written_fraction = before.written_fraction;
    set.written_every = before.written_every;
    set.verify_pattern = before.verify_pattern;
    set.content_pattern = before.content_pattern;
    return outcome;
  }

  void note_advice(BlockSet& set, Advice advice) {
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
  StepOutcome apply(const Lock& step) {
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
  StepOutcome locked_before_refusal(BlockSet& set, const Capacity& limit) {
    const BlockSet before = set;
    set.blocks = std::min(set.blocks, limit.possibly);
    StepOutcome outcome = make_resident(set.request.name, populating_access(set));
    set = before;
    outcome.may_go_on = outcome.may_go_on || limit.surely < limit.possibly;
    return outcome;
  }

  StepOutcome lock_now(BlockSet& set, const std::string& name) {
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
  StepOutcome apply(const Fork& step) {
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

  StepOutcome run_copies(const Fork& step, std::uint64_t charge_bytes) {
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

  StepOutcome apply(const Spawn&) { return spawn_outcome(rules_, situation_, state_); }

  StepOutcome apply(const Command& step) {
    leave_out("the program " + step.argv.front());
    return goes_on();
  }

  // Everything is given back, so that nothing stays but glibc's threshold, which the child sets.
  StepOutcome apply(const FindLargest& step) {
    prediction_.load_lines.push_back(load_line(situation_, state_, step, step_));
    if (is_malloc_family(step.using_)) state_.fix_mmap_threshold();
    if (step.using_ == AllocateUsing::new_) state_.note_exception();
    return goes_on();
  }

  const Situation& situation_;
  const SystemRules& rules_;
  MemoryState state_;
  std::uint64_t outer_resident_bytes_;
  std::uint64_t copies_;
  std::size_t step_ = 0;
  Prediction prediction_;
};

}  // namespace

Prediction predict(const Situation& situation, const std::vector<WorkloadStep>& workload) {
  const ProcessBaseline own =
      rules_of(situation.facts).baseline(situation.facts, situation.baseline);
  MemoryState state;
  state.vsz_bytes = own.vsz_bytes;
  state.data_bytes = own.data_bytes;
  state.map_count = own.map_count;
  return Stepper(situation, std::move(state), 0, 1).run(workload);
}

}  // namespace memqual::oracle
