// SPDX-License-Identifier: Apache-2.0
// YAML text -> Cases. yaml-cpp is used behind this header and nowhere else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/result.h"

namespace memqual {

/// A finding about a scenario file. `message` says what is wrong and what to write instead.
struct Diagnostic {
  Origin origin;
  std::string message;
  bool operator==(const Diagnostic&) const = default;
};
/// "file:line:column: message"
std::string to_string(const Diagnostic& diagnostic);

/// Bounds on what is read, so that a hostile or mistaken file costs little. Each is named in its
/// error.
struct LoadLimits {
  std::uint64_t file_bytes = 1024 * 1024;
  std::uint32_t nesting = 64;        ///< levels of maps and lists
  std::uint64_t nodes = 200000;      ///< of one document, aliases expanded
  std::uint32_t includes = 256;      ///< files reached from one file
  std::uint64_t cells = 100000;      ///< of one scenario's matrix
  std::uint64_t cases = 1000000;     ///< of one load
  std::uint32_t errors_shown = 100;  ///< of one file
};

struct LoadOptions {
  std::map<std::string, std::string>
      variables;  ///< -D name=value; each must be declared in `vars:`
  LoadLimits limits;
};

struct LoadResult {
  std::vector<Case> cases;         ///< empty where there are errors
  std::vector<Diagnostic> errors;  ///< of all files, in file order
  std::vector<Diagnostic> warnings;
  std::vector<std::string> files;  ///< read, includes too, in order
};

/// Loads files and folders (every *.yaml and *.yml below, in name order, names starting with '.' or
/// '_' left out: those are for `extends` and `include`). "-" reads standard input. A missing path
/// is an error.
LoadResult load_scenarios(const std::vector<std::filesystem::path>& paths,
                          const LoadOptions& options = {});
/// The same from memory; `file` is used in messages and as the base of relative includes.
LoadResult load_scenario_text(const std::string& text, const std::string& file,
                              const LoadOptions& options = {});

/// JSON Schema (draft-07) of scenario files, generated from the key table that the loader decodes
/// with.
std::string scenario_schema();

}  // namespace memqual
