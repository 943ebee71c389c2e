// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "fixtures/captured_machine.h"
#include "harness/cli/commands.h"
#include "harness/explain/explain.h"
#include "harness/explain/explain_prediction.h"
#include "harness/plan/plan.h"

namespace memqual {
namespace {

// The cases of that name, or the one that --alloc describes. Nothing: `exit_code` says how to end.
std::optional<std::vector<Case>> cases_asked_about(const Arguments& arguments, int& exit_code) {
  const ExplainArguments& asked = arguments.explain;
  if (!asked.allocation.what.empty()) {
    Result<Case> made = case_of(asked.allocation);
    if (made) return std::vector<Case>{*std::move(made)};
    exit_code = complain(made.error(), ExitCode::usage);
    return std::nullopt;
  }
  ScenarioArguments scenarios = arguments.run.scenarios;
  scenarios.selection.names.push_back(asked.name);
  // Without paths the whole suite is searched, not only what `run` runs by default.
  if (scenarios.paths.empty()) {
    const Result<std::vector<std::filesystem::path>> suite = resolve_paths({});
    if (!suite) {
      exit_code = complain(suite.error(), ExitCode::usage);
      return std::nullopt;
    }
    scenarios.paths = {suite->front().parent_path().string()};
  }
  return load_and_select(scenarios, exit_code);
}

Result<HostFacts> facts_asked_about(const std::vector<Case>& cases, const std::string& folder) {
  if (folder.empty()) return facts_for(cases);
  Result<HostFacts> facts = read_captured_machine(folder);
  if (!facts) return Error{"--facts " + facts.error().message, facts.error().hint};
  return facts;
}

}  // namespace

int explain_command(const Arguments& arguments) {
  const ExplainArguments& asked = arguments.explain;
  int exit_code = 0;
  std::optional<std::vector<Case>> cases = cases_asked_about(arguments, exit_code);
  if (!cases) return exit_code;
  for (const std::string& setting : asked.settings)
    for (Case& test_case : *cases)
      if (Status status = apply_setting(test_case.environment, setting); !status)
        return complain(status.error(), ExitCode::usage);
  const Result<HostFacts> facts = facts_asked_about(*cases, asked.facts_folder);
  if (!facts) return complain(facts.error(), ExitCode::usage);
  const bool what_if =
      !asked.allocation.what.empty() || !asked.settings.empty() || !asked.facts_folder.empty();
  const std::vector<PlannedCase> plan = make_plan(
      *cases, *facts, {arguments.run.allow_system_changes, default_memory_budget(*facts)});
  constexpr std::size_t kShown = 8;
  for (std::size_t i = 0; i < plan.size() && i < kShown; ++i)
    fmt::print("{}{}", i > 0 ? "\n" : "",
               what_if
                   ? explain_what_if(plan[i].test_case, *facts, asked.facts_folder)
                   : explain_case(plan[i], *facts) + explain_prediction(plan[i].test_case, *facts));
  if (plan.size() > kShown)
    fmt::print(
        "\n... and {} more cases of this name; choose one by its hash: memqual list -n '{}'\n",
        plan.size() - kShown, asked.name);
  return 0;
}

}  // namespace memqual
