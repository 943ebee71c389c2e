// SPDX-License-Identifier: Apache-2.0
// Machine files of the lab -> Machine. The same reader, key table and messages as scenario files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/load/load.h"
#include "scenarios/model/machine.h"

namespace memqual {

struct LoadedMachine {
  Machine machine;  ///< not to be used where there are errors
  std::vector<Diagnostic> errors;
};

/// `file` is used in messages, and its stem must be the machine's name.
LoadedMachine load_machine_text(const std::string& text, const std::string& file,
                                const LoadLimits& limits = {});
LoadedMachine load_machine(const std::filesystem::path& file);

/// JSON Schema (draft-07) of machine files, from the key table that the loader decodes with.
std::string machine_schema();

}  // namespace memqual
