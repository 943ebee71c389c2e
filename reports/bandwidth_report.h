// SPDX-License-Identifier: Apache-2.0
// What memory gives as a table, as JSON and as a picture. Pure; everything that comes from a
// command line, a scenario or a child is cleaned here.
#pragma once

#include <string>

#include "reports/sink.h"
#include "scenarios/model/bandwidth_table.h"

namespace memqual {

/// A line for each number of threads, then what a first touch costs; for each place. What is not to
/// be believed says so.
std::string render_bandwidth_text(const BandwidthTable& table);

/// docs/schema/bandwidth-1.json.
std::string render_bandwidth_json(const BandwidthTable& table);

/// One self-contained SVG 1.1 picture, readable on light and on dark ground: a bar for each
/// operation and number of threads, with what lay between the fastest and the slowest round.
std::string render_bandwidth_svg(const BandwidthTable& table);

/// FORMAT=PATH of `bandwidth --report`: table, json or svg. Errors as parse_report_request.
Result<ReportRequest> parse_bandwidth_report(const std::string& text);

/// "CPUs of node 0, memory of node 1"; "all CPUs" where no node was chosen.
std::string place_words(const BandwidthRow& row);

/// "Debian GNU/Linux 12, kernel 6.18.5, 2 CPUs, RAM 23.5 GiB".
std::string machine_words(const HostFacts& host);

/// "arrays of 256 MiB, median of 5 rounds"; empty where nothing was measured.
std::string conditions_words(const BandwidthRow& row);

/// Figures whose fastest and slowest round differ by more than this share of the median are marked.
inline constexpr double kWideSpread = 0.2;
bool is_wide(const BandwidthFigure& figure);

}  // namespace memqual
