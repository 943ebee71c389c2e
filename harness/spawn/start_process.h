// SPDX-License-Identifier: Apache-2.0
// Starts a process with two pipes. The only header behind which Boost.Process is used.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/model/result.h"

namespace memqual {

/// Owned by the caller: close both, wait for pid.
struct StartedProcess {
  int pid = -1;
  int to_child = -1;    ///< its standard input; close-on-exec, non-blocking writes are not used
  int from_child = -1;  ///< its standard output; close-on-exec
};

struct ProcessOptions {
  std::filesystem::path
      error_file;  ///< its standard error is appended to it; empty: shared with ours
  /// Killed when the thread that starts it ends, where the system can do that.
  bool dies_with_parent = false;
  /// See be_first_for_the_oom_killer().
  bool first_for_oom_killer = false;
};

/// Errors name the program and the reason; what to do about it is the caller's to know.
Result<StartedProcess> start_process(const std::filesystem::path& program,
                                     const std::vector<std::string>& arguments,
                                     const ProcessOptions& options = {});

}  // namespace memqual
