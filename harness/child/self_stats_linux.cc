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

// One line each. [vsyscall] is shown, but is no mapping of the process (fs/proc/task_mmu.c
// get_gate_vma).
std::uint64_t count_mappings(int fd) {
  char buffer[kBufferBytes];
  std::uint64_t lines = 0;
  bool has_gate = false;
  ssize_t size = 0;
  while ((size = read(fd, buffer, kBufferBytes - 1)) > 0) {  // whole lines: seq_file
    buffer[size] = '\0';
    for (ssize_t i = 0; i < size; ++i) lines += buffer[i] == '\n' ? 1 : 0;
    has_gate = has_gate || std::strstr(buffer, "[vsyscall]") != nullptr;
  }
  return has_gate ? lines - 1 : lines;
}

}  // namespace

SelfStats::SelfStats()
    : statm_(open("/proc/self/statm", O_RDONLY | O_CLOEXEC)),
      status_(open("/proc/self/status", O_RDONLY | O_CLOEXEC)),
      maps_(open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {
  now();  // the first reads map code pages; they must not look like growth of the first step
  final_state();
}

SelfStats::~SelfStats() {
  if (statm_ >= 0) close(statm_);
  if (status_ >= 0) close(status_);
  if (maps_ >= 0) close(maps_);
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

std::uint64_t SelfStats::data_bytes() const {
  char buffer[kBufferBytes];
  return read_text(status_, buffer) ? field_bytes(buffer, "VmData:") : 0;
}

// The figures last, so that the code which reads them is resident and counted.
MemoryStart SelfStats::start() const {
  MemoryStart start;
  start.map_count = count_mappings(maps_);
  char buffer[kBufferBytes];
  if (read_text(status_, buffer)) {
    start.data_bytes = field_bytes(buffer, "VmData:");
    start.locked_bytes = field_bytes(buffer, "VmLck:");
  }
  const MemoryNow memory = now();
  start.rss_bytes = memory.rss_bytes;
  start.vsz_bytes = memory.vsz_bytes;
  return start;
}

MemoryFinal SelfStats::final_state() const {
  char buffer[kBufferBytes];
  if (!read_text(status_, buffer)) return {};
  return {field_bytes(buffer, "VmHWM:"),  field_bytes(buffer, "VmRSS:"),
          field_bytes(buffer, "VmPeak:"), field_bytes(buffer, "VmSize:"),
          field_bytes(buffer, "VmPTE:"),  field_bytes(buffer, "VmSwap:")};
}

}  // namespace memqual::child
