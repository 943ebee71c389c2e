// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "fixtures/read_host_facts.h"
#include "harness/cli/commands.h"
#include "harness/lab/machine_library.h"
#include "harness/plan/lookup.h"
#include "scenarios/load/load.h"

namespace memqual {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> suite_places() {
  std::vector<fs::path> places;
  if (const char* named = std::getenv("MEMQUAL_SCENARIOS"); named != nullptr && *named != '\0')
    places.emplace_back(named);
  places.emplace_back("scenarios/suite");
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  places.push_back(folder / "../share/memqual/scenarios");
  places.push_back(folder / "../../scenarios/suite");  // a build folder inside the sources
  return places;
}

std::optional<fs::path> find_suite() {
  std::error_code error;
  for (const fs::path& place : suite_places())
    if (fs::is_directory(place, error)) return place.lexically_normal();
  return std::nullopt;
}

Error no_suite() {
  std::string places;
  for (const fs::path& place : suite_places())
    places += (places.empty() ? "" : ", ") + place.lexically_normal().string();
  return {"cannot find the scenario suite: looked for " + places,
          "name scenario files or folders, or set MEMQUAL_SCENARIOS"};
}

/// A file, or a folder that has scenario files itself. What cannot be read counts: its error is
/// shown when it is loaded.
bool has_scenarios(const fs::path& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return fs::exists(path, failed);
  fs::directory_iterator it(path, failed);
  for (; !failed && it != fs::directory_iterator(); it.increment(failed))
    if (it->path().extension() == ".yaml" || it->path().extension() == ".yml") return true;
  return static_cast<bool>(failed);
}

/// A machine that the lab does not have is a mistake wherever the cases would run. A host without
/// the lab's machines cannot tell.
std::vector<Diagnostic> wrong_machines_in(const std::vector<Case>& cases) {
  const auto names_machine = [](const Case& test_case) {
    return test_case.environment.machine.has_value();
  };
  if (std::none_of(cases.begin(), cases.end(), names_machine)) return {};
  const Result<fs::path> folder = find_machine_folder();
  if (!folder) return {};
  const Result<MachineLibrary> library = load_machines(*folder);
  return library ? wrong_machines(cases, *library) : std::vector<Diagnostic>();
}

}  // namespace

int complain(const Error& error, ExitCode code) {
  fmt::print(stderr, "memqual: {}\n", error.message);
  if (!error.hint.empty()) fmt::print(stderr, "         {}\n", error.hint);
  return static_cast<int>(code);
}

Result<std::vector<fs::path>> resolve_paths(const std::vector<std::string>& paths) {
  const std::vector<std::string> wanted =
      paths.empty() ? std::vector<std::string>{"smoke", "seeds"} : paths;
  const std::optional<fs::path> suite = find_suite();
  if (paths.empty() && !suite) return no_suite();
  std::vector<fs::path> resolved;
  std::error_code error;
  for (const std::string& path : wanted) {
    // In the suite "smoke" is a name; a file or folder with scenarios of that name here comes first
    // if it was named.
    const bool is_suite_name = suite && path.find('/') == std::string::npos && path != "-" &&
                               fs::is_directory(*suite / path, error);
    if (is_suite_name && (paths.empty() || !has_scenarios(path)))
      resolved.push_back(*suite / path);
    else
      resolved.emplace_back(path);
  }
  return resolved;
}

std::optional<LoadedScenarios> load_all(const ScenarioArguments& arguments, int& exit_code) {
  const Result<std::vector<fs::path>> paths = resolve_paths(arguments.paths);
  if (!paths) {
    exit_code = complain(paths.error(), ExitCode::usage);
    return std::nullopt;
  }
  LoadOptions options;
  options.variables = arguments.variables;
  LoadResult loaded = load_scenarios(*paths, options);
  if (loaded.errors.empty()) loaded.errors = wrong_machines_in(loaded.cases);
  for (const Diagnostic& warning : loaded.warnings)
    fmt::print(stderr, "warning: {}\n", to_string(warning));
  for (const Diagnostic& error : loaded.errors) fmt::print(stderr, "{}\n", to_string(error));
  if (!loaded.errors.empty()) {
    fmt::print(stderr, "memqual: {} error{} in the scenarios; nothing was run\n",
               loaded.errors.size(), loaded.errors.size() == 1 ? "" : "s");
    exit_code = static_cast<int>(ExitCode::usage);
    return std::nullopt;
  }
  LoadedScenarios out{std::move(loaded.cases), {}, std::move(loaded.files)};
  for (const fs::path& path : *paths) out.paths.push_back(path.string());
  return out;
}

std::optional<std::vector<Case>> select_from(const std::vector<Case>& cases,
                                             const Selection& selection, int& exit_code) {
  Result<std::vector<Case>> selected = select_cases(cases, selection);
  if (!selected) {
    exit_code = complain(selected.error(), ExitCode::usage);
    return std::nullopt;
  }
  if (selected->empty()) {
    exit_code = complain({fmt::format("none of the {} cases is selected", cases.size()),
                          "see them with: memqual list"},
                         ExitCode::nothing_ran);
    return std::nullopt;
  }
  return *std::move(selected);
}

std::optional<std::vector<Case>> load_and_select(const ScenarioArguments& arguments,
                                                 int& exit_code) {
  const std::optional<LoadedScenarios> loaded = load_all(arguments, exit_code);
  if (!loaded) return std::nullopt;
  return select_from(loaded->cases, arguments.selection, exit_code);
}

HostFacts facts_for(const std::vector<Case>& cases) {
  HostFacts facts = read_host_facts();
  const SoftwareQuestions questions = software_questions(cases);
  if (!questions.programs.empty() || !questions.python_modules.empty())
    probe_software(facts, questions.programs, questions.python_modules);
  return facts;
}

}  // namespace memqual
