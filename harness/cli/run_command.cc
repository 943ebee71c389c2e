// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "fixtures/journal.h"
#include "harness/cli/commands.h"
#include "harness/cli/terminal.h"
#include "harness/executor/local_executor.h"
#include "harness/explain/explain.h"
#include "harness/plan/plan.h"
#include "harness/run/clock.h"
#include "harness/run/run.h"

namespace memqual {
namespace {

Result<std::uint64_t> memory_budget(const RunArguments& arguments, const HostFacts& facts) {
  const std::uint64_t most = default_memory_budget(facts);
  if (arguments.memory_budget.empty()) return most;
  const Result<Size> size = parse_size(arguments.memory_budget);
  if (!size) return Error{"--memory-budget: " + size.error().message, size.error().hint};
  Result<std::uint64_t> bytes = resolve(*size, facts);
  if (!bytes) return Error{"--memory-budget: " + bytes.error().message, bytes.error().hint};
  if (*bytes > most)
    return Error{"--memory-budget " + arguments.memory_budget +
                     " is more than this host can spare: " + format_bytes(most) +
                     " (available minus a reserve of " + format_bytes(reserve_bytes(facts)) + ")",
                 "confine the cases in cgroups instead"};
  return bytes;
}

// What an earlier memqual could not undo comes first.
std::vector<std::string> replay_journals(bool& failed) {
  const RestoreReport report = restore_journals(default_state_dir());
  std::vector<std::string> notes;
  for (const std::string& line : report.restored)
    notes.push_back("restored after an earlier run was killed: " + line);
  for (const Error& error : report.failures) complain(error, ExitCode::harness_error);
  failed = !report.failures.empty();
  return notes;
}

bool any_skipped(const RunRecord& record) {
  for (const CaseRecord& entry : record.cases)
    if (entry.verdict.status == CaseStatus::skip || entry.verdict.status == CaseStatus::unsupported)
      return true;
  return false;
}

}  // namespace

// Every report's path is tried before anything runs.
Result<std::vector<std::unique_ptr<Sink>>> make_run_sinks(const Arguments& arguments) {
  std::vector<std::unique_ptr<Sink>> sinks;
  bool stdout_taken = false;
  for (const ReportRequest& request : arguments.run.reports) {
    if (request.path == "-" && stdout_taken)
      return Error{"two reports cannot both go to standard output", "write one of them to a file"};
    stdout_taken = stdout_taken || request.path == "-";
    Result<std::unique_ptr<Sink>> sink = make_report_sink(request);
    if (!sink) return sink.error();
    sinks.push_back(*std::move(sink));
  }
  // Standard output carries what was asked for there, and nothing else.
  std::FILE* console = stdout_taken ? stderr : stdout;
  ConsoleStyle style = console_style(console, arguments.colour);
  style.quiet = arguments.quiet;
  style.verbose = arguments.verbose;
  sinks.insert(sinks.begin(), make_console_sink(console, style));
  return sinks;
}

int code_of_run(const RunRecord& record, const RunArguments& arguments) {
  if (const int stopped = stop_exit_code(); stopped != 0) return stopped;
  return record.exit_code == 0 && arguments.fail_on_skip && any_skipped(record) ? 1
                                                                                : record.exit_code;
}

std::optional<PreparedRun> prepare_host(const std::vector<Case>& cases,
                                        const RunArguments& arguments,
                                        const std::vector<std::string>& command_line,
                                        int& exit_code) {
  PreparedRun prepared;
  RunRecord& record = prepared.record;
  record.run_id = new_run_id();
  record.tool_version = tool_version();
  record.command_line = command_line;
  if (!arguments.dry_run) {
    const auto mode =
        arguments.allow_system_changes ? HostLock::Mode::exclusive : HostLock::Mode::shared;
    Result<HostLock> taken = HostLock::take(default_lock_file(), mode);
    if (!taken) {
      exit_code = complain(taken.error(), ExitCode::harness_error);
      return std::nullopt;
    }
    prepared.lock = *std::move(taken);
    bool failed = false;
    record.notes = replay_journals(failed);
    exit_code = static_cast<int>(ExitCode::harness_error);
    if (failed) return std::nullopt;
  }
  record.host = facts_for(cases);
  const Result<std::uint64_t> budget = memory_budget(arguments, record.host);
  if (!budget) {
    exit_code = complain(budget.error(), ExitCode::usage);
    return std::nullopt;
  }
  prepared.memory_budget_bytes = *budget;
  return prepared;
}

std::optional<PreparedRun> prepare_run(const std::vector<Case>& cases,
                                       const RunArguments& arguments,
                                       const std::vector<std::string>& command_line,
                                       int& exit_code) {
  std::optional<PreparedRun> prepared = prepare_host(cases, arguments, command_line, exit_code);
  if (prepared)
    prepared->plan = make_plan(cases, prepared->record.host,
                               {arguments.allow_system_changes, prepared->memory_budget_bytes});
  return prepared;
}

RunRecord execute_run(PreparedRun& prepared, const RunArguments& arguments,
                      const std::vector<std::unique_ptr<Sink>>& sinks, int& exit_code) {
  RunRecord record = std::move(prepared.record);
  const Result<std::filesystem::path> child = find_child_program();
  if (!child) {
    exit_code = complain(child.error(), ExitCode::harness_error);
    return record;
  }
  RunOptions options;
  options.workers = arguments.jobs;
  options.max_fail = arguments.max_fail;
  options.memory_budget_bytes = prepared.memory_budget_bytes;
  options.stop = install_stop_signals();
  LocalHost host(*child, default_state_dir(), record.host, record.run_id, options.stop);
  const ExecutorFactory factory = [&host]() -> Result<std::unique_ptr<Executor>> {
    return make_local_executor(host);
  };
  record = run_plan(prepared.plan, std::move(record), options, factory, sinks);
  exit_code = code_of_run(record, arguments);
  for (const Error& error : host.finish())
    if (const int code = complain(error, ExitCode::harness_error); stop_exit_code() == 0)
      exit_code = code;
  return record;
}

int run_command(const Arguments& arguments, const std::vector<std::string>& command_line) {
  if (!arguments.run.on.empty()) return lab_run_command(arguments, command_line);
  int exit_code = 0;
  const std::optional<std::vector<Case>> cases =
      load_and_select(arguments.run.scenarios, exit_code);
  if (!cases) return exit_code;
  std::optional<PreparedRun> prepared = prepare_run(*cases, arguments.run, command_line, exit_code);
  if (!prepared) return exit_code;
  if (arguments.run.dry_run) {
    fmt::print("{}",
               explain_plan(prepared->plan, prepared->record.host, prepared->memory_budget_bytes));
    return 0;
  }
  const Result<std::vector<std::unique_ptr<Sink>>> sinks = make_run_sinks(arguments);
  if (!sinks) return complain(sinks.error(), ExitCode::usage);
  execute_run(*prepared, arguments.run, *sinks, exit_code);
  return exit_code;
}

int restore_command(const Arguments&) {
  const RestoreReport report = restore_journals(default_state_dir());
  for (const std::string& line : report.restored) fmt::print("restored {}\n", line);
  for (const std::string& line : report.skipped) fmt::print("left alone: {}\n", line);
  for (const Error& error : report.failures) complain(error, ExitCode::harness_error);
  if (report.restored.empty() && report.failures.empty()) fmt::print("nothing to restore\n");
  return report.failures.empty() ? 0 : static_cast<int>(ExitCode::harness_error);
}

}  // namespace memqual
