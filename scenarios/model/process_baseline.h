// SPDX-License-Identifier: Apache-2.0
// What a case process owns before its first step.
#pragma once

#include <cstdint>
#include <string>

#include "scenarios/model/bytes.h"

namespace memqual {

/// Measured in the case's own process, after its limits and its user were set and before its first
/// step begins; or, where no process was started, assumed, and then wrong by up to the slack.
struct ProcessBaseline {
  std::uint64_t vsz_bytes = 3 * kMiB;     ///< mm->total_vm, what RLIMIT_AS counts
  std::uint64_t data_bytes = 512 * kKiB;  ///< mm->data_vm, what RLIMIT_DATA counts
  std::uint64_t rss_bytes = 1 * kMiB;
  std::uint64_t locked_bytes = 0;
  std::uint64_t map_count = 40;
  std::uint64_t slack_bytes = 512 * kKiB;  ///< of vsz and data: 0 where they were measured
  std::uint64_t slack_maps = 20;
  std::string source = "assumed: 3 MiB, of it 512 KiB data, +- 512 KiB";

  bool is_measured() const { return slack_bytes == 0; }
  bool operator==(const ProcessBaseline&) const = default;
};

}  // namespace memqual
