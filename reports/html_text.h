// SPDX-License-Identifier: Apache-2.0
// The parts of the HTML page. Pure. Every string from a scenario or a child passes through html().
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

/// `text` cleaned (reports/summary.h) and escaped: for element content and quoted attributes.
std::string html(std::string_view text, std::size_t max_bytes = 2000);

/// The id of each case's evidence on the page: "case-1a2b3c4d", unique.
using Anchors = std::map<const CaseRecord*, std::string>;
Anchors anchors_of(const std::vector<CaseRecord>& cases);

/// "pass", "fail", ...: the class of a status in the style sheet.
std::string status_class(CaseStatus status);
/// What the machine did, as a class: "granted", "refused", "killed" or "none".
std::string_view outcome_class(const CaseRecord& record);
/// Symbol and, for readers of the page by ear, the word.
std::string status_mark(CaseStatus status);

/// The style sheet.
std::string_view html_style();

/// The tables "what this machine grants".
std::string html_matrix(const RunRecord& record, const Anchors& anchors);

/// What each machine granted, as pictures; empty where no scenario ran on several.
std::string html_machine_map(const RunRecord& record, const Anchors& anchors);

/// What kernel steps reached against the limits of memory, a section; empty where none ran.
std::string html_roofline(const RunRecord& record);

/// How much of a case is shown.
enum class Detail { brief, full };
/// A <details> element about one case. `open`: unfolded.
std::string html_evidence(const CaseRecord& record, const std::string& anchor, Detail detail,
                          bool open);

/// Resident set over time as an <svg>; empty where there are fewer than two samples.
std::string html_timeline(const CaseRecord& record, const Observation& observation);

}  // namespace memqual
