// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/machine_library.h"

#include <algorithm>
#include <cstdlib>

#include "harness/lab/kernels.h"
#include "scenarios/load/load_machine.h"
#include "scenarios/model/text.h"

namespace memqual {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> names_of(const MachineLibrary& library) {
  std::vector<std::string> names;
  for (const Machine& machine : library.machines) names.push_back(machine.name);
  for (const auto& [name, error] : library.broken) names.push_back(name);
  return names;
}

/// Of the setting `machine`, else of the case.
const Origin& origin_of_machine(const Case& test_case) {
  for (const auto& [path, origin] : test_case.origins)
    if (path == "environment.machine") return origin;
  return test_case.origin;
}

}  // namespace

Result<fs::path> find_machine_folder() {
  std::error_code error;
  if (const char* named = std::getenv("MEMQUAL_MACHINES"); named != nullptr && *named != '\0') {
    if (fs::is_directory(named, error)) return fs::path(named).lexically_normal();
    return Error{std::string("$MEMQUAL_MACHINES is ") + named + ", which is no folder",
                 "name a folder of machine files there, or unset it"};
  }
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  // The last one: a build folder inside the sources.
  const std::vector<fs::path> places{"harness/lab/machines", folder / "../share/memqual/machines",
                                     folder / "../../harness/lab/machines"};
  std::string looked;
  for (const fs::path& place : places) {
    if (fs::is_directory(place, error)) return place.lexically_normal();
    looked += (looked.empty() ? "" : ", ") + place.lexically_normal().string();
  }
  return Error{"cannot find the lab's machines: looked for " + looked,
               "set MEMQUAL_MACHINES to a folder of machine files"};
}

Result<MachineLibrary> load_machines(const fs::path& folder) {
  MachineLibrary library;
  std::error_code error;
  fs::directory_iterator it(folder, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    if (it->path().extension() != ".yaml") continue;
    LoadedMachine loaded = load_machine(it->path());
    if (loaded.errors.empty())
      library.machines.push_back(std::move(loaded.machine));
    else
      library.broken[it->path().stem().string()] = {to_string(loaded.errors.front()), ""};
  }
  if (error)
    return Error{"cannot read " + folder.string() + ": " + error.message(),
                 "set MEMQUAL_MACHINES to a folder of machine files"};
  std::sort(library.machines.begin(), library.machines.end(),
            [](const Machine& a, const Machine& b) {
              return std::pair(memory_bytes(a), a.name) < std::pair(memory_bytes(b), b.name);
            });
  return library;
}

Result<Machine> pick_machine(const MachineLibrary& library, const MachineWord& word) {
  if (const auto broken = library.broken.find(word.machine); broken != library.broken.end())
    return broken->second;
  for (const Machine& machine : library.machines) {
    if (machine.name != word.machine) continue;
    Machine picked = machine;
    if (word.kernel.empty()) return picked;
    if (Status known = check_kernel_name(word.kernel); !known) return known.error();
    picked.kernel = word.kernel;
    return picked;
  }
  const std::vector<std::string> names = names_of(library);
  return Error{
      "the lab has no machine " + in_quotes(word.machine) + did_you_mean(word.machine, names),
      names.empty() ? "" : "it is one of: " + join_or(names)};
}

std::vector<Diagnostic> wrong_machines(const std::vector<Case>& cases,
                                       const MachineLibrary& library) {
  std::vector<Diagnostic> wrong;
  for (const Case& test_case : cases) {
    if (!test_case.environment.machine) continue;
    const Result<MachineWord> word = parse_machine_word(*test_case.environment.machine);
    const Result<Machine> machine =
        word ? pick_machine(library, *word) : Result<Machine>(word.error());
    if (machine) continue;
    Diagnostic diagnostic{origin_of_machine(test_case), to_string(machine.error())};
    if (std::find(wrong.begin(), wrong.end(), diagnostic) == wrong.end())
      wrong.push_back(std::move(diagnostic));
  }
  return wrong;
}

}  // namespace memqual
