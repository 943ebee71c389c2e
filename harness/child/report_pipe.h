// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/wire/line.h"

namespace memqual::child {

/// Writes one protocol line whole. A harness that is gone is not an error here: the launcher's
/// control pipe tells that.
void send(int fd, wire::LineBuilder& line);

/// The descriptors of a case process.
struct CaseDescriptors {
  int report = -1;  ///< protocol lines to the harness
  /// One byte is read before the settings, one before the first step; end of file: do not go on.
  int gate = -1;
  int program = -1;   ///< fresh image only: memory file with the encoded ChildProgram
  int progress = -1;  ///< memory file of one Progress
};

}  // namespace memqual::child
