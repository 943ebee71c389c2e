// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <thread>

#include "harness/cli/commands.h"
#include "harness/cli/table_reports.h"
#include "reports/bandwidth_report.h"

namespace memqual {
namespace {

std::string render_text(const RunRecord& record) {
  return render_bandwidth_text(bandwidth_table(record));
}
std::string render_json_rows(const RunRecord& record) {
  return render_bandwidth_json(bandwidth_table(record));
}
std::string render_svg(const RunRecord& record) {
  return render_bandwidth_svg(bandwidth_table(record));
}

Result<std::vector<ReportRequest>> requests_of(const BandwidthArguments& arguments) {
  std::vector<ReportRequest> requests;
  if (!arguments.format.empty()) requests.push_back({arguments.format, "-"});
  for (const std::string& text : arguments.reports) {
    Result<ReportRequest> request = parse_bandwidth_report(text);
    if (!request) return request.error();
    requests.push_back(*std::move(request));
  }
  return requests;
}

}  // namespace

int bandwidth_command(const Arguments& arguments, const std::vector<std::string>& command_line) {
  const std::uint32_t cpus = std::max(1U, std::thread::hardware_concurrency());
  const Result<std::vector<Case>> cases =
      bandwidth_cases(arguments.bandwidth.question, cpus, facts_for({}).numa_nodes);
  if (!cases) return complain(cases.error(), ExitCode::usage);
  Result<std::vector<ReportRequest>> requests = requests_of(arguments.bandwidth);
  if (!requests) return complain(requests.error(), ExitCode::usage);
  const Result<std::vector<std::unique_ptr<Sink>>> sinks =
      make_table_sinks(*std::move(requests), {render_text, render_json_rows, render_svg});
  if (!sinks) return complain(sinks.error(), ExitCode::usage);
  int exit_code = 0;
  std::optional<PreparedRun> prepared = prepare_run(*cases, arguments.run, command_line, exit_code);
  if (!prepared) return exit_code;
  const RunRecord record = execute_run(*prepared, arguments.run, {}, exit_code);
  for (const auto& sink : *sinks)
    if (Status status = sink->run_ended(record); !status)
      exit_code = complain(status.error(), ExitCode::harness_error);
  return exit_code;
}

}  // namespace memqual
