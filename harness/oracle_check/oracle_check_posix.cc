// SPDX-License-Identifier: Apache-2.0
// The oracle against the running kernel: random workloads, predicted and then run for real. Every
// mismatch is printed as a scenario that repeats it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "fixtures/host_lock.h"
#include "fixtures/read_host_facts.h"
#include "harness/executor/local_executor.h"
#include "harness/oracle_check/case_yaml.h"
#include "harness/oracle_check/random_case.h"
#include "harness/oracle_check/read_number.h"
#include "harness/oracle_check/split_mix.h"
#include "harness/plan/plan.h"

namespace {

using namespace memqual;
using namespace memqual::oracle_check;
using Clock = std::chrono::steady_clock;

constexpr int kSkipped = 77;  // CTest's SKIP_RETURN_CODE

struct Options {
  std::uint64_t cases = 500;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> only;  ///< the seed of one case
  bool system_changes = false;
  bool needs_cgroups = false;  ///< without cgroups: skipped, not weaker
  bool show_uncertain = false;
  bool show_slow = false;
  bool print = false;
};

constexpr const char* kUsage =
    "usage: memqual_oracle_check [--cases N] [--seed S] [--allow-system-changes]\n"
    "                            [--case SEED] [--print] [--needs-cgroups]\n"
    "                            [--show-uncertain] [--show-slow]\n"
    "  --case SEED      only the case of this seed (as printed with a mismatch)\n"
    "  --print          print the cases as scenarios and run none\n"
    "  --needs-cgroups  skip (77) where no memory cgroup can be made\n"
    "exit codes: 0 no mismatch; 1 mismatch; 2 usage; 3 a case could not be run; 77 skipped\n";

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    std::uint64_t number = 0;
    if (word == "--allow-system-changes") {
      options.system_changes = true;
    } else if (word == "--needs-cgroups") {
      options.needs_cgroups = true;
    } else if (word == "--show-uncertain") {
      options.show_uncertain = true;
    } else if (word == "--show-slow") {
      options.show_slow = true;
    } else if (word == "--print") {
      options.print = true;
    } else if (read_number(value, number) &&
               (word == "--cases" || word == "--seed" || word == "--case")) {
      if (word == "--cases") options.cases = number;
      if (word == "--seed") options.seed = number;
      if (word == "--case") options.only = number;
      ++i;
    } else {
      return false;
    }
  }
  return true;
}

struct Score {
  std::uint64_t right = 0;
  std::uint64_t uncertain = 0;
  std::uint64_t mismatch = 0;
  std::uint64_t not_run = 0;
  std::uint64_t error = 0;
  std::uint64_t causes = 0;       ///< refusals whose cause was found
  std::uint64_t undecided = 0;    ///< and those where it was not
  std::uint64_t other_cause = 0;  ///< found, and not the predicted one
  std::uint64_t endings[16] = {};
};

std::string outcomes_of(const Prediction& prediction) {
  std::string text;
  for (const OutcomeKind kind : prediction.allowed)
    text += (text.empty() ? "" : " or ") + std::string(to_word(kind));
  for (const std::string& what : prediction.not_modelled) text += " [not modelled: " + what + "]";
  return text;
}

void print_case(const char* what, std::uint64_t seed, const Case& test_case,
                const Attempt& attempt) {
  fmt::print("{}: --case {}\n  predicted: {}; {}\n", what, seed, outcomes_of(*attempt.prediction),
             attempt.prediction->sentence);
  for (const Quantity& line : attempt.prediction->arithmetic)
    fmt::print("    {} = {} ({})\n", line.name, line.value, line.source);
  fmt::print("  observed:  {}; {}\n---\n{}---\n", describe_ending(*attempt.observation),
             attempt.observation->ending.evidence, to_yaml(test_case));
}

// The outcome may be right and the rule another one.
void judge_cause(const Options& options, std::uint64_t seed, const Case& test_case,
                 const Attempt& attempt, Score& score) {
  if (!attempt.attribution) return;
  const Attribution& cause = *attempt.attribution;
  ++(cause.rule == LimitingRule::none ? score.undecided : score.causes);
  if (cause.agreement == RuleAgreement::differs) ++score.other_cause;
  const bool show = options.show_uncertain && cause.rule == LimitingRule::none;
  if (cause.agreement != RuleAgreement::differs && !show) return;
  fmt::print("CAUSE: {}\n", cause.sentence);
  print_case(show ? "UNDECIDED" : "MISMATCH (attribution)", seed, test_case, attempt);
}

void judge_one(const Options& options, std::uint64_t seed, const Case& test_case,
               const Attempt& attempt, Score& score) {
  const Agreement agreement = agreement_of(attempt);
  if (agreement == Agreement::none) {
    const bool cannot = attempt.verdict.status == CaseStatus::unsupported;
    ++(cannot ? score.not_run : score.error);
    if (cannot && options.show_slow) fmt::print("NOT RUN: {}\n", attempt.verdict.reason);
    if (!cannot)
      fmt::print("ERROR: --case {}: {}\n{}", seed, attempt.verdict.reason, to_yaml(test_case));
    return;
  }
  judge_cause(options, seed, test_case, attempt, score);
  ++score.endings[static_cast<std::size_t>(attempt.observation->ending.kind) % 16];
  if (agreement == Agreement::right) {
    ++score.right;
  } else if (agreement == Agreement::uncertain || agreement == Agreement::inconclusive) {
    ++score.uncertain;
    if (options.show_uncertain) print_case("UNCERTAIN", seed, test_case, attempt);
  } else {
    ++score.mismatch;
    print_case("MISMATCH", seed, test_case, attempt);
  }
}

// The seed of case `i` of a run: so that one case can be repeated without those before it.
std::uint64_t seed_of(const Options& options, std::uint64_t i) {
  return options.only ? *options.only : SplitMix(options.seed * 1000003 + i).next() >> 16U;
}

CaseOptions case_options(const Options& options, const HostFacts& facts) {
  const bool root = facts.root.value_or(false);
  return {facts.cgroup_memory.value_or(false), options.system_changes, root};
}

int run(const Options& options) {
  const HostFacts facts = read_host_facts();
  if (options.needs_cgroups && !facts.cgroup_memory.value_or(false)) {
    fmt::print("SKIPPED: no memory cgroup can be made here (see `memqual doctor`)\n");
    return kSkipped;
  }
  const Result<std::filesystem::path> child = find_child_program();
  if (!child) {
    fmt::print(stderr, "{}\n", to_string(child.error()));
    return 3;
  }
  const std::filesystem::path state =
      std::filesystem::temp_directory_path() / fmt::format("memqual-oracle-check-{}", getpid());
  LocalHost host(*child, state, facts, "oracle-check", {});
  const std::unique_ptr<Executor> executor = make_local_executor(host);
  const CaseOptions kinds = case_options(options, facts);
  const PlanOptions plan_options{options.system_changes, kLargestCgroup + kTouchBudget};
  Score score;
  const std::uint64_t cases = options.only ? 1 : options.cases;
  const Clock::time_point start = Clock::now();
  for (std::uint64_t i = 0; i < cases; ++i) {
    const std::uint64_t seed = seed_of(options, i);
    const Case test_case = random_case(seed, facts, kinds);
    if (options.print) {
      fmt::print("{}", to_yaml(test_case));
      continue;
    }
    const PlannedCase planned = make_plan({test_case}, facts, plan_options).front();
    if (planned.not_run) {
      if (options.show_slow) fmt::print("NOT RUN: {}\n", planned.not_run->reason);
      ++score.not_run;
      continue;
    }
    const Clock::time_point begun = Clock::now();
    const Attempt attempt = executor->execute(planned, 1);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
    if (options.show_slow && took.count() > 200)
      fmt::print("SLOW: {} ms\n{}", took.count(), to_yaml(test_case));
    judge_one(options, seed, test_case, attempt, score);
    std::fflush(stdout);
  }
  for (const Error& error : host.finish()) fmt::print("left behind: {}\n", to_string(error));
  std::error_code ignored;
  std::filesystem::remove_all(state, ignored);
  if (options.print) return 0;
  for (std::size_t i = 0; i < std::size(score.endings); ++i)
    if (score.endings[i] > 0)
      fmt::print("  {}: {}\n", to_word(static_cast<OutcomeKind>(i)), score.endings[i]);
  const std::uint64_t judged = score.right + score.uncertain + score.mismatch;
  const double share =
      judged == 0 ? 0.0
                  : 100.0 * static_cast<double>(score.uncertain) / static_cast<double>(judged);
  fmt::print("{} cases: right {}, uncertain {} ({:.1f} %), mismatch {}\n", judged, score.right,
             score.uncertain, share, score.mismatch);
  fmt::print("causes of refusals: found {}, undecided {}, other than predicted {}\n", score.causes,
             score.undecided, score.other_cause);
  fmt::print("seed {}; {} not run here, {} errors; {:.1f} s\n", options.seed, score.not_run,
             score.error, std::chrono::duration<double>(Clock::now() - start).count());
  if (score.mismatch > 0 || score.other_cause > 0) return 1;
  return score.error > 0 || judged == 0 ? 3 : 0;
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
