// SPDX-License-Identifier: Apache-2.0
// Runs workloads in the real child program, for the tests of this folder.
#pragma once

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "harness/spawn/child_launcher.h"
#include "harness/spawn/interpret.h"
#include "harness/testing/sample_case.h"
#include "harness/testing/testing.h"
#include "harness/wire/program_codec.h"

namespace memqual::testing {

inline ChildLauncher start_launcher(const char* program = MEMQUAL_CHILD_PROGRAM) {
  Result<ChildLauncher> launcher = ChildLauncher::start(program);
  BOOST_REQUIRE_MESSAGE(launcher.ok(), (launcher ? "" : to_string(launcher.error())));
  return *std::move(launcher);
}

/// What one case did.
struct Seen {
  ChildTrace trace;
  Interpretation result;

  const Observation& observation() const {
    BOOST_REQUIRE_MESSAGE(result.observation.has_value(), trouble());
    return *result.observation;
  }
  const StepReport& step(std::size_t index) const { return observation().steps.at(index); }
  std::string ending() const { return describe_ending(observation()); }
  OutcomeKind outcome() const { return observation().ending.kind; }
  std::string trouble() const {
    if (result.trouble) return "trouble: " + to_string(*result.trouble);
    return result.unsupported ? "unsupported: " + to_string(*result.unsupported) : "";
  }
};

inline Seen run_program(ChildLauncher& launcher, const ChildProgram& program,
                        const LaunchOptions& options = {}) {
  const Result<std::string> encoded = wire::encode_program(program);
  BOOST_REQUIRE_MESSAGE(encoded.ok(), (encoded ? "" : to_string(encoded.error())));
  Result<ChildTrace> trace = launcher.run(*encoded, options);
  BOOST_REQUIRE_MESSAGE(trace.ok(), (trace ? "" : to_string(trace.error())));
  Interpretation result = interpret(*trace, program.workload, {});
  return {*std::move(trace), std::move(result)};
}

inline Seen run_workload(ChildLauncher& launcher, std::vector<WorkloadStep> workload,
                         const LaunchOptions& options = {}) {
  ChildProgram program;
  program.workload = std::move(workload);
  return run_program(launcher, program, options);
}

/// One shell command in a launcher of its own.
inline Seen run_shell(const std::string& script, const LaunchOptions& options = {},
                      const ChildSetup& setup = {}) {
  ChildLauncher launcher = start_launcher();
  return run_program(launcher, {setup, {command({"sh", "-c", script})}}, options);
}

}  // namespace memqual::testing
