// SPDX-License-Identifier: Apache-2.0
#include "reports/attribution_words.h"

#include <fmt/format.h>

#include "reports/summary.h"

namespace memqual {
namespace {

std::string_view words_of(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::probes:
      return "probes";
    case EvidenceKind::figures:
      return "the process's figures";
    case EvidenceKind::kernel_log:
      return "the kernel log";
  }
  return "?";
}

}  // namespace

std::string evidence_words(const Attribution& attribution) {
  std::string text;
  for (const EvidenceKind kind : attribution.evidence)
    text += (text.empty() ? "" : " and ") + std::string(words_of(kind));
  return text;
}

std::string attribution_words(const Attempt& attempt) {
  if (!attempt.attribution) return {};
  const Attribution& cause = *attempt.attribution;
  const std::string sentence = clean_line(cause.sentence);
  const std::string evidence = evidence_words(cause);
  switch (cause.agreement) {
    case RuleAgreement::agrees:
      return fmt::format("{} - rule predicted, confirmed by {}", sentence, evidence);
    case RuleAgreement::differs:
      return fmt::format("MISMATCH (attribution): predicted {}, found {} by {}: {}",
                         rule_title(cause.predicted_rule), rule_title(cause.rule), evidence,
                         sentence);
    case RuleAgreement::not_compared:
      break;
  }
  return evidence.empty() ? sentence : fmt::format("{} - by {}", sentence, evidence);
}

std::string cause_line(const RunRecord& record) {
  std::size_t found = 0;
  std::size_t undecided = 0;
  std::size_t agreements[3] = {};
  for (const CaseRecord& entry : record.cases)
    for (const Attempt& attempt : entry.attempts) {
      if (!attempt.attribution) continue;
      if (attempt.attribution->rule == LimitingRule::none) {
        ++undecided;
        continue;
      }
      ++found;
      ++agreements[static_cast<std::size_t>(attempt.attribution->agreement)];
    }
  if (found + undecided == 0) return {};
  return fmt::format(
      "causes of refusals: {} found, {} as predicted, {} not compared, mismatch {}, undecided {}",
      found, agreements[static_cast<std::size_t>(RuleAgreement::agrees)],
      agreements[static_cast<std::size_t>(RuleAgreement::not_compared)],
      agreements[static_cast<std::size_t>(RuleAgreement::differs)], undecided);
}

std::vector<std::string> cause_mismatch_lines(const RunRecord& record) {
  std::vector<std::string> lines;
  for (const CaseRecord& entry : record.cases)
    for (const Attempt& attempt : entry.attempts)
      if (attempt.attribution && attempt.attribution->agreement == RuleAgreement::differs)
        lines.push_back(display_name(entry) + ": " + attribution_words(attempt));
  return lines;
}

}  // namespace memqual
