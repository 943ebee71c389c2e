// SPDX-License-Identifier: Apache-2.0
// What a prediction costs, per step, on the workloads of the suite: median over scenarios of the
// median over repeats. Nothing is run.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "fixtures/read_host_facts.h"
#include "harness/oracle/oracle.h"
#include "harness/plan/child_program.h"
#include "harness/plan/situation.h"
#include "scenarios/load/load.h"

namespace {

using namespace memqual;
using Clock = std::chrono::steady_clock;

constexpr int kRepeats = 101;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Microseconds per step; negative where the case cannot be predicted on this host.
double cost_us(const Case& test_case, const HostFacts& host) {
  const HostFacts facts = with_overcommit(host, test_case.environment.overcommit);
  const Result<ChildProgram> program = make_child_program(test_case, facts, {});
  if (!program) return -1;
  const Result<oracle::Situation> situation = make_situation(test_case, facts, *program);
  if (!situation) return -1;
  std::vector<double> times;
  std::size_t outcomes = 0;  // read below, so that no call can be left out
  for (int i = 0; i < kRepeats; ++i) {
    const Clock::time_point start = Clock::now();
    outcomes += oracle::predict(*situation, program->workload).allowed.size();
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  return outcomes == 0 ? -1 : median(times) / static_cast<double>(program->workload.size());
}

int run(const char* suite) {
  const LoadResult loaded = load_scenarios({suite});
  if (loaded.cases.empty()) {
    fmt::print(stderr, "no scenarios in {}: run it from the project's root, or name the suite\n",
               suite);
    return 2;
  }
  const HostFacts facts = read_host_facts();
  std::vector<double> costs;
  for (const Case& test_case : loaded.cases)
    if (const double cost = cost_us(test_case, facts); cost >= 0) costs.push_back(cost);
  fmt::print("oracle: median {:.1f} us per step, worst {:.1f} us, over {} workloads of {}\n",
             median(costs), *std::max_element(costs.begin(), costs.end()), costs.size(), suite);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run(argc > 1 ? argv[1] : "scenarios/suite"); }
