// SPDX-License-Identifier: Apache-2.0
// RunRecord -> text of a report. Pure; everything from a scenario or a child is escaped here.
#pragma once

#include <string>

#include "reports/sink.h"
#include "scenarios/model/run_record.h"

namespace memqual {

/// The stored record itself (scenarios/model/record_codec.h), pretty-printed.
std::string render_json(const RunRecord& record);
/// JUnit XML within Jenkins xunit-2 and GitLab rules: classname = scenario, unique names,
/// properties for parameters and figures, `skipped message=`, control characters removed.
std::string render_junit(const RunRecord& record);
/// One self-contained page, no network, readable without JavaScript.
std::string render_html(const RunRecord& record);
/// What the console sink writes over a whole run.
std::string render_console(const RunRecord& record, const ConsoleStyle& style);

}  // namespace memqual
