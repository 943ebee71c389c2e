// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/commands.h"
#include "harness/cli/table_reports.h"
#include "harness/explain/explain_prediction.h"
#include "reports/load_line_report.h"

namespace memqual {
namespace {

std::string render_text(const RunRecord& record) {
  return render_load_line_text(load_line_table(record));
}
std::string render_json_lines(const RunRecord& record) {
  return render_load_line_json(load_line_table(record));
}
std::string render_svg(const RunRecord& record) {
  return render_load_line_svg(load_line_table(record));
}

// What does not run here has its formula all the same. The record keeps the order of the plan.
void add_formulas(RunRecord& record, const std::vector<PlannedCase>& plan) {
  for (std::size_t i = 0; i < record.cases.size() && i < plan.size(); ++i) {
    CaseRecord& entry = record.cases[i];
    if (entry.attempts.empty()) entry.attempts.push_back({entry.verdict, std::nullopt});
    Attempt& attempt = entry.attempts.back();
    if (attempt.prediction) continue;
    if (Result<Prediction> made = predict_case(plan[i].test_case, record.host))
      attempt.prediction = *std::move(made);
  }
}

std::optional<RunRecord> run_here(const std::vector<Case>& cases, const Arguments& arguments,
                                  const std::vector<std::string>& command_line, int& exit_code) {
  std::optional<PreparedRun> prepared = prepare_run(cases, arguments.run, command_line, exit_code);
  if (!prepared) return std::nullopt;
  RunRecord record = execute_run(*prepared, arguments.run, {}, exit_code);
  add_formulas(record, prepared->plan);
  return record;
}

}  // namespace

int loadline_command(const Arguments& arguments, const std::vector<std::string>& command_line) {
  const Result<std::vector<Case>> cases = load_line_cases(arguments.loadline.question);
  if (!cases) return complain(cases.error(), ExitCode::usage);
  const Result<std::vector<std::unique_ptr<Sink>>> sinks =
      make_table_sinks(arguments.loadline.reports, {render_text, render_json_lines, render_svg});
  if (!sinks) return complain(sinks.error(), ExitCode::usage);
  int exit_code = 0;
  const std::optional<RunRecord> record =
      arguments.run.on.empty() ? run_here(*cases, arguments, command_line, exit_code)
                               : run_load_lines_in_lab(arguments, command_line, exit_code);
  if (!record) return exit_code;
  for (const auto& sink : *sinks)
    if (Status status = sink->run_ended(*record); !status)
      exit_code = complain(status.error(), ExitCode::harness_error);
  return exit_code;
}

}  // namespace memqual
