// SPDX-License-Identifier: Apache-2.0
// How fast memory was moved, in the words of every report. Pure.
#pragma once

#include <string>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

/// "23.4 GB/s", "850 MB/s": powers of ten, as memory's data sheets have it.
std::string rate_words(double bytes_per_second);

/// "copy", "non-temporal write", "first touch, huge pages".
std::string_view operation_words(BandwidthOperation operation);

/// "451 ns per 4 KiB": what a first touch costs; empty for other operations.
std::string page_cost_words(const BandwidthFigure& figure);

/// Why figures of several threads are not to be believed; empty where nothing is wrong with them,
/// or where nobody can know.
std::string control_words(const std::vector<BandwidthFigure>& figures);

/// "copy, 2 threads: 43.1 GB/s (41 GB/s to 43.9 GB/s), by streaming stores": a line for each figure
/// of each bandwidth step, and the warning. Cleaned.
std::vector<std::string> bandwidth_lines(const Observation& observation);

}  // namespace memqual
