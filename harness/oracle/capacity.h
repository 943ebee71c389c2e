// SPDX-License-Identifier: Apache-2.0
// How many requests a rule grants, as an interval: the rules are exact, their inputs are not
// always.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "scenarios/model/prediction.h"

namespace memqual::oracle {

inline constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

inline std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > kUnlimited - b ? kUnlimited : a + b;
}
inline std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > kUnlimited / b ? kUnlimited : a * b;
}
inline std::uint64_t minus(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }
inline std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return value > kUnlimited - unit ? kUnlimited / unit * unit : (value + unit - 1) / unit * unit;
}

/// One rule's answer about a number of equal requests.
struct Capacity {
  LimitingRule rule = LimitingRule::none;
  std::uint64_t surely = kUnlimited;    ///< so many are granted whatever the slack
  std::uint64_t possibly = kUnlimited;  ///< and not more than so many
  std::string sentence;                 ///< why, if this rule limits
  std::string open_because = "within the slack of the rule";  ///< where it may or may not
  bool rule_is_open = false;  ///< of the rule that limits: another may refuse before it
  std::vector<Quantity> arithmetic;
  std::string citation;
};

/// The rules together, in the kernel's order.
struct Decision {
  std::uint64_t surely = kUnlimited;
  std::uint64_t possibly = kUnlimited;
  const Capacity* limit = nullptr;  ///< the first rule of those with the least `possibly`
};
inline Decision decide(const std::vector<Capacity>& rules) {
  Decision decision;
  for (const Capacity& rule : rules) {
    decision.surely = std::min(decision.surely, rule.surely);
    if (rule.possibly < decision.possibly) {
      decision.possibly = rule.possibly;
      decision.limit = &rule;
    }
  }
  return decision;
}

}  // namespace memqual::oracle
