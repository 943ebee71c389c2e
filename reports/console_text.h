// SPDX-License-Identifier: Apache-2.0
// The words of the console report. Pure; the sink in console.cc decides when they are written.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports/sink.h"
#include "scenarios/model/run_record.h"

namespace memqual {

/// Columns a terminal needs for `text`: one per character, which is true of what memqual writes
/// itself.
std::size_t columns(const std::string& text);
/// At most `width` columns, "..." at the end where something was cut.
std::string cut_to(const std::string& text, std::size_t width);
/// Rows as lines, each column as wide as its widest cell, two spaces between; no trailing spaces.
std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows);

/// Rows about the steps of an observation, header first; empty where no step was reported.
std::vector<std::vector<std::string>> step_rows(const Observation& observation);
/// "ok", "ENOMEM", "exit 3", "killed here", "not reached".
std::string step_state_words(const StepReport& step);

/// Everything known about a case, lines without indent and without colour: also JUnit's failure
/// text.
std::vector<std::string> evidence_lines(const CaseRecord& record, bool unicode);

/// What is being run, and where.
std::string console_header(const RunRecord& record, std::size_t total, const ConsoleStyle& style);
/// The line of a case; with its evidence below where `full`.
std::string console_case(const CaseRecord& record, const ConsoleStyle& style, bool full);
/// What did not run and why, notes of the run, and the closing line.
std::string console_footer(const RunRecord& record, const ConsoleStyle& style);

/// How many cases get their evidence on the console; the rest only their line.
inline constexpr std::size_t kFullBlocks = 20;

}  // namespace memqual
