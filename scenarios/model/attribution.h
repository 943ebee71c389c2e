// SPDX-License-Identifier: Apache-2.0
// Which rule refused a call, and what shows it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/prediction.h"

namespace memqual {

enum class EvidenceKind {
  probes,      ///< what the kernel granted instead, asked right after the refusal
  figures,     ///< the process's own figures and limits at that moment
  kernel_log,  ///< the kernel's own words about the refused call
};
std::string_view to_word(EvidenceKind value);

/// The rule found by evidence beside the one that was predicted.
enum class RuleAgreement {
  not_compared,  ///< nothing certain was predicted, or the cause is not decided
  agrees,
  differs,  ///< a finding, whatever the outcome
};
std::string_view to_word(RuleAgreement value);

struct Attribution {
  LimitingRule rule = LimitingRule::none;  ///< none: undecided, the sentence says why
  std::vector<EvidenceKind> evidence;      ///< what shows it; empty where undecided
  std::string sentence;                    ///< for people: "refused by RLIMIT_DATA (64 MiB): ..."
  RuleAgreement agreement = RuleAgreement::not_compared;
  LimitingRule predicted_rule = LimitingRule::none;
  bool operator==(const Attribution&) const = default;
};

/// "RLIMIT_DATA", "vm.max_map_count": what people call the rule.
std::string_view rule_title(LimitingRule rule);

/// What a run asks to tell this rule from the others, for people; empty where it asks nothing.
std::string_view shown_by(LimitingRule rule);

}  // namespace memqual
