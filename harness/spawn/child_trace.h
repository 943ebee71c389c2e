// SPDX-License-Identifier: Apache-2.0
// What came out of the child program while one case ran, before anyone has judged it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/wire/line.h"
#include "scenarios/model/observation.h"

namespace memqual {

/// Why the harness ended a case itself.
enum class HarnessKill { none, timeout, stop, memory_guard };

struct ChildTrace {
  std::int64_t pid = 0;
  std::vector<wire::Line> lines;  ///< of the case and the launcher, in order, `reaped` included
  HarnessKill killed_because = HarnessKill::none;
  bool kill_was_needed = false;  ///< SIGTERM was not enough
  std::vector<TimelinePoint> timeline;
  std::uint64_t rss_sampled_peak_bytes = 0;
};

}  // namespace memqual
