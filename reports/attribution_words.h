// SPDX-License-Identifier: Apache-2.0
// The cause of a refusal and what shows it, in the words of every report. Pure.
#pragma once

#include <string>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

/// "refused by RLIMIT_DATA (64 MiB): ... - rule predicted, confirmed by probes"; "MISMATCH
/// (attribution): predicted ..., found ...: ..."; empty where nothing was attributed. Cleaned.
std::string attribution_words(const Attempt& attempt);

/// "probes and the kernel log"; empty where the cause is not decided.
std::string evidence_words(const Attribution& attribution);

/// "causes of refusals: 40 found, 39 as predicted, 1 not compared, 0 mismatch, 0 undecided"; empty
/// where nothing was refused.
std::string cause_line(const RunRecord& record);

/// A line for each refusal whose cause is not the rule that was predicted.
std::vector<std::string> cause_mismatch_lines(const RunRecord& record);

}  // namespace memqual
