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

/// True where no other rule can refuse before `rule` does, at an earlier block or in the kernel's
/// order of checks, which is that of `rules`.
inline bool refuses_first(const std::vector<Capacity>& rules, const Capacity& rule) {
  for (const Capacity& other : rules) {
    const bool checked_before = &other < &rule;
    if (&other != &rule &&
        (other.surely < rule.possibly || (checked_before && other.surely == rule.possibly)))
      return false;
  }
  return true;
}

/// The rules about `count` requests: granted, refused, or open.
inline StepOutcome granted_or_refused(const std::vector<Capacity>& rules, std::uint64_t count) {
  const Decision decision = decide(rules);
  if (decision.surely >= count) return goes_on();
  for (const Capacity& rule : rules)
    if (rule.surely < count &&
        (decision.limit == nullptr || &rule == decision.limit || decision.possibly >= count)) {
      Capacity why = rule;
      why.rule_is_open = !refuses_first(rules, rule);
      return ends(OutcomeKind::refused, std::move(why), decision.possibly < count);
    }
  return goes_on();
}

/// Why a case ends whose forked process ends as `inside` says.
inline Capacity why_in_copy(const Prediction& inside) {
  Capacity why;
  why.rule = inside.rule;
  why.rule_is_open = inside.rule_is_open;
  why.sentence = "in the forked process, " + inside.sentence;
  why.arithmetic = inside.arithmetic;
  why.citation = inside.citation;
  return why;
}

}  // namespace memqual::oracle
