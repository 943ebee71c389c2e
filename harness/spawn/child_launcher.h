// SPDX-License-Identifier: Apache-2.0
// The harness's side of one launcher process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "harness/spawn/child_trace.h"
#include "scenarios/model/process_baseline.h"
#include "scenarios/model/result.h"

namespace memqual {

/// Tells a running case that the whole run is to stop.
struct StopToken {
  int fd = -1;  ///< becomes readable (and stays so) when a stop is asked for; -1: never
  std::function<int()> level = [] { return 0; };  ///< 0 go on, 1 stop with grace, 2 stop now
};

struct LaunchOptions {
  std::uint64_t timeout_ms = 60000;
  std::uint64_t grace_ms = 2000;  ///< between SIGTERM and SIGKILL
  /// How long the launcher may be silent before a case, after it, and after SIGKILL. A process only
  /// dies late when the kernel is freeing very much memory.
  std::uint64_t answer_ms = 30000;
  /// Called with the case's process id before it may begin: joins it to its cgroup. An error kills
  /// it.
  std::function<Status(std::int64_t pid)> admit;
  /// Called with what the process owns when its settings are made and its first step has not begun.
  std::function<void(const ProcessBaseline&)> started;
  StopToken stop;
  /// The case is killed when the host's MemAvailable falls below this; 0: no guard.
  std::uint64_t available_floor_bytes = 0;
};

/// One launcher process and the pipes to it. Runs one case at a time; use one per worker thread.
class ChildLauncher {
 public:
  /// Starts `child --launcher`. Errors: the program is missing, not executable, or speaks another
  /// protocol version, or is not ready in time. SIGPIPE is ignored in this process from then on.
  static Result<ChildLauncher> start(const std::filesystem::path& child,
                                     std::uint64_t ready_ms = 10000);

  /// Runs one encoded program to its end. Errors are the harness's own trouble: the launcher died,
  /// flooded its pipe, fell silent or broke the protocol, or `admit` failed. After an error the
  /// launcher is gone (alive() is false) and everything it had started is killed.
  Result<ChildTrace> run(const std::string& encoded_program, const LaunchOptions& options);

  bool alive() const;

  ChildLauncher(ChildLauncher&&) noexcept;
  ChildLauncher& operator=(ChildLauncher&&) noexcept;
  ~ChildLauncher();  ///< ends the launcher, and with it everything it started

 private:
  struct State;
  explicit ChildLauncher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// "memqual-child" beside the running program, in ../libexec/memqual, or $MEMQUAL_CHILD. Errors
/// name the places that were looked at.
Result<std::filesystem::path> find_child_program();

}  // namespace memqual
