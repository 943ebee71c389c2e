// SPDX-License-Identifier: Apache-2.0
// Follows a workload step by step through the rules. One per process: a forked copy gets its own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/oracle/memory_state.h"
#include "harness/oracle/step_outcome.h"
#include "harness/oracle/system_rules.h"
#include "harness/oracle/touch_rules.h"

namespace memqual::oracle {

class Stepper {
 public:
  Stepper(const Situation& situation, MemoryState state, std::uint64_t outer_resident_bytes,
          std::uint64_t copies)
      : situation_(situation),
        rules_(rules_of(situation.facts)),
        state_(std::move(state)),
        outer_resident_bytes_(outer_resident_bytes),
        copies_(copies) {}

  Prediction run(const std::vector<WorkloadStep>& workload);

 private:
  // What the prediction says so far.
  void allow(OutcomeKind kind);
  void note_ending(const StepOutcome& outcome, std::size_t step);
  void leave_out(const std::string& what);
  Prediction finish();

  // A call of two parts: where the first may have ended the case, the second may still come.
  template <class Next>
  StepOutcome then(const StepOutcome& first, const Next& next) {
    if (!first.may_go_on) return first;
    if (first.may_end) note_ending(first, step_);
    return next();
  }

  // Memory that is made and used (stepper.cc).
  StepOutcome apply(const Allocate& step);
  StepOutcome apply(const Touch& step);
  StepOutcome apply(const Verify& step);
  StepOutcome apply(const FindLargest& step);
  StepOutcome apply(const Bandwidth& step);
  StepOutcome apply(const Kernel& step);
  StepOutcome use_array(const std::optional<ArrayRef>& array, Access access);
  StepOutcome map_file(const ArrayRef& array);
  StepOutcome hold_tiles(const Kernel& step);
  StepOutcome apply(const Placement& step);
  StepOutcome touch_pool(BlockSet& set, const Touch& step);
  StepOutcome touched_while_allocated(BlockSet& set, const Allocate& step, StepOutcome refusal);
  void add_set(const std::string& name, BlockSet set);
  StepOutcome resident_now(std::uint64_t least_bytes, std::uint64_t most_bytes, bool shared);
  StepOutcome touch_file(const Touch& step, const Footprint& footprint);
  StepOutcome make_resident(const std::string& name, Access access);
  StepOutcome denied(const BlockSet& set);
  StepOutcome in_a_gap();
  StepOutcome call_refused(const BlockSet& set, const char* sentence, const char* citation);

  // Calls on memory that is there, and processes (stepper_calls.cc).
  StepOutcome apply(const Free& step);
  StepOutcome apply(const Protect& step);
  StepOutcome apply(const Advise& step);
  StepOutcome apply(const Lock& step);
  StepOutcome apply(const Fork& step);
  StepOutcome apply(const Spawn& step);
  StepOutcome apply(const Command& step);
  void take_charge_back(BlockSet& set);
  void note_advice(BlockSet& set, Advice advice);
  StepOutcome locked_before_refusal(BlockSet& set, const Capacity& limit);
  StepOutcome lock_now(BlockSet& set, const std::string& name);
  StepOutcome run_copies(const Fork& step, std::uint64_t charge_bytes);

  std::uint64_t page() const { return situation_.facts.page_size_bytes.value_or(4096); }

  const Situation& situation_;
  const SystemRules& rules_;
  MemoryState state_;
  std::uint64_t outer_resident_bytes_;
  std::uint64_t copies_;
  std::size_t step_ = 0;
  Prediction prediction_;
};

}  // namespace memqual::oracle
