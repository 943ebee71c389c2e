// SPDX-License-Identifier: Apache-2.0
// Runs workloads in the real child program, for the tests of this folder.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "harness/spawn/child_launcher.h"
#include "harness/spawn/interpret.h"
#include "harness/testing/sample_case.h"
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

/// Waits without sleeping longer than needed. False: `done` stayed false for `ms`.
template <class Done>
bool wait_until(const Done& done, int ms = 5000) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

inline std::string read_proc(std::int64_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name, std::ios::binary);
  std::ostringstream text;
  text
      << file.rdbuf();  // unlike an iterator, this stops without a word where the process has ended
  return text.str();
}

/// Living processes (zombies are not) whose command line contains `marker`.
inline std::vector<std::int64_t> processes_with(const std::string& marker) {
  std::vector<std::int64_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::int64_t pid = std::stoll(name);
    if (pid != ::getpid() && contains(read_proc(pid, "cmdline"), marker)) found.push_back(pid);
  }
  return found;
}

/// A number of seconds that no other process sleeps: marks the processes of one test.
inline std::string unique_seconds() {
  static int count = 0;
  return "3" + std::to_string(::getpid()) + "." + std::to_string(++count);
}

inline std::uint64_t milliseconds_of(const std::chrono::steady_clock::time_point& start) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now() - start)
                                        .count());
}

}  // namespace memqual::testing
