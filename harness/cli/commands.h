// SPDX-License-Identifier: Apache-2.0
// One function per verb of the command line. Each returns the exit code; errors were printed.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fixtures/host_lock.h"
#include "harness/cli/options.h"
#include "harness/plan/plan.h"
#include "reports/sink.h"
#include "scenarios/model/case.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/run_record.h"

namespace memqual {

int run_command(const Arguments& arguments, const std::vector<std::string>& command_line);
int list_command(const Arguments& arguments);
int validate_command(const Arguments& arguments);
int explain_command(const Arguments& arguments);
int restore_command(const Arguments& arguments);
int doctor_command(const Arguments& arguments);
int schema_command(const Arguments& arguments);
int lab_command(const Arguments& arguments, const std::vector<std::string>& command_line);
int bandwidth_command(const Arguments& arguments, const std::vector<std::string>& command_line);
int loadline_command(const Arguments& arguments, const std::vector<std::string>& command_line);

/// What a run begins with: the lock is held as long as this lives (not for a dry run), what an
/// earlier run left changed is undone, and it is decided what runs.
struct PreparedRun {
  RunRecord record;  ///< identity and host, no cases yet
  std::optional<HostLock> lock;
  std::uint64_t memory_budget_bytes = 0;
  std::vector<PlannedCase> plan;
};
/// Nothing: the error was printed and `exit_code` says how to end.
std::optional<PreparedRun> prepare_run(const std::vector<Case>& cases,
                                       const RunArguments& arguments,
                                       const std::vector<std::string>& command_line,
                                       int& exit_code);
/// Runs the plan on this host and tells the sinks. Errors that are no verdict are printed.
RunRecord execute_run(PreparedRun& prepared, const RunArguments& arguments,
                      const std::vector<std::unique_ptr<Sink>>& sinks, int& exit_code);

/// Prints "memqual: message" and the hint to standard error; returns the code.
int complain(const Error& error, ExitCode code);

/// The first half of a run wherever it takes place: the lock is held, leftovers are undone, facts
/// and budget are known. No plan yet.
std::optional<PreparedRun> prepare_host(const std::vector<Case>& cases,
                                        const RunArguments& arguments,
                                        const std::vector<std::string>& command_line,
                                        int& exit_code);
/// What the sinks of `run` are; nothing: a path cannot be written, and it was said.
Result<std::vector<std::unique_ptr<Sink>>> make_run_sinks(const Arguments& arguments);
/// The exit code of a run that has ended.
int code_of_run(const RunRecord& record, const RunArguments& arguments);

/// What the lab needs and whether it is here, for `doctor`.
void print_lab_needs(const HostFacts& facts);

/// `run` and `loadline` with --on.
int lab_shell_command(const Arguments& arguments);
int lab_run_command(const Arguments& arguments, const std::vector<std::string>& command_line);
std::optional<RunRecord> run_load_lines_in_lab(const Arguments& arguments,
                                               const std::vector<std::string>& command_line,
                                               int& exit_code);

struct LoadedScenarios {
  std::vector<Case> cases;
  std::vector<std::string> paths;  ///< as resolved
  std::vector<std::string> files;  ///< that were read
};
/// Errors and warnings go to standard error. Nothing: `exit_code` says how to end.
std::optional<LoadedScenarios> load_all(const ScenarioArguments& arguments, int& exit_code);
std::optional<std::vector<Case>> select_from(const std::vector<Case>& cases,
                                             const Selection& selection, int& exit_code);

/// Loads, reports errors and warnings to standard error, selects. Nothing: `exit_code` says how to
/// end.
std::optional<std::vector<Case>> load_and_select(const ScenarioArguments& arguments,
                                                 int& exit_code);

/// Facts of this host with everything that the cases ask for.
HostFacts facts_for(const std::vector<Case>& cases);

/// "smoke" -> the suite's folder of that name where no file or folder with scenarios is here.
/// Without any path: smoke and seeds. Errors name where the suite was looked for.
Result<std::vector<std::filesystem::path>> resolve_paths(const std::vector<std::string>& paths);

}  // namespace memqual
