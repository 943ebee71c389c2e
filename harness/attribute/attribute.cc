// SPDX-License-Identifier: Apache-2.0
#include "harness/attribute/attribute.h"

#include <algorithm>
#include <cerrno>

#include "harness/attribute/kernel_words.h"
#include "harness/attribute/rule_answers.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

using attribution::Answer;
using attribution::Evidence;
using attribution::Says;
using Rule = Answer (*)(const Evidence&);

// The kernel's order of checks for each call, 5.10 to 6.18.
std::vector<Rule> rules_of(RefusedCall call) {
  using namespace attribution;
  switch (call) {
    case RefusedCall::malloc:
      return {ptrdiff_answer,   map_count_answer,   address_space_answer,
              rlimit_as_answer, rlimit_data_answer, overcommit_answer};
    case RefusedCall::mmap:
    case RefusedCall::mmap_noreserve:
      return {map_count_answer, address_space_answer, rlimit_as_answer, rlimit_data_answer,
              overcommit_answer};
    case RefusedCall::mmap_unwritable:
    case RefusedCall::mmap_file:
      return {map_count_answer, address_space_answer, rlimit_as_answer};
    case RefusedCall::mmap_shared:
      return {map_count_answer, address_space_answer, rlimit_as_answer, overcommit_answer};
    case RefusedCall::mmap_hugetlb:
      return {map_count_answer, address_space_answer, rlimit_as_answer, rlimit_data_answer,
              hugetlb_answer};
    case RefusedCall::brk:
      return {rlimit_data_answer, address_space_answer, rlimit_as_answer, map_count_answer,
              overcommit_answer};
    case RefusedCall::protect:
      return {unmapped_answer, rlimit_data_answer, overcommit_answer, split_answer};
    case RefusedCall::advise:
      return {unmapped_answer, split_answer};
    case RefusedCall::lock:
      return {memlock_answer, unmapped_answer, split_answer, populate_answer};
    case RefusedCall::fork:
      return {fork_answer};
  }
  return {};
}

std::string sentence_of(const Answer& answer) {
  std::string text = "refused by " + std::string(rule_title(answer.rule));
  if (!answer.limit.empty()) text += " (" + answer.limit + ")";
  return text + ": " + answer.shown;
}

std::string undecided(const Evidence& evidence, const std::vector<Answer>& answers) {
  if (evidence.refusal.call == RefusedCall::fork && evidence.error == EAGAIN)
    return "undecided: the number of processes is limited (RLIMIT_NPROC, pids.max), which is no "
           "rule about memory";
  std::string open;
  for (const Answer& answer : answers)
    if (answer.says == Says::open)
      open += (open.empty() ? "" : ", ") + std::string(rule_title(answer.rule));
  if (!open.empty()) return "undecided: could not be told: " + open;
  return evidence.granted(ProbeKind::again)
             ? "undecided: the same request was granted right afterwards"
             : "undecided: no rule that is known would have refused it";
}

// The charge that the kernel names is the call's own: to the byte, or, where the C library has
// tried several lengths, near it.
bool is_this_call(const Refusal& refusal, std::uint64_t charge) {
  if (refusal.call != RefusedCall::malloc) return charge == refusal.length_bytes;
  constexpr std::uint64_t kNear = 2 * kMiB;
  const std::uint64_t less = std::min(charge, refusal.length_bytes);
  return std::max(charge, refusal.length_bytes) - less <= kNear;
}

bool is_overcommit(LimitingRule rule) {
  return rule == LimitingRule::overcommit_guess || rule == LimitingRule::overcommit_never;
}

// What the kernel says about a rule of this call, if anything.
const std::string* log_line(const Refusal& refusal, const std::vector<std::string>& kernel_log,
                            LimitingRule rule) {
  for (const std::string& line : kernel_log) {
    if (rule == LimitingRule::rlimit_data && attribution::says_data_limit(line)) return &line;
    if (!is_overcommit(rule)) continue;
    const auto charge = attribution::refused_charge(line);
    // The mapping that fork stumbled over need not be the largest.
    if (charge && (refusal.call == RefusedCall::fork || is_this_call(refusal, *charge)))
      return &line;
  }
  return nullptr;
}

// The kernel itself names the rule: also where the probes came too late to see it.
void add_kernel_words(const Evidence& evidence, const std::vector<std::string>& kernel_log,
                      const std::vector<Answer>& answers, Attribution& found) {
  for (const Answer& answer : answers) {
    const bool same = answer.rule == found.rule;
    if (!same && found.rule != LimitingRule::none) continue;
    if (log_line(evidence.refusal, kernel_log, answer.rule) == nullptr) continue;
    if (!same) {
      found.rule = answer.rule;
      found.sentence = "refused by " + std::string(rule_title(answer.rule)) + ", as it says";
    }
    found.evidence.push_back(EvidenceKind::kernel_log);
    found.sentence += same ? "; the kernel log says so" : " in the kernel log";
    return;
  }
}

RuleAgreement compare(const Attribution& found, const Observation& observation,
                      const Prediction* prediction) {
  if (prediction == nullptr || found.rule == LimitingRule::none ||
      prediction->rule == LimitingRule::none)
    return RuleAgreement::not_compared;
  const bool same_place = prediction->step == observation.ending.step;
  if (same_place && prediction->rule == found.rule) return RuleAgreement::agrees;
  const bool certain = !prediction->uncertain && !prediction->rule_is_open &&
                       prediction->allowed.size() == 1 &&
                       prediction->allowed.front() == OutcomeKind::refused;
  return certain && same_place ? RuleAgreement::differs : RuleAgreement::not_compared;
}

}  // namespace

Attribution attribute(const Refusal& refusal, int error, const std::vector<std::string>& kernel_log,
                      const HostFacts& facts) {
  const Evidence evidence{refusal, error, facts};
  std::vector<Answer> answers;
  for (const Rule rule : rules_of(refusal.call)) answers.push_back(rule(evidence));
  Attribution found;
  const auto first = std::find_if(answers.begin(), answers.end(), [](const Answer& answer) {
    return answer.says == Says::refuses;
  });
  const auto is_open = [](const Answer& answer) { return answer.says == Says::open; };
  const auto open = std::find_if(answers.begin(), answers.end(), is_open);
  const bool one_left = std::count_if(answers.begin(), answers.end(), is_open) == 1;
  if (first != answers.end()) {
    found.rule = first->rule;
    found.evidence = {first->by};
    found.sentence = sentence_of(*first);
  } else if (one_left && !refusal.probes.empty() && error == ENOMEM) {
    found.rule = open->rule;
    found.evidence = {EvidenceKind::probes};
    found.sentence = "refused by " + std::string(rule_title(open->rule)) +
                     ": every other rule that is looked at for this call grants it";
  } else {
    found.sentence = undecided(evidence, answers);
  }
  add_kernel_words(evidence, kernel_log, answers, found);
  return found;
}

std::optional<Attribution> attribute_case(const Observation& observation, const HostFacts& facts,
                                          const Prediction* prediction) {
  const auto step = observation.ending.step;
  if (observation.ending.kind != OutcomeKind::refused || !step ||
      *step >= observation.steps.size() || !observation.steps[*step].refusal)
    return std::nullopt;
  Attribution found = attribute(*observation.steps[*step].refusal, observation.steps[*step].error,
                                observation.kernel_log, facts);
  found.agreement = compare(found, observation, prediction);
  if (prediction != nullptr) found.predicted_rule = prediction->rule;
  return found;
}

}  // namespace memqual
