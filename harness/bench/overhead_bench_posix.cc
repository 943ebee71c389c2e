// SPDX-License-Identifier: Apache-2.0
// What a case costs before it does anything: an empty case with everything observed, against the
// cheapest way to start the same child program without any harness. Both in one process, in turns,
// so that whatever disturbs the machine disturbs both; medians; ratios only.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "fixtures/read_host_facts.h"
#include "harness/executor/local_executor.h"

extern char** environ;

namespace {

using namespace memqual;
using Clock = std::chrono::steady_clock;

double since_us(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

double bare_spawn_us(const std::string& child) {
  std::string path = child;
  char flag[] = "--noop";
  char* argv[] = {path.data(), flag, nullptr};
  const Clock::time_point start = Clock::now();
  pid_t pid = -1;
  int status = -1;
  if (posix_spawn(&pid, child.c_str(), nullptr, nullptr, argv, environ) != 0 ||
      wait4(pid, &status, 0, nullptr) != pid || status != 0) {
    fmt::print(stderr, "posix_spawn of {} failed\n", child);
    std::exit(3);
  }
  return since_us(start);
}

double empty_case_us(Executor& executor, const PlannedCase& planned) {
  const Clock::time_point start = Clock::now();
  const Attempt attempt = executor.execute(planned, 1);
  const double took = since_us(start);
  if (attempt.verdict.status != CaseStatus::pass) {
    fmt::print(stderr, "the empty case did not pass: {}\n", attempt.verdict.reason);
    std::exit(3);
  }
  return took;
}

PlannedCase empty_case() {
  PlannedCase planned;
  planned.test_case.scenario = "empty";
  planned.test_case.expect.rules = {{{}, {{OutcomeKind::completed, {}}}, false}};
  set_identity(planned.test_case);
  return planned;
}

std::uint64_t own_rss_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

int run() {
  const Result<std::filesystem::path> child = find_child_program();
  if (!child) {
    fmt::print(stderr, "{}\n", to_string(child.error()));
    return 3;
  }
  LocalHost host(*child, "/nonexistent", read_host_facts(), "bench", {});
  const std::unique_ptr<Executor> executor = make_local_executor(host);
  const PlannedCase planned = empty_case();
  constexpr int kRounds = 1000;
  constexpr int kGrowthTo = 10000;
  std::vector<double> bare;
  std::vector<double> cases;
  for (int i = 0; i < 50; ++i) {  // warm: page cache, launcher, branch predictors
    bare_spawn_us(child->string());
    empty_case_us(*executor, planned);
  }
  for (int i = 0; i < kRounds; ++i) {
    bare.push_back(bare_spawn_us(child->string()));
    cases.push_back(empty_case_us(*executor, planned));
  }
  const std::uint64_t rss_after_1000 = own_rss_bytes();
  for (int i = kRounds; i < kGrowthTo; ++i) empty_case_us(*executor, planned);
  const std::uint64_t rss_after_10000 = own_rss_bytes();
  const double growth =
      (static_cast<double>(rss_after_10000) - static_cast<double>(rss_after_1000)) / 1048576.0;
  fmt::print("empty case / bare posix_spawn+wait4 of the same program, median of {}: {:.2f}\n",
             kRounds, median(cases) / median(bare));
  fmt::print("  (case {:.0f} us, bare spawn {:.0f} us, in turns)\n", median(cases), median(bare));
  fmt::print("harness RSS growth from case {} to {}: {:+.2f} MiB\n", kRounds, kGrowthTo, growth);
  return 0;
}

}  // namespace

int main() { return run(); }
