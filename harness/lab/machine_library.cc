// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/machine_library.h"

#include <algorithm>
#include <cstdlib>

#include "scenarios/load/load_machine.h"
#include "scenarios/model/text.h"

namespace memqual {

namespace fs = std::filesystem;

Result<fs::path> find_machine_folder() {
  std::vector<fs::path> places;
  if (const char* named = std::getenv("MEMQUAL_MACHINES"); named != nullptr && *named != '\0')
    places.emplace_back(named);
  places.emplace_back("harness/lab/machines");
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  places.push_back(folder / "../share/memqual/machines");
  places.push_back(folder / "../../harness/lab/machines");  // a build folder inside the sources
  std::string looked;
  for (const fs::path& place : places) {
    if (fs::is_directory(place, error)) return place.lexically_normal();
    looked += (looked.empty() ? "" : ", ") + place.lexically_normal().string();
  }
  return Error{"cannot find the lab's machines: looked for " + looked,
               "set MEMQUAL_MACHINES to a folder of machine files"};
}

Result<std::vector<Machine>> load_machines(const fs::path& folder) {
  std::vector<Machine> machines;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".yaml") continue;
    LoadedMachine loaded = load_machine(entry.path());
    if (!loaded.errors.empty()) return Error{to_string(loaded.errors.front()), ""};
    machines.push_back(std::move(loaded.machine));
  }
  if (error) return Error{"cannot read " + folder.string() + ": " + error.message(), ""};
  std::sort(machines.begin(), machines.end(), [](const Machine& a, const Machine& b) {
    return std::pair(memory_bytes(a), a.name) < std::pair(memory_bytes(b), b.name);
  });
  return machines;
}

Result<Machine> pick_machine(const std::vector<Machine>& machines, const MachineWord& word) {
  std::vector<std::string> names;
  for (const Machine& machine : machines) {
    names.push_back(machine.name);
    if (machine.name != word.machine) continue;
    Machine picked = machine;
    if (!word.kernel.empty()) picked.kernel = word.kernel;
    return picked;
  }
  return Error{
      "the lab has no machine " + in_quotes(word.machine) + did_you_mean(word.machine, names),
      "memqual lab list"};
}

}  // namespace memqual
