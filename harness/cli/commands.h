// SPDX-License-Identifier: Apache-2.0
// One function per verb of the command line. Each returns the exit code; errors were printed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/cli/options.h"
#include "scenarios/model/case.h"
#include "scenarios/model/host_facts.h"

namespace memqual {

int run_command(const Arguments& arguments, const std::vector<std::string>& command_line);
int list_command(const Arguments& arguments);
int validate_command(const Arguments& arguments);
int explain_command(const Arguments& arguments);
int restore_command(const Arguments& arguments);
int doctor_command(const Arguments& arguments);
int schema_command(const Arguments& arguments);

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
