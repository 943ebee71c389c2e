// SPDX-License-Identifier: Apache-2.0
// What one step does to a case.
#pragma once

#include <utility>
#include <vector>

#include "harness/oracle/capacity.h"
#include "scenarios/model/expectation.h"

namespace memqual::oracle {

/// Nothing that ends it, certainly; or an ending, possibly.
struct StepOutcome {
  bool may_go_on = true;
  bool may_end = false;
  OutcomeKind ending = OutcomeKind::completed;
  Capacity why;
};

inline StepOutcome goes_on() { return {}; }

inline StepOutcome ends(OutcomeKind kind, Capacity why, bool surely) {
  StepOutcome outcome;
  outcome.may_go_on = !surely;
  outcome.may_end = true;
  outcome.ending = kind;
  outcome.why = std::move(why);
  return outcome;
}

/// The rules about `count` requests: granted, refused, or open.
inline StepOutcome granted_or_refused(const std::vector<Capacity>& rules, std::uint64_t count) {
  const Decision decision = decide(rules);
  if (decision.surely >= count) return goes_on();
  for (const Capacity& rule : rules)
    if (rule.surely < count &&
        (decision.limit == nullptr || &rule == decision.limit || decision.possibly >= count))
      return ends(OutcomeKind::refused, rule, decision.possibly < count);
  return goes_on();
}

}  // namespace memqual::oracle
