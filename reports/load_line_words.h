// SPDX-License-Identifier: Apache-2.0
// What a find_largest step found, beside what was predicted, in the words of every report. Pure.
#pragma once

#include <string>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

/// "23.5 GiB"; "8 blocks = 26 GiB"; empty where the step looked for nothing.
std::string found_words(const StepReport& step);

/// "23.5 GiB (25276502016 B)", or the band: "60.5 GiB to 61.5 GiB, a band of 256 pages".
std::string line_words(const LoadLine& line);

/// "largest of step 1: 23.5 GiB (25276502016 B) found, 25276506112 B refused with ENOMEM;
/// predicted 23.5 GiB (25276502016 B) = RAM + swap". A line for each find_largest step; cleaned.
std::vector<std::string> load_line_lines(const Attempt& attempt);

}  // namespace memqual
