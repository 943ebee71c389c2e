// SPDX-License-Identifier: Apache-2.0
// How fast a kernel step has to be, and what it is held against.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/model/bandwidth.h"
#include "scenarios/model/result.h"

namespace memqual {

/// A rate: absolute, or a share of what the machine's memory gives with as many threads.
struct Rate {
  double bytes_per_second = 0;           ///< where `of` is absent
  double share = 0;                      ///< where `of` is there: 0.8
  std::optional<BandwidthOperation> of;  ///< no page fault
  std::string text;                      ///< as written: "80 % of copy", "2 GB/s"
  bool operator==(const Rate&) const = default;
};

/// "80 % of copy" (read, write, nt_write, copy or triad), "2 GB/s", "500 MiB/s". Positive. Errors
/// say what is wrong and what to write.
Result<Rate> parse_rate(const std::string& text);
/// A regular expression that every rate matches, for JSON Schema.
std::string rate_pattern();

/// min <= rate of the last kernel step <= max; each side is optional but not both.
struct ThroughputBound {
  std::optional<Rate> min;
  std::optional<Rate> max;
  bool operator==(const ThroughputBound&) const = default;
};

/// The operation that a bound is held against; nothing where it is absolute.
std::vector<BandwidthOperation> limits_of(const ThroughputBound& bound);

/// What the machine's memory gave around a case, measured outside the case's settings.
struct MachineLimit {
  std::uint32_t threads = 1;
  std::vector<BandwidthFigure> before;  ///< right before the case
  std::vector<BandwidthFigure> after;   ///< and right after it
  std::string doubt;  ///< why these figures are not to be believed; empty: nothing is wrong
  bool operator==(const MachineLimit&) const = default;
};

/// The greater of both measurements, in bytes per second: what the machine has shown that it can.
/// 0 where neither was made.
double limit_rate(const MachineLimit& limit, BandwidthOperation operation);

/// Why the two measurements are not to be believed: they or their rounds differ much, or two
/// threads copy hardly faster than one. Empty where nothing is wrong, or for one thread and equal
/// measurements.
std::string doubt_about(const MachineLimit& limit);

/// Measurements that differ by more than this share of the greater one are doubted.
inline constexpr double kMostLimitDrift = 0.2;
/// And so are those whose slowest and fastest rounds differ by more than this share of the median.
inline constexpr double kMostLimitSpread = 0.3;

}  // namespace memqual
