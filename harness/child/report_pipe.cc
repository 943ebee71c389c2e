// SPDX-License-Identifier: Apache-2.0
#include "harness/child/report_pipe.h"

#include <unistd.h>

#include <cerrno>

namespace memqual::child {

void send(int fd, wire::LineBuilder& line) {
  const std::string_view text = line.view();
  // At most PIPE_BUF bytes: written whole or interrupted before the first byte.
  while (write(fd, text.data(), text.size()) < 0 && errno == EINTR) {
  }
}

}  // namespace memqual::child
