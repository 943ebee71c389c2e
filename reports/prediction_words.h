// SPDX-License-Identifier: Apache-2.0
// Prediction and observation side by side, in the words of every report. Pure.
#pragma once

#include <string>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

/// "refused: one request of ... (as observed)"; "MISMATCH: predicted refused, observed completed:
/// ..."; empty where nothing was predicted. Cleaned.
std::string prediction_words(const Attempt& attempt);

/// The figures behind the prediction, "RAM = 23.5 GiB (/proc/meminfo MemTotal)", a line each.
std::vector<std::string> arithmetic_lines(const Prediction& prediction);

/// "oracle: right in 181 of 187, uncertain 6, mismatch 0"; empty where nothing was predicted.
std::string oracle_line(const RunRecord& record);

/// A line for each case that did not go as predicted, and for each refusal by another rule than the
/// predicted one, with both sides.
std::vector<std::string> mismatch_lines(const RunRecord& record);

}  // namespace memqual
