// SPDX-License-Identifier: Apache-2.0
#include "harness/judge/judge.h"

#include <algorithm>

#include "harness/plan/lookup.h"

namespace memqual {
namespace {

bool matches(const OutcomePattern& pattern, const Ending& ending) {
  return pattern.kind == ending.kind && (!pattern.number || *pattern.number == ending.number);
}

// The first rule that applies; nullptr where none does.
Result<const OutcomeRule*> applicable_rule(const Case& test_case, const HostFacts& facts) {
  for (const OutcomeRule& rule : test_case.expect.rules) {
    if (!rule.when) return &rule;
    const Result<bool> holds = evaluate(*rule.when, host_and_case_lookup(test_case, facts));
    if (!holds) return holds.error();
    if (*holds) return &rule;
  }
  return static_cast<const OutcomeRule*>(nullptr);
}

bool is_at(const Observation& observation, const std::string& wanted) {
  if (!observation.ending.step || *observation.ending.step >= observation.steps.size())
    return false;
  const StepReport& step = observation.steps[*observation.ending.step];
  return step.label == wanted || step.name == wanted || step.kind == wanted;
}

std::string place_of(const Observation& observation) {
  if (!observation.ending.step || *observation.ending.step >= observation.steps.size())
    return "after the last step";
  const StepReport& step = observation.steps[*observation.ending.step];
  return "step " + std::to_string(*observation.ending.step + 1) + ", " +
         (step.label.empty() ? step.kind + " " + step.name : step.label);
}

std::string format_metric(Metric metric, std::uint64_t value) {
  return is_count(metric) ? std::to_string(value) : format_bytes(value);
}

// Bounds are exact, so where the rounded figures look alike the bytes are shown too.
std::string exact_metric(Metric metric, std::uint64_t value) {
  const std::string text = format_metric(metric, value);
  return is_count(metric) ? text : text + " (" + std::to_string(value) + " B)";
}

// Every bound is known here: judge_unresolvable() came first.
Check check_bound(const Bound& bound, const Observation& observation, const HostFacts& facts) {
  Check check;
  check.what = to_word(bound.metric);
  const Fact<std::uint64_t> value = metric_value(observation, bound.metric);
  check.ok = value.known();
  check.observed = value.known() ? exact_metric(bound.metric, *value.value) : "not observed";
  for (const auto& [side, words, below] :
       {std::tuple{&bound.min, ">= ", true}, std::tuple{&bound.max, "<= ", false}}) {
    if (!*side) continue;
    const std::uint64_t limit = *resolve(**side, facts);
    if (!check.expected.empty()) check.expected += " and ";
    check.expected += words + format_metric(bound.metric, limit);
    if (value.known() && (below ? *value.value < limit : *value.value > limit)) check.ok = false;
  }
  return check;
}

Check check_prediction(const Prediction* prediction, const Observation& observation) {
  Check check;
  check.what = "outcome";
  check.observed = describe_ending(observation);
  check.expected = "as predicted, but nothing was predicted";
  if (prediction == nullptr) return check;
  std::vector<OutcomePattern> any_of;
  for (const OutcomeKind kind : prediction->allowed) {
    any_of.push_back({kind, {}});
    check.ok = check.ok || kind == observation.ending.kind;
  }
  check.expected = to_string(any_of) + ", as predicted (" + prediction->sentence + ")";
  return check;
}

// How far the steps got belongs to what was predicted, whatever the outcome.
void add_load_lines(std::vector<Check>& checks, const Prediction& prediction,
                    const Observation& observation) {
  for (const LoadLine& line : prediction.load_lines) {
    const std::optional<std::uint64_t> reached = reached_bytes(observation, line.step);
    if (!reached) continue;
    const bool found = observation.steps[line.step].largest_bytes.has_value();
    const Metric metric = found ? Metric::largest : Metric::touched;
    const std::string least = exact_metric(metric, line.least_bytes);
    const std::string most = exact_metric(metric, line.most_bytes);
    checks.push_back(
        {std::string(to_word(metric)),
         (least == most ? most : least + " to " + most) + ", as predicted (" + line.formula + ")",
         exact_metric(metric, *reached), !is_outside(line, observation)});
  }
}

Check check_outcome(const OutcomeRule& rule, const Observation& observation,
                    const Prediction* prediction) {
  if (rule.predicted) return check_prediction(prediction, observation);
  Check check;
  check.what = "outcome";
  check.expected = to_string(rule.any_of);
  check.observed = describe_ending(observation);
  check.ok = std::any_of(
      rule.any_of.begin(), rule.any_of.end(),
      [&](const OutcomePattern& pattern) { return matches(pattern, observation.ending); });
  return check;
}

std::vector<Check> all_checks(const Case& test_case, const OutcomeRule* rule,
                              const Observation& observation, const HostFacts& facts,
                              const Prediction* prediction) {
  std::vector<Check> checks;
  if (rule != nullptr) checks.push_back(check_outcome(*rule, observation, prediction));
  if (rule != nullptr && rule->predicted && prediction != nullptr)
    add_load_lines(checks, *prediction, observation);
  if (test_case.expect.at)
    checks.push_back({"at", *test_case.expect.at, place_of(observation),
                      is_at(observation, *test_case.expect.at)});
  if (test_case.expect.errno_name) {
    const std::string& seen = observation.ending.errno_name;
    checks.push_back({"errno", *test_case.expect.errno_name, seen.empty() ? "none" : seen,
                      seen == *test_case.expect.errno_name});
  }
  for (const Bound& bound : test_case.expect.bounds)
    checks.push_back(check_bound(bound, observation, facts));
  // A workload that was killed leaves what it had started; one that completed should have ended it.
  if (observation.ending.kind == OutcomeKind::completed && !observation.leaks.empty())
    checks.push_back({"left behind", "no process",
                      std::to_string(observation.leaks.size()) + ", " +
                          observation.leaks.front().command + " first (killed)",
                      false});
  return checks;
}

std::string first_miss(const std::vector<Check>& checks) {
  for (const Check& check : checks)
    if (!check.ok)
      return check.what + ": expected " + check.expected + ", observed " + check.observed;
  return "";
}

// FAIL and PASS change their names where the scenario says that the case is known to fail.
void apply_xfail(const Case& test_case, const HostFacts& facts, Verdict& verdict) {
  if (!test_case.xfail) return;
  if (test_case.xfail->when) {
    const Result<bool> holds =
        evaluate(*test_case.xfail->when, host_and_case_lookup(test_case, facts));
    if (!holds || !*holds) return;
  }
  if (verdict.status == CaseStatus::fail || verdict.status == CaseStatus::timeout) {
    verdict.status = CaseStatus::xfail;
    verdict.reason = "known: " + test_case.xfail->reason + " (" + verdict.reason + ")";
  } else if (verdict.status == CaseStatus::pass) {
    verdict.status = CaseStatus::xpass;
    verdict.reason = "passed, though it is marked as known to fail: " + test_case.xfail->reason;
    verdict.hint = "remove `xfail:` from the scenario";
  }
}

// What the harness did to a case says nothing about the kernel.
std::optional<Verdict> judge_harness_kill(const Observation& observation, const Check* outcome) {
  if (outcome != nullptr && outcome->ok) return std::nullopt;
  Verdict verdict;
  verdict.reason = observation.ending.evidence;
  if (observation.ending.kind == OutcomeKind::timed_out) {
    verdict.status = CaseStatus::timeout;
    verdict.hint = "raise `timeout:` if the case is only slow";
    return verdict;
  }
  if (observation.ending.kind != OutcomeKind::killed_by_harness) return std::nullopt;
  const bool stopped = observation.ending.evidence.find("stop requested") != std::string::npos;
  verdict.status = stopped ? CaseStatus::not_run : CaseStatus::error;
  if (!stopped) verdict.hint = "confine the case with environment.cgroup.memory_max";
  return verdict;
}

// Never a pass and never a fail: what the kernel decided by is not what was predicted with.
std::optional<Verdict> judge_moved(const Prediction* prediction) {
  if (prediction == nullptr || prediction->moved.empty()) return std::nullopt;
  Verdict verdict;
  verdict.status = CaseStatus::error;
  verdict.reason =
      "inconclusive: while the case ran the machine changed, and the outcome depends on ";
  for (const std::string& moved : prediction->moved)
    verdict.reason += (&moved == &prediction->moved.front() ? "" : ", ") + moved;
  verdict.hint = "run it again while nothing changes memory, swap, limits or vm.* of this machine";
  return verdict;
}

// A bound in a fact that this host does not have cannot be judged here.
std::optional<Verdict> judge_unresolvable(const Expectation& expect, const HostFacts& facts) {
  for (const Bound& bound : expect.bounds)
    for (const std::optional<Size>* side : {&bound.min, &bound.max}) {
      if (!*side) continue;
      const Result<std::uint64_t> limit = resolve(**side, facts);
      if (limit) continue;
      Verdict verdict;
      verdict.status = CaseStatus::unsupported;
      verdict.reason = std::string(to_word(bound.metric)) + ": " + limit.error().message;
      verdict.hint = limit.error().hint;
      return verdict;
    }
  return std::nullopt;
}

}  // namespace

Verdict judge(const Case& test_case, const Observation& observation, const HostFacts& facts,
              const Prediction* prediction) {
  Verdict verdict;
  const Result<const OutcomeRule*> rule = applicable_rule(test_case, facts);
  if (!rule) {
    verdict.status = CaseStatus::error;
    verdict.reason = rule.error().message;
    return verdict;
  }
  if (*rule == nullptr && !test_case.expect.rules.empty()) {
    verdict.status = CaseStatus::error;
    verdict.reason = "no `when:` of expect.outcome holds here, so nothing says what to expect";
    verdict.hint = "end the list with an entry without `when:`";
    return verdict;
  }
  if (auto unresolvable = judge_unresolvable(test_case.expect, facts)) return *unresolvable;
  verdict.checks = all_checks(test_case, *rule, observation, facts, prediction);
  const Check* outcome = *rule != nullptr ? &verdict.checks.front() : nullptr;
  if (auto moved = judge_moved(prediction)) {
    moved->checks = std::move(verdict.checks);
    return *std::move(moved);
  }
  if (auto killed = judge_harness_kill(observation, outcome)) {
    killed->checks = std::move(verdict.checks);
    verdict = std::move(*killed);
  } else {
    verdict.reason = first_miss(verdict.checks);
    verdict.status = verdict.reason.empty() ? CaseStatus::pass : CaseStatus::fail;
  }
  apply_xfail(test_case, facts, verdict);
  return verdict;
}

namespace {

// XPASS is what a pass is called where `xfail:` stands; a mix of it and XFAIL disagrees as well.
bool passed_attempt(const Attempt& attempt) {
  return attempt.verdict.status == CaseStatus::pass || attempt.verdict.status == CaseStatus::xpass;
}

}  // namespace

Verdict judge_attempts(const std::vector<Attempt>& attempts) {
  if (attempts.empty()) return {};
  std::size_t passed = 0;
  for (const Attempt& attempt : attempts) {
    if (attempt.verdict.status == CaseStatus::error ||
        attempt.verdict.status == CaseStatus::not_run)
      return attempt.verdict;
    if (passed_attempt(attempt)) ++passed;
  }
  if (passed == 0 || passed == attempts.size()) return attempts.front().verdict;
  Verdict verdict;
  verdict.status = CaseStatus::flaky;
  verdict.reason =
      "passed " + std::to_string(passed) + " of " + std::to_string(attempts.size()) + " repeats";
  for (const Attempt& attempt : attempts) {
    if (passed_attempt(attempt)) continue;
    verdict.reason += "; " + attempt.verdict.reason;
    verdict.checks = attempt.verdict.checks;
    break;
  }
  return verdict;
}

int exit_code_of(const RunRecord& record) {
  bool failed = false;
  bool unknown = false;
  bool outstanding = !record.complete;
  bool ran = false;
  for (const CaseRecord& entry : record.cases) {
    switch (entry.verdict.status) {
      case CaseStatus::fail:
      case CaseStatus::timeout:
      case CaseStatus::xpass:
      case CaseStatus::flaky:
        failed = true;
        break;
      case CaseStatus::error:
        unknown = true;
        break;
      case CaseStatus::not_run:
        outstanding = true;
        break;
      default:
        break;
    }
    for (const Attempt& attempt : entry.attempts) ran = ran || attempt.observation.has_value();
  }
  if (failed) return 1;
  if (unknown) return 3;
  if (outstanding) return 5;
  return ran ? 0 : 4;
}

}  // namespace memqual
