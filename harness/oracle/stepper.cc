// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/stepper.h"

#include <algorithm>

#include "harness/oracle/load_line.h"
#include "harness/oracle/numa_rules.h"

namespace memqual::oracle {

Prediction Stepper::run(const std::vector<WorkloadStep>& workload) {
  for (const std::string& what : rules_.settings_left_out(situation_)) leave_out(what);
  for (std::size_t i = 0; i < workload.size(); ++i) {
    step_ = i;
    if (const std::string what = rules_.step_left_out(workload[i]); !what.empty()) leave_out(what);
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

void Stepper::allow(OutcomeKind kind) {
  for (const OutcomeKind known : prediction_.allowed)
    if (known == kind) return;
  prediction_.allowed.push_back(kind);
}

// The first ending is the one that is explained.
void Stepper::note_ending(const StepOutcome& outcome, std::size_t step) {
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

Prediction Stepper::finish() {
  prediction_.uncertain = prediction_.allowed.size() > 1 || !prediction_.not_modelled.empty();
  return std::move(prediction_);
}

void Stepper::leave_out(const std::string& what) {
  for (const std::string& known : prediction_.not_modelled)
    if (known == what) return;
  prediction_.not_modelled.push_back(what);
}

StepOutcome Stepper::apply(const Allocate& step) {
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
StepOutcome Stepper::touched_while_allocated(BlockSet& set, const Allocate& step,
                                             StepOutcome refusal) {
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

void Stepper::add_set(const std::string& name, BlockSet set) {
  state_.allocated_in_copy = state_.is_copy;
  const std::uint64_t blocks = set.request.count;
  const AllocateUsing using_ = set.request.using_;
  if (using_ == AllocateUsing::mmap_none) set.access = Protection::none;
  if (using_ == AllocateUsing::mmap_readonly) set.access = Protection::read;
  set.charged = set.shape.charged_bytes > 0;
  if (set.shape.on_heap && state_.heap_has_locks) leave_out("a heap with locked pages");
  if (set.shape.on_heap && using_ != AllocateUsing::brk) state_.heap_extended = true;
  if (set.shape.on_heap) state_.heap_used = true;
  if (using_ == AllocateUsing::hugetlb)
    set.pool_pages =
        saturating_multiply(set.shape.mapped_bytes / hugetlb_page_bytes(situation_.facts), blocks);
  if (is_hugetlb(using_) && set.request.touched)
    leave_out("huge pages that are touched while they are allocated");
  state_.pool_pages_taken = saturating_add(state_.pool_pages_taken, set.pool_pages);
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
StepOutcome Stepper::resident_now(std::uint64_t least_bytes, std::uint64_t most_bytes,
                                  bool shared) {
  const std::uint64_t once = saturating_add(outer_resident_bytes_, state_.shared_bytes());
  const std::uint64_t own = saturating_add(state_.private_bytes(), state_.page_table_bytes());
  const std::uint64_t least = saturating_add(once, saturating_add(own, least_bytes));
  const std::uint64_t freed =
      saturating_add(state_.heap_freed_resident_bytes, state_.library_bytes);
  const std::uint64_t times = saturating_multiply(saturating_add(own, freed), copies_);
  const std::uint64_t most = saturating_add(saturating_add(once, times),
                                            saturating_multiply(most_bytes, shared ? 1 : copies_));
  Capacity capacity = rules_.residency(situation_, least, most);
  if (capacity.surely >= 1) {
    Capacity slow = high_rule(situation_, most);
    return slow.surely >= 1 ? goes_on() : ends(OutcomeKind::timed_out, std::move(slow), false);
  }
  const bool surely = capacity.possibly == 0;
  const StepOutcome kill = ends(OutcomeKind::oom_killed, std::move(capacity), surely);
  // Slowed down before it gets so far.
  if (high_rule(situation_, least).surely == 0) {
    note_ending(kill, step_);
    return ends(OutcomeKind::timed_out, high_rule(situation_, least), surely);
  }
  return kill;
}

StepOutcome Stepper::apply(const Touch& step) {
  BlockSet& set = state_.sets[step.name];
  if (is_empty(set, step.fraction)) {
    if (step.access == Access::write) note_written(set, step);
    return goes_on();
  }
  if (!allows(set, step.access)) return denied(set);
  const Footprint footprint = footprint_of(set, step, situation_.facts);
  if (step.access == Access::write) note_written(set, step);
  if (set.request.using_ == AllocateUsing::file) return touch_file(step, footprint);
  if (is_hugetlb(set.request.using_)) return touch_pool(set, step);
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

// Reserved huge pages are neither in the resident set nor in the memory cgroup. With a reservation
// they are there; without one the pool is asked now, and where it is empty there is no killer and
// no errno but SIGBUS (mm/hugetlb.c hugetlb_no_page, alloc_hugetlb_folio; since 2.6.16).
StepOutcome Stepper::touch_pool(BlockSet& set, const Touch& step) {
  if (state_.is_copy) leave_out("huge pages of a copy");
  if (only_nodes(situation_)) leave_out("on which NUMA node huge pages are free");
  const std::uint64_t page = hugetlb_page_bytes(situation_.facts);
  const auto part = static_cast<std::uint64_t>(static_cast<double>(set.shape.mapped_bytes) *
                                               std::min(step.fraction, 1.0));
  const std::uint64_t wanted = saturating_multiply(round_up(part, page) / page, set.blocks);
  const std::uint64_t before = std::exchange(set.pool_pages, std::max(set.pool_pages, wanted));
  if (set.request.using_ == AllocateUsing::hugetlb || wanted <= before) return goes_on();
  const std::uint64_t free = situation_.facts.huge_pages_free.value_or(0);
  state_.pool_pages_taken = saturating_add(state_.pool_pages_taken, wanted - before);
  if (state_.pool_pages_taken <= free) return goes_on();
  Capacity why;
  why.rule = LimitingRule::hugetlb_pool;
  why.sentence = "mapped with MAP_NORESERVE, and the pool has no huge page left when it is touched";
  why.arithmetic = {{"huge pages touched", state_.pool_pages_taken, true, "scenario"},
                    {"free huge pages", free, true, situation_.facts.huge_pages_free.source}};
  why.citation = "mm/hugetlb.c alloc_hugetlb_folio, VM_FAULT_SIGBUS";
  return ends(OutcomeKind::bus_error, std::move(why), true);
}

StepOutcome Stepper::apply(const Placement& step) {
  const BlockSet& set = state_.sets[step.name];
  if (is_hugetlb(set.request.using_) && !step.nodes.empty())
    leave_out("on which NUMA node huge pages are free");
  return placement_outcome(situation_, set, step);
}

// Pages of a file are given back when memory is short; only what cannot be written back fast is
// open.
StepOutcome Stepper::touch_file(const Touch& step, const Footprint& footprint) {
  const std::uint64_t bytes = footprint.most_bytes;
  if (step.access == Access::write && bytes > rules_.limit(situation_).least_bytes / 2)
    leave_out("writing back dirty pages of a file under a memory limit");
  return goes_on();
}

// A block behind a header may have no whole page that could be missing.
StepOutcome Stepper::denied(const BlockSet& set) {
  if (set.unmapped && state_.allocated_in_copy) return in_a_gap();
  Capacity why;
  why.rule = LimitingRule::protection;
  why.sentence = set.unmapped ? "the mapping was left out of the copy with MADV_DONTFORK"
                              : "the mapping does not allow this access";
  why.citation = set.unmapped ? "mm/mmap.c dup_mmap, VM_DONTCOPY" : "mm/memory.c, access_error";
  const bool surely = !set.unmapped || !set.shape.behind_header;
  return ends(OutcomeKind::segfault, std::move(why), surely);
}

StepOutcome Stepper::in_a_gap() {
  leave_out("what a copy put where a mapping was left out of it");
  return goes_on();
}

// A call on the whole pages of a set, where the kernel answers with an error and not a signal.
StepOutcome Stepper::call_refused(const BlockSet& set, const char* sentence, const char* citation) {
  if (set.unmapped && state_.allocated_in_copy) return in_a_gap();
  const PageRange pages = set.whole_pages(page());
  if (pages.most == 0) return goes_on();
  Capacity why;
  why.rule = LimitingRule::protection;
  why.sentence = sentence;
  why.citation = citation;
  return ends(OutcomeKind::refused, std::move(why), pages.least > 0);
}

StepOutcome Stepper::apply(const Verify& step) {
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
// Like a touch, but nothing is written into the pages.
StepOutcome Stepper::make_resident(const std::string& name, Access access) {
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

// Everything is given back, so that nothing stays but glibc's threshold, which the child sets.
StepOutcome Stepper::apply(const FindLargest& step) {
  prediction_.load_lines.push_back(load_line(situation_, state_, step, step_));
  if (is_malloc_family(step.using_)) state_.fix_mmap_threshold();
  if (step.using_ == AllocateUsing::new_) state_.note_exception();
  return goes_on();
}

// The arrays are mapped one after the other, each touched before the next; at the end all are given
// back. Before them come the stacks of the threads. Blanks keep the names from those of a scenario.
StepOutcome Stepper::apply(const Bandwidth& step) {
  constexpr std::uint64_t kStackBytes = 8 * kMiB;
  Allocate stacks;
  stacks.name = " stacks";
  stacks.using_ = AllocateUsing::mmap;
  stacks.size = Size::of_bytes(kStackBytes);
  stacks.count = 0;
  for (const std::uint32_t threads : step.threads) stacks.count += threads;
  Allocate arrays;
  arrays.name = " arrays";
  arrays.using_ = AllocateUsing::mmap;
  arrays.size = Size::of_bytes(saturating_add(literal_bytes(step.size), kArraySpareBytes));
  arrays.count = bandwidth_arrays(step);
  arrays.touched = true;
  return then(apply(stacks), [&] {
    return then(apply(arrays), [&] {
      return then(apply(Free{arrays.name}), [&] { return apply(Free{stacks.name}); });
    });
  });
}

}  // namespace memqual::oracle
