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
int lab_command(const Arguments& arguments);
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

/// Loads, reports errors and warnings to standard error, selects. Nothing: `exit_code` says how to
/// end.
std::optional<std::vector<Case>> load_and_select(const ScenarioArguments& arguments,
                                                 int& exit_code);

/// Facts of this host with everything that the cases ask for.
HostFacts facts_for(const std::vector<Case>& cases);

/// "smoke" -> the suite's folder of that name where no such path is here. Without any path: smoke
/// and seeds. Errors name where the suite was looked for.
Result<std::vector<std::filesystem::path>> resolve_paths(const std::vector<std::string>& paths);

}  // namespace memqual
