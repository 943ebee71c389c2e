// SPDX-License-Identifier: Apache-2.0
// /proc/self/statm costs half a microsecond on a kept descriptor, /proc/self/status three: statm
// after every step, status once. rusage is not used here: ru_maxrss starts at the launcher's
// resident set.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "harness/child/self_stats.h"

namespace memqual::child {
namespace {

constexpr std::size_t kBufferBytes = 4096;

bool read_text(int fd, char (&buffer)[kBufferBytes]) {
  const ssize_t size = pread(fd, buffer, kBufferBytes - 1, 0);
  if (size <= 0) return false;
  buffer[size] = '\0';
  return true;
}

// The value of a "Key:  123 kB" line, in bytes.
std::uint64_t field_bytes(const char* text, const char* key) {
  const char* at = std::strstr(text, key);
  return at != nullptr ? std::strtoull(at + std::strlen(key), nullptr, 10) * 1024 : 0;
}

}  // namespace

SelfStats::SelfStats()
    : statm_(open("/proc/self/statm", O_RDONLY | O_CLOEXEC)),
      status_(open("/proc/self/status", O_RDONLY | O_CLOEXEC)) {
  now();  // the first reads map code pages; they must not look like growth of the first step
  final_state();
}

SelfStats::~SelfStats() {
  if (statm_ >= 0) close(statm_);
  if (status_ >= 0) close(status_);
}

MemoryNow SelfStats::now() const {
  char buffer[kBufferBytes];
  if (!read_text(statm_, buffer)) return {};
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  char* rest = nullptr;
  const std::uint64_t vsz_pages = std::strtoull(buffer, &rest, 10);
  const std::uint64_t rss_pages = std::strtoull(rest, nullptr, 10);
  return {rss_pages * page, vsz_pages * page};
}

MemoryFinal SelfStats::final_state() const {
  char buffer[kBufferBytes];
  if (!read_text(status_, buffer)) return {};
  return {field_bytes(buffer, "VmHWM:"),  field_bytes(buffer, "VmRSS:"),
          field_bytes(buffer, "VmPeak:"), field_bytes(buffer, "VmSize:"),
          field_bytes(buffer, "VmPTE:"),  field_bytes(buffer, "VmSwap:")};
}

}  // namespace memqual::child
