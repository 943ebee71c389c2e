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
  std::filesystem::path error_file;  ///< receives its standard error; empty: shared with ours
  /// Killed when the thread that starts it ends, where the system can do that.
  bool dies_with_parent = false;
};

/// Errors name the program and the reason.
Result<StartedProcess> start_process(const std::filesystem::path& program,
                                     const std::vector<std::string>& arguments,
                                     const ProcessOptions& options = {});

}  // namespace memqual
