// SPDX-License-Identifier: Apache-2.0
#include "harness/judge/judge_throughput.h"

#include <fmt/format.h>

namespace memqual {
namespace {

std::string gigabytes(double bytes_per_second) {
  return fmt::format("{:.2f} GB/s", bytes_per_second / 1e9);
}

// The rate that a side demands; 0 where its limit is not known.
double demanded(const Rate& rate, const MachineLimit* limit) {
  if (!rate.of) return rate.bytes_per_second;
  return limit == nullptr ? 0 : rate.share * limit_rate(*limit, *rate.of);
}

std::string side_words(const char* sign, const Rate& rate, const MachineLimit* limit) {
  std::string text = std::string(sign) + rate.text;
  if (!rate.of) return text;
  const double bound = demanded(rate, limit);
  return text + (bound > 0 ? " (" + gigabytes(bound) + ")" : " (not measured)");
}

std::string observed_words(double rate, const ThroughputBound& bound, const MachineLimit* limit) {
  std::string text = gigabytes(rate);
  for (const BandwidthOperation operation : limits_of(bound)) {
    const double most = limit == nullptr ? 0 : limit_rate(*limit, operation);
    if (most > 0)
      text += fmt::format(", {:.0f} % of {} ({})", 100 * rate / most, to_word(operation),
                          gigabytes(most));
  }
  return text;
}

const KernelReport* last_kernel(const Observation& observation) {
  const KernelReport* last = nullptr;
  for (const StepReport& step : observation.steps)
    if (step.kernel) last = &*step.kernel;
  return last;
}

Check check_of(const ThroughputBound& bound, const Observation& observation) {
  const MachineLimit* limit = observation.machine_limit ? &*observation.machine_limit : nullptr;
  const KernelReport* kernel = last_kernel(observation);
  Check check;
  check.what = "throughput";
  check.observed = "not observed";
  check.ok = kernel != nullptr;
  const double rate = kernel == nullptr ? 0 : static_cast<double>(kernel->throughput);
  if (kernel != nullptr) check.observed = observed_words(rate, bound, limit);
  if (bound.min) {
    check.expected = side_words(">= ", *bound.min, limit);
    const double least = demanded(*bound.min, limit);
    check.ok = check.ok && least > 0 && rate >= least;
  }
  if (bound.max) {
    check.expected += (bound.min ? " and " : "") + side_words("<= ", *bound.max, limit);
    const double most = demanded(*bound.max, limit);
    check.ok = check.ok && most > 0 && rate <= most;
  }
  return check;
}

bool is_far_below(const ThroughputBound& bound, const Observation& observation) {
  constexpr double kMostExplained = 2;
  const MachineLimit* limit = observation.machine_limit ? &*observation.machine_limit : nullptr;
  const KernelReport* kernel = last_kernel(observation);
  return bound.min && kernel != nullptr &&
         static_cast<double>(kernel->throughput) * kMostExplained < demanded(*bound.min, limit);
}

// What a miss makes of a verdict on all else. XPASS becomes the XFAIL that it would have been.
void miss(const Check& check, const std::string& doubt, Verdict& verdict) {
  if (verdict.status != CaseStatus::pass && verdict.status != CaseStatus::xpass) return;
  const std::string what =
      "throughput: expected " + check.expected + ", observed " + check.observed;
  if (!doubt.empty()) {
    verdict.status = CaseStatus::error;
    verdict.reason = "inconclusive: " + what + ", but " + doubt;
    verdict.hint = "run it again on a quiet machine, with --jobs 1";
    return;
  }
  const bool known = verdict.status == CaseStatus::xpass;
  verdict.status = known ? CaseStatus::xfail : CaseStatus::fail;
  verdict.reason = known ? "known: " + what : what;
  verdict.hint.clear();
}

}  // namespace

void judge_throughput(const Case& test_case, Attempt& attempt) {
  if (!test_case.expect.throughput || !attempt.observation) return;
  const ThroughputBound& bound = *test_case.expect.throughput;
  const Check check = check_of(bound, *attempt.observation);
  attempt.verdict.checks.push_back(check);
  if (check.ok) return;
  const bool relative = !limits_of(bound).empty();
  const std::optional<MachineLimit>& limit = attempt.observation->machine_limit;
  const bool ran = last_kernel(*attempt.observation) != nullptr;
  std::string doubt;
  if (relative && ran && !is_far_below(bound, *attempt.observation))
    doubt = limit ? limit->doubt : "the limit was not measured";
  miss(check, doubt, attempt.verdict);
}

}  // namespace memqual
