// SPDX-License-Identifier: Apache-2.0
// Refusals whose cause is known, run for real and attributed: ./dev fuzz attribution. Prints which
// rule was found for which cause; every other one than the known is an error of the attribution, or
// of the label, and is printed as a scenario.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>

#include "fixtures/host_lock.h"
#include "fixtures/read_host_facts.h"
#include "harness/attribution_check/labelled_case.h"
#include "harness/executor/local_executor.h"
#include "harness/oracle_check/case_yaml.h"
#include "harness/oracle_check/read_number.h"
#include "harness/plan/plan.h"

namespace {

using namespace memqual;
using namespace memqual::attribution_check;
using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "usage: memqual_attribution_check [--cases N] [--seed S] [--allow-system-changes] [--print]\n"
    "exit codes: 0 every cause was found; 1 another one, or another than predicted; 2 usage;\n"
    "            3 a case could not be run, or was not refused\n";

struct Options {
  LabelOptions label;
  bool print = false;  ///< every cause in words
};

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--allow-system-changes") {
      options.label.system_changes = true;
    } else if (word == "--print") {
      options.print = true;
    } else if (word == "--cases" && read_number(value, options.label.cases)) {
      ++i;
    } else if (word == "--seed" && read_number(value, options.label.seed)) {
      ++i;
    } else {
      return false;
    }
  }
  return true;
}

struct Score {
  std::map<LimitingRule, std::map<LimitingRule, int>> found;  ///< by known cause
  std::map<EvidenceKind, int> evidence;
  int right = 0;
  int wrong = 0;
  int differs = 0;  ///< from the prediction
  int compared = 0;
  int not_refused = 0;
  int not_run = 0;
};

class Check {
 public:
  Check(LocalHost& host, const Options& options)
      : executor_(make_local_executor(host)), facts_(host.facts()), options_(options) {}

  void run(LabelledCase labelled) {
    if (labelled.needs_fill && !cut_fill(labelled)) {
      ++score_.not_run;
      fmt::print("NOT RUN: {}: the table of mappings could not be filled\n", labelled.what);
      return;
    }
    const std::optional<Attempt> attempt = execute(labelled.test_case);
    if (!attempt) return;
    if (!attempt->attribution) {
      ++score_.not_refused;
      fmt::print("NOT REFUSED: {}: {}\n{}", labelled.what, ending_of(*attempt),
                 oracle_check::to_yaml(labelled.test_case));
      return;
    }
    judge(labelled, *attempt);
  }

  const Score& score() const { return score_; }

 private:
  std::optional<Attempt> execute(const Case& test_case) {
    const PlanOptions plan{options_.label.system_changes, 512 * kMiB};
    const PlannedCase planned = make_plan({test_case}, facts_, plan).front();
    std::string reason = planned.not_run ? planned.not_run->reason : "";
    if (reason.empty()) {
      Attempt attempt = executor_->execute(planned, 1);
      if (attempt.observation) return attempt;
      reason = attempt.verdict.reason;
    }
    ++score_.not_run;
    fmt::print("NOT RUN: {}\n{}", reason, oracle_check::to_yaml(test_case));
    return std::nullopt;
  }

  static std::string ending_of(const Attempt& attempt) {
    return describe_ending(*attempt.observation);
  }

  // How many blocks are granted is seen by asking for too many.
  bool cut_fill(LabelledCase& labelled) {
    const std::optional<Attempt> pilot = execute(labelled.test_case);
    Allocate* fill = fill_step(labelled.test_case);
    if (!pilot || fill == nullptr) return false;
    for (const StepReport& step : pilot->observation->steps)
      if (step.name == kFill && step.state == StepState::failed) fill->count = step.granted_blocks;
    set_identity(labelled.test_case);
    return pilot->observation->ending.kind == OutcomeKind::refused;
  }

  void judge(const LabelledCase& labelled, const Attempt& attempt) {
    const Attribution& cause = *attempt.attribution;
    ++score_.found[labelled.cause][cause.rule];
    for (const EvidenceKind kind : cause.evidence) ++score_.evidence[kind];
    const bool right = cause.rule == labelled.cause;
    ++(right ? score_.right : score_.wrong);
    if (cause.agreement != RuleAgreement::not_compared) ++score_.compared;
    if (cause.agreement == RuleAgreement::differs) {
      ++score_.differs;
      fmt::print("PREDICTED {}: {}: found {}\n{}", to_word(cause.predicted_rule), labelled.what,
                 to_word(cause.rule), oracle_check::to_yaml(labelled.test_case));
    }
    if (options_.print) fmt::print("{}: {}\n", labelled.what, cause.sentence);
    if (right) return;
    fmt::print("WRONG: {}: {}, found {}: {}\n", labelled.what, to_word(labelled.cause),
               to_word(cause.rule), cause.sentence);
    print_answers(*attempt.observation);
    fmt::print("{}", oracle_check::to_yaml(labelled.test_case));
  }

  static void print_answers(const Observation& observation) {
    const auto step = observation.ending.step;
    if (!step || !observation.steps[*step].refusal) return;
    const Refusal& refusal = *observation.steps[*step].refusal;
    fmt::print("  {} of {} B;", to_word(refusal.call), refusal.length_bytes);
    for (const Probe& probe : refusal.probes)
      fmt::print(" {} {}", to_word(probe.kind), probe.error == 0 ? "granted" : probe.error_name);
    fmt::print("; vsz {} data {}\n", refusal.vsz_bytes.value_or(0), refusal.data_bytes.value_or(0));
  }

  std::unique_ptr<Executor> executor_;
  const HostFacts& facts_;
  const Options& options_;
  Score score_;
};

void print_score(const Score& score, double seconds) {
  fmt::print("{:<18} found\n", "cause");
  for (const auto& [cause, rules] : score.found) {
    fmt::print("{:<18}", to_word(cause));
    for (const auto& [rule, count] : rules)
      fmt::print(" {}{} {}", rule == cause ? "" : "!! ", to_word(rule), count);
    fmt::print("\n");
  }
  fmt::print("shown by:");
  for (const auto& [kind, count] : score.evidence) fmt::print(" {} {}", to_word(kind), count);
  fmt::print(
      "\n{} refusals: cause right in {}, wrong in {}; compared with the prediction {}, "
      "differs {}; not refused {}, not run {}; {:.1f} s\n",
      score.right + score.wrong, score.right, score.wrong, score.compared, score.differs,
      score.not_refused, score.not_run, seconds);
}

int run(const Options& options) {
  const HostFacts facts = read_host_facts();
  if (facts.overcommit_memory.value_or(3) != 0) {
    fmt::print("SKIPPED: vm.overcommit_memory is not 0, which the cases are made for\n");
    return 77;
  }
  const Result<std::filesystem::path> child = find_child_program();
  if (!child) {
    fmt::print(stderr, "{}\n", to_string(child.error()));
    return 3;
  }
  const std::filesystem::path state = std::filesystem::temp_directory_path() /
                                      fmt::format("memqual-attribution-check-{}", getpid());
  LocalHost host(*child, state, facts, "attribution-check", {});
  Check check(host, options);
  const Clock::time_point start = Clock::now();
  for (LabelledCase& labelled : labelled_cases(options.label, facts)) {
    check.run(std::move(labelled));
    std::fflush(stdout);
  }
  for (const Error& error : host.finish()) fmt::print("left behind: {}\n", to_string(error));
  std::error_code ignored;
  std::filesystem::remove_all(state, ignored);
  const Score& score = check.score();
  print_score(score, std::chrono::duration<double>(Clock::now() - start).count());
  if (score.wrong > 0 || score.differs > 0) return 1;
  return score.not_refused + score.not_run > 0 ? 3 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  return run(options);
}
