// SPDX-License-Identifier: Apache-2.0
// One read() of /dev/kmsg gives one record, "priority,sequence,microseconds,flags;text\n" and
// continuation lines. A reader that was overtaken gets EPIPE once and goes on.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "harness/spawn/kernel_log.h"

namespace memqual {
namespace {

constexpr std::size_t kMaxLines = 20;
constexpr int kMaxRecords =
    20000;  // a kernel that logs faster than we read is not followed for ever

}  // namespace

KernelLog::KernelLog() : fd_(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
  skip_to_now();
}

KernelLog::~KernelLog() {
  if (fd_ >= 0) close(fd_);
}

void KernelLog::skip_to_now() {
  if (fd_ >= 0) lseek(fd_, 0, SEEK_END);
}

std::vector<std::string> KernelLog::lines_about(const std::vector<std::int64_t>& pids) {
  std::vector<std::string> lines;
  if (fd_ < 0) return lines;
  char record[8192];
  for (int i = 0; i < kMaxRecords && lines.size() < kMaxLines; ++i) {
    const ssize_t size = read(fd_, record, sizeof record);
    if (size < 0 && (errno == EPIPE || errno == EINTR)) continue;
    if (size <= 0) break;
    std::string_view text(record, static_cast<std::size_t>(size));
    text.remove_prefix(std::min(text.find(';') + 1, text.size()));
    text = text.substr(0, text.find('\n'));
    if (is_about_a_probe(text)) continue;
    for (const std::int64_t pid : pids)
      if (names_process(text, pid)) {
        lines.emplace_back(text);
        break;
      }
  }
  return lines;
}

}  // namespace memqual
