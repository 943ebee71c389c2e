// SPDX-License-Identifier: Apache-2.0
// Bandwidth figures for tests.
#pragma once

#include "scenarios/model/bandwidth.h"

namespace memqual::testing {

/// What an operation gave with so many threads, at this rate: a GB in one round.
inline BandwidthFigure sample_figure(BandwidthOperation operation, std::uint32_t threads,
                                     double gb_per_second) {
  BandwidthFigure made;
  made.operation = operation;
  made.threads = threads;
  made.moved_bytes = 1000000000;
  made.median_ns = static_cast<std::uint64_t>(1e9 / gb_per_second);
  return made;
}

}  // namespace memqual::testing
