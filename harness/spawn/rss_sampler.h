// SPDX-License-Identifier: Apache-2.0
// Resident set over time of a case and the commands it runs.
#pragma once

#include <cstdint>
#include <vector>

#include "scenarios/model/observation.h"

namespace memqual {

/// Keeps at most kMaxPoints: when they are full every second one is dropped and the interval
/// doubles, so the cost and the size stay bounded however long a case runs. At 5 ms and 1
/// microsecond per reading a case costs well under one per cent of a core.
class RssSampler {
 public:
  static constexpr std::size_t kMaxPoints = 240;
  static constexpr std::uint64_t kFirstIntervalUs = 5000;

  RssSampler() = default;
  RssSampler(const RssSampler&) = delete;
  RssSampler& operator=(const RssSampler&) = delete;
  ~RssSampler();

  void watch(std::int64_t pid);
  /// Takes a sample if one is due at `at_us` (since the case began).
  void sample(std::uint64_t at_us);
  /// Microseconds until the next sample is due.
  std::uint64_t due_in_us(std::uint64_t at_us) const;

  const std::vector<TimelinePoint>& points() const { return points_; }
  std::uint64_t peak_bytes() const { return peak_bytes_; }

 private:
  std::vector<int> statm_;  ///< open /proc/PID/statm of each watched process
  std::vector<TimelinePoint> points_;
  std::uint64_t interval_us_ = kFirstIntervalUs;
  std::uint64_t next_us_ = 0;
  std::uint64_t peak_bytes_ = 0;
};

/// Resident set of a process now; 0: there is none of that number.
std::uint64_t read_resident_bytes(std::int64_t pid);

/// MemAvailable of the host; 0 where unknown.
std::uint64_t read_mem_available_bytes();

}  // namespace memqual
