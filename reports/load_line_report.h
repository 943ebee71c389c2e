// SPDX-License-Identifier: Apache-2.0
// The load lines of a run as a table, as JSON and as a picture. Pure; everything that comes from a
// command line, a scenario or a child is cleaned here.
#pragma once

#include <string>

#include "reports/sink.h"
#include "scenarios/model/load_line_table.h"

namespace memqual {

/// Measured, formula, difference and rule, a line each; then why some were not measured.
std::string render_load_line_text(const LoadLineTable& table);

/// docs/schema/loadline-1.json.
std::string render_load_line_json(const LoadLineTable& table);

/// One self-contained SVG 1.1 picture on a logarithmic scale, readable on light and on dark ground:
/// a mark for what was measured over a bar for what the formula says.
std::string render_load_line_svg(const LoadLineTable& table);

/// FORMAT=PATH of `loadline --report`: table, json or svg. Errors as parse_report_request.
Result<ReportRequest> parse_load_line_report(const std::string& text);

/// "0 pages", "+3 pages", "-17 B": what lies outside the formula's interval.
std::string difference_words(const LoadLineRow& row);

/// "as the host has it", or the settings in one line.
std::string setting_words(const LoadLineRow& row);

}  // namespace memqual
