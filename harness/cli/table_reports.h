// SPDX-License-Identifier: Apache-2.0
// The reports of a verb that answers with one table.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reports/sink.h"

namespace memqual {

struct TableRenderers {
  std::string (*table)(const RunRecord&);
  std::string (*json)(const RunRecord&);
  std::string (*svg)(const RunRecord&);
};

/// A sink for each request, whose format is table, json or svg; the table is shown as well unless a
/// table, or anything on standard output, is asked for. Every path is tried at once. Errors: as
/// make_report_sink, and two reports that both go to standard output.
Result<std::vector<std::unique_ptr<Sink>>> make_table_sinks(std::vector<ReportRequest> requests,
                                                            const TableRenderers& renderers);

}  // namespace memqual
