// SPDX-License-Identifier: Apache-2.0
// The machines that can be named.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/model/machine.h"
#include "scenarios/model/result.h"

namespace memqual {

/// $MEMQUAL_MACHINES, harness/lab/machines here, ../share/memqual/machines of the program, or the
/// sources around a build folder. Errors name the places.
Result<std::filesystem::path> find_machine_folder();

/// Every *.yaml of the folder, by memory and then by name. Errors: the first mistake in a file.
Result<std::vector<Machine>> load_machines(const std::filesystem::path& folder);

/// The machine of a word, with the word's kernel. Errors: no such machine, with the nearest name.
Result<Machine> pick_machine(const std::vector<Machine>& machines, const MachineWord& word);

}  // namespace memqual
