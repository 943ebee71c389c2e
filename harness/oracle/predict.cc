// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/oracle.h"

#include <map>
#include <optional>

#include "harness/oracle/allocation_rules.h"
#include "harness/oracle/touch_rules.h"

namespace memqual::oracle {
namespace {

// What one step does to the case: nothing that ends it, certainly; or an ending, possibly.
struct StepOutcome {
  bool may_go_on = true;
  bool may_end = false;
  OutcomeKind ending = OutcomeKind::completed;
  Capacity why;
};

StepOutcome goes_on() { return {}; }

StepOutcome ends(OutcomeKind kind, Capacity why, bool surely) {
  StepOutcome outcome;
  outcome.may_go_on = !surely;
  outcome.may_end = true;
  outcome.ending = kind;
  outcome.why = std::move(why);
  return outcome;
}

// The rules about `count` requests: granted, refused, or open.
StepOutcome granted_or_refused(const std::vector<Capacity>& rules, std::uint64_t count) {
  const Decision decision = decide(rules);
  if (decision.surely >= count) return goes_on();
  for (const Capacity& rule : rules)
    if (rule.surely < count &&
        (decision.limit == nullptr || &rule == decision.limit || decision.possibly >= count))
      return ends(OutcomeKind::refused, rule, decision.possibly < count);
  return goes_on();
}

class Stepper {
 public:
  Stepper(const Situation& situation, MemoryState state, std::uint64_t outer_resident_bytes,
          std::uint64_t copies)
      : situation_(situation),
        state_(std::move(state)),
        outer_resident_bytes_(outer_resident_bytes),
        copies_(copies) {}

  Prediction run(const std::vector<WorkloadStep>& workload) {
    for (std::size_t i = 0; i < workload.size(); ++i) {
      const StepOutcome outcome =
          std::visit([this](const auto& action) { return apply(action); }, workload[i].action);
      if (outcome.may_end) note_ending(outcome, i);
      if (!outcome.may_go_on) return finish();
    }
    allow(OutcomeKind::completed);
    if (prediction_.allowed.size() == 1 && prediction_.sentence.empty())
      prediction_.sentence = "completes: no rule stands in the way";
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
    if (prediction_.step) return;
    prediction_.step = step;
    prediction_.rule = outcome.why.rule;
    prediction_.arithmetic = outcome.why.arithmetic;
    prediction_.citation = outcome.why.citation;
    prediction_.sentence = std::string(to_word(outcome.ending)) + ": " + outcome.why.sentence;
    if (outcome.may_go_on)
      prediction_.sentence = "open, within the slack of the rule: " + prediction_.sentence;
  }

  Prediction finish() {
    prediction_.uncertain = prediction_.allowed.size() > 1 || !prediction_.not_modelled.empty();
    return std::move(prediction_);
  }

  void leave_out(const std::string& what) {
    for (const std::string& known : prediction_.not_modelled)
      if (known == what) return;
    prediction_.not_modelled.push_back(what);
  }

  StepOutcome apply(const Allocate& step) {
    BlockSet set;
    set.request = step;
    set.shape = shape_of(step, situation_.facts);
    StepOutcome outcome =
        granted_or_refused(allocation_rules(situation_, state_, step, set.shape), step.count);
    if (step.touched) outcome = touched_while_allocated(set, step, std::move(outcome));
    set.blocks = step.count;
    add_set(step.name, set);
    return outcome;
  }

  // np.ones: every block is used before the next is asked for, so a kill may come before a refusal.
  StepOutcome touched_while_allocated(BlockSet& set, const Allocate& step, StepOutcome refusal) {
    const Decision decision = decide(allocation_rules(situation_, state_, step, set.shape));
    const MemoryLimit limit = memory_limit(situation_);
    set.blocks = std::min(step.count, decision.possibly);
    const Footprint all = footprint_of(set, Touch{step.name}, situation_.facts);
    set.resident_bytes = all.least_bytes;
    set.page_table_bytes = all.page_table_bytes;
    StepOutcome kill = resident_now(all.least_bytes, all.most_bytes + all.page_table_bytes);
    if (!kill.may_end) return refusal;
    // Surely granted blocks alone are too many for the limit: the kill comes first.
    set.blocks = std::min(step.count, decision.surely);
    const Footprint sure = footprint_of(set, Touch{step.name}, situation_.facts);
    kill.may_go_on = kill.may_go_on || sure.least_bytes <= limit.most_bytes + 8 * kMiB;
    return kill;
  }

  void add_set(const std::string& name, BlockSet set) {
    const std::uint64_t blocks = set.request.count;
    const AllocateUsing using_ = set.request.using_;
    if (using_ == AllocateUsing::mmap_none) set.access = Protection::none;
    if (using_ == AllocateUsing::mmap_readonly) set.access = Protection::read;
    set.charged = set.shape.charged_bytes > 0;
    set.noreserve = using_ == AllocateUsing::mmap_noreserve && !set.charged;
    state_.vsz_bytes =
        saturating_add(state_.vsz_bytes, saturating_multiply(set.shape.mapped_bytes, blocks));
    state_.data_bytes =
        saturating_add(state_.data_bytes, saturating_multiply(set.shape.data_bytes, blocks));
    state_.charged_bytes = saturating_add(state_.charged_bytes, set.total_charge());
    state_.map_count += set.shape.always_own_mapping ? blocks : 1;
    state_.sets[name] = std::move(set);
  }

  StepOutcome resident_now(std::uint64_t least_bytes, std::uint64_t most_bytes) {
    const std::uint64_t held = saturating_add(state_.resident_bytes(), state_.page_table_bytes());
    const std::uint64_t least = saturating_add(
        outer_resident_bytes_, saturating_multiply(saturating_add(held, least_bytes), copies_));
    const std::uint64_t most = saturating_add(
        outer_resident_bytes_, saturating_multiply(saturating_add(held, most_bytes), copies_));
    Capacity capacity = residency_rule(situation_, least, most);
    if (capacity.surely >= 1) return goes_on();
    const bool surely = capacity.possibly == 0;
    return ends(OutcomeKind::oom_killed, std::move(capacity), surely);
  }

  StepOutcome apply(const Touch& step) {
    BlockSet& set = state_.sets[step.name];
    if (!allows(set, step.access)) return denied();
    const Footprint footprint = footprint_of(set, step, situation_.facts);
    if (set.request.using_ == AllocateUsing::file) return touch_file(step, footprint);
    if (step.access == Access::write) set.lost_its_content = false;
    // What was resident is resident once, however often it is touched.
    const std::uint64_t before = set.resident_bytes;
    const std::uint64_t tables_before = set.page_table_bytes;
    set.resident_bytes = 0;
    set.page_table_bytes = 0;
    const StepOutcome outcome =
        resident_now(std::max(before, footprint.least_bytes) + footprint.page_table_bytes / 2,
                     saturating_add(std::max(before, footprint.most_bytes),
                                    std::max(tables_before, footprint.page_table_bytes)));
    set.resident_bytes = std::max(before, footprint.least_bytes);
    set.page_table_bytes = std::max(tables_before, footprint.page_table_bytes);
    return outcome;
  }

  // Pages of a file are given back when memory is short; only what cannot be written back fast is
  // open.
  StepOutcome touch_file(const Touch& step, const Footprint& footprint) {
    const std::uint64_t bytes = footprint.most_bytes;
    if (step.access == Access::write && bytes > memory_limit(situation_).least_bytes / 2)
      leave_out("writing back dirty pages of a file under a memory limit");
    return goes_on();
  }

  static bool allows(const BlockSet& set, Access access) {
    if (set.access == Protection::none) return false;
    return access == Access::read || set.access == Protection::read_write;
  }

  static StepOutcome denied() {
    Capacity why;
    why.rule = LimitingRule::protection;
    why.sentence = "the mapping does not allow this access";
    why.citation = "mm/memory.c, access_error";
    return ends(OutcomeKind::segfault, std::move(why), true);
  }

  StepOutcome apply(const Verify& step) {
    const BlockSet& set = state_.sets[step.name];
    if (!allows(set, Access::read)) return denied();
    if (!set.lost_its_content) return goes_on();
    Capacity why;
    why.sentence = "the pages were given back with madvise and read as zeros";
    why.citation = "mm/madvise.c madvise_dontneed_single_vma";
    return ends(OutcomeKind::corrupted, std::move(why), true);
  }

  StepOutcome apply(const Free& step) {
    const auto found = state_.sets.find(step.name);
    if (found == state_.sets.end()) return goes_on();
    const BlockSet& set = found->second;
    const std::uint64_t blocks = set.request.count;
    const bool counts_as_data = set.access == Protection::read_write;
    state_.vsz_bytes = minus(state_.vsz_bytes, saturating_multiply(set.shape.mapped_bytes, blocks));
    if (counts_as_data)
      state_.data_bytes =
          minus(state_.data_bytes, saturating_multiply(set.shape.data_bytes, blocks));
    state_.charged_bytes = minus(state_.charged_bytes, set.total_charge());
    state_.map_count = minus(state_.map_count, set.shape.always_own_mapping ? blocks : 1);
    state_.sets.erase(found);
    return goes_on();
  }

  // mprotect to writable is charged like a new private mapping, unless the charge still stands
  // (mm/mprotect.c mprotect_fixup). RLIMIT_DATA counts what is writable now.
  StepOutcome apply(const Protect& step) {
    BlockSet& set = state_.sets[step.name];
    const bool was_writable = set.access == Protection::read_write;
    const bool is_private = !set.shape.always_own_mapping;
    set.access = step.access;
    const std::uint64_t each = set.shape.mapped_bytes;
    const std::uint64_t all = saturating_multiply(each, set.request.count);
    if (step.access != Protection::read_write) {
      if (was_writable && is_private) state_.data_bytes = minus(state_.data_bytes, all);
      return goes_on();
    }
    if (was_writable || !is_private) return goes_on();
    std::vector<Capacity> rules{rlimit_data_rule(situation_, state_, each)};
    const bool new_charge = !set.charged && !set.noreserve;
    if (new_charge) rules.push_back(overcommit_rule(situation_, state_, each));
    const StepOutcome outcome = granted_or_refused(rules, set.request.count);
    set.shape.data_bytes = each;
    state_.data_bytes = saturating_add(state_.data_bytes, all);
    if (!new_charge) return outcome;
    set.charged = true;
    set.shape.charged_bytes = each;
    state_.charged_bytes = saturating_add(state_.charged_bytes, all);
    return outcome;
  }

  StepOutcome apply(const Advise& step) {
    if (step.advice == Advice::populate_write) return apply(Touch{step.name});
    if (step.advice == Advice::populate_read) {
      Touch read{step.name};
      read.access = Access::read;
      return apply(read);
    }
    note_advice(state_.sets[step.name], step.advice);
    return goes_on();
  }

  void note_advice(BlockSet& set, Advice advice) {
    const bool keeps_content = set.shape.always_own_mapping;
    if (advice == Advice::dontneed) {
      set.resident_bytes = 0;
      set.lost_its_content = !keeps_content;
    } else if (advice == Advice::free || advice == Advice::pageout || advice == Advice::cold) {
      if (advice == Advice::free && !keeps_content) leave_out("when MADV_FREE takes effect");
    } else if (advice == Advice::dontfork) {
      set.left_out_of_fork = true;
    } else if (advice == Advice::hugepage || advice == Advice::nohugepage ||
               advice == Advice::mergeable) {
      set.kept_apart_by = advice;
      if (advice == Advice::hugepage) leave_out("huge pages asked for by madvise");
    }
  }

  StepOutcome apply(const Lock& step) {
    const BlockSet& set = state_.sets[step.name];
    const std::uint64_t bytes = saturating_multiply(set.shape.mapped_bytes, set.request.count);
    const bool exempt = situation_.facts.cap_ipc_lock.value_or(false) && !situation_.setup.uid;
    const std::uint64_t limit = rlimit_of(situation_, RlimitResource::memlock);
    if (!exempt && limit != kUnlimited) {
      Capacity rule;
      rule.rule = LimitingRule::memlock;
      const std::uint64_t room = minus(limit, state_.locked_bytes);
      rule.surely = rule.possibly = room / std::max<std::uint64_t>(1, set.shape.mapped_bytes);
      rule.sentence = "RLIMIT_MEMLOCK allows " + format_bytes(limit) + " without CAP_IPC_LOCK";
      rule.arithmetic = {{"RLIMIT_MEMLOCK", limit, false, "scenario or host"},
                         {"to lock", bytes, false, "earlier allocate"}};
      rule.citation = "mm/mlock.c do_mlock";
      const StepOutcome refusal = granted_or_refused({rule}, set.request.count);
      if (refusal.may_end) return refusal;
    }
    state_.locked_bytes = saturating_add(state_.locked_bytes, bytes);
    return apply(Touch{step.name});
  }

  // Every accounted mapping is charged again, one by one; adjacent equal ones are one mapping, so a
  // list that was granted block by block is tested as a single request (mm/mmap.c dup_mmap). That
  // the blocks of one list lie together is sure, that two lists do is likely.
  StepOutcome apply(const Fork& step) {
    std::uint64_t all = 0;
    std::uint64_t largest_list = 0;
    std::map<std::optional<Advice>, std::uint64_t> neighbours;
    for (const auto& [name, set] : state_.sets) {
      if (set.request.using_ == AllocateUsing::mmap_shared || set.left_out_of_fork) continue;
      const std::uint64_t charge = set.total_charge();
      all = saturating_add(all, charge);
      largest_list = std::max(largest_list, charge);
      auto& together = neighbours[set.kept_apart_by];
      together = saturating_add(together, charge);
    }
    std::uint64_t largest = 0;
    for (const auto& [advice, charge] : neighbours) largest = std::max(largest, charge);
    const bool strict = situation_.facts.overcommit_memory.value_or(0) == 2;
    StepOutcome outcome = granted_or_refused(
        {overcommit_rule(situation_, state_, strict ? all : largest)}, step.count);
    if (outcome.may_end) {
      outcome.why.sentence = "fork charges the whole copy again: " + outcome.why.sentence;
      if (!strict && largest_list < largest)
        outcome.may_go_on =
            outcome.may_go_on || overcommit_rule(situation_, state_, largest_list).possibly > 0;
      return outcome;
    }
    return run_copies(step);
  }

  StepOutcome run_copies(const Fork& step) {
    MemoryState copy = state_;
    const std::uint64_t held = saturating_add(state_.resident_bytes(), state_.page_table_bytes());
    for (auto& [name, set] : copy.sets) set.resident_bytes = 0;  // shared until written
    Stepper nested(situation_, std::move(copy), saturating_add(outer_resident_bytes_, held),
                   step.count);
    const Prediction inside = nested.run(step.workload);
    for (const std::string& what : inside.not_modelled) leave_out(what);
    if (!inside.step) return goes_on();
    Capacity why;
    why.rule = inside.rule;
    why.sentence = "in the forked process, " + inside.sentence;
    why.arithmetic = inside.arithmetic;
    why.citation = inside.citation;
    const bool surely = inside.allowed.size() == 1;
    return ends(inside.allowed.front(), std::move(why), surely);
  }

  StepOutcome apply(const Spawn&) {
    return goes_on();
  }  // vfork: nothing is copied, nothing charged

  StepOutcome apply(const Command& step) {
    leave_out("the program " + step.argv.front());
    return goes_on();
  }

  const Situation& situation_;
  MemoryState state_;
  std::uint64_t outer_resident_bytes_;
  std::uint64_t copies_;
  Prediction prediction_;
};

}  // namespace

Prediction predict(const Situation& situation, const std::vector<WorkloadStep>& workload) {
  MemoryState state;
  state.vsz_bytes = situation.baseline.vsz_bytes;
  state.data_bytes = situation.baseline.data_bytes;
  state.map_count = situation.baseline.map_count;
  return Stepper(situation, std::move(state), 0, 1).run(workload);
}

}  // namespace memqual::oracle
