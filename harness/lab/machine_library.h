// SPDX-License-Identifier: Apache-2.0
// The machines that can be named.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "scenarios/load/load.h"
#include "scenarios/model/case.h"
#include "scenarios/model/machine.h"
#include "scenarios/model/result.h"

namespace memqual {

struct MachineLibrary {
  std::vector<Machine> machines;  ///< by memory and then by name
  /// Files with a mistake, by the machine's name: the first mistake in each. They keep nobody from
  /// the other machines.
  std::map<std::string, Error> broken = {};
};

/// $MEMQUAL_MACHINES; where that is not set harness/lab/machines here, ../share/memqual/machines of
/// the program, or the sources around a build folder. Errors name the places.
Result<std::filesystem::path> find_machine_folder();

/// Every *.yaml of the folder. Errors: the folder cannot be read.
Result<MachineLibrary> load_machines(const std::filesystem::path& folder);

/// The machine of a word, with the word's kernel. Errors: no such machine or kernel, with the
/// nearest name and all of them; the mistake in its file.
Result<Machine> pick_machine(const MachineLibrary& library, const MachineWord& word);

/// Cases whose machine cannot be picked: one line for each word and place in a file.
std::vector<Diagnostic> wrong_machines(const std::vector<Case>& cases,
                                       const MachineLibrary& library);

}  // namespace memqual
