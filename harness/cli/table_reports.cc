// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/table_reports.h"

#include <algorithm>

namespace memqual {

Result<std::vector<std::unique_ptr<Sink>>> make_table_sinks(std::vector<ReportRequest> requests,
                                                            const TableRenderers& renderers) {
  const auto shows = [](const ReportRequest& r) { return r.path == "-" || r.format == "table"; };
  if (std::none_of(requests.begin(), requests.end(), shows)) requests.push_back({"table", "-"});
  std::vector<std::unique_ptr<Sink>> sinks;
  bool stdout_taken = false;
  for (const ReportRequest& request : requests) {
    if (request.path == "-" && stdout_taken)
      return Error{"two reports cannot both go to standard output", "write one of them to a file"};
    stdout_taken = stdout_taken || request.path == "-";
    Result<std::unique_ptr<Sink>> sink =
        make_report_sink(request, request.format == "json"  ? renderers.json
                                  : request.format == "svg" ? renderers.svg
                                                            : renderers.table);
    if (!sink) return sink.error();
    sinks.push_back(*std::move(sink));
  }
  return sinks;
}

}  // namespace memqual
