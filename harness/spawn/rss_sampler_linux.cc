// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "harness/spawn/rss_sampler.h"

namespace memqual {
namespace {

std::uint64_t resident_bytes(int statm) {
  char text[128];
  const ssize_t size = pread(statm, text, sizeof text - 1, 0);
  if (size <= 0) return 0;  // the process has ended
  text[size] = '\0';
  char* rest = nullptr;
  std::strtoull(text, &rest, 10);
  static const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return std::strtoull(rest, nullptr, 10) * page;
}

int open_statm(std::int64_t pid) {
  return open(("/proc/" + std::to_string(pid) + "/statm").c_str(), O_RDONLY | O_CLOEXEC);
}

}  // namespace

RssSampler::~RssSampler() {
  for (const int fd : statm_) close(fd);
}

void RssSampler::watch(std::int64_t pid) {
  const int fd = open_statm(pid);
  if (fd >= 0) statm_.push_back(fd);
}

void RssSampler::sample(std::uint64_t at_us) {
  if (at_us < next_us_) return;
  std::uint64_t total = 0;
  for (const int fd : statm_) total += resident_bytes(fd);
  next_us_ = at_us + interval_us_;
  if (total == 0) return;
  peak_bytes_ = std::max(peak_bytes_, total);
  points_.push_back({at_us, total});
  if (points_.size() < kMaxPoints) return;
  for (std::size_t i = 0; i < kMaxPoints / 2; ++i) points_[i] = points_[2 * i];
  points_.resize(kMaxPoints / 2);
  interval_us_ *= 2;
}

std::uint64_t RssSampler::due_in_us(std::uint64_t at_us) const {
  return at_us >= next_us_ ? 0 : next_us_ - at_us;
}

std::uint64_t read_resident_bytes(std::int64_t pid) {
  const int fd = open_statm(pid);
  if (fd < 0) return 0;
  const std::uint64_t bytes = resident_bytes(fd);
  close(fd);
  return bytes;
}

std::uint64_t read_mem_available_bytes() {
  const int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[512];
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size <= 0) return 0;
  text[size] = '\0';
  constexpr const char* kKey = "MemAvailable:";
  const char* at = std::strstr(text, kKey);
  return at != nullptr ? std::strtoull(at + std::strlen(kKey), nullptr, 10) * 1024 : 0;
}

}  // namespace memqual
