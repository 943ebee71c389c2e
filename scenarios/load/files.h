// SPDX-License-Identifier: Apache-2.0
// Where scenario texts come from. The only file of this folder that touches the file system.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/load/load.h"
#include "scenarios/model/result.h"

namespace memqual {

/// The text of a file, "-" for standard input. A file over limits.file_bytes is refused by its
/// size, unread; a pipe after that many bytes.
Result<std::string> read_scenario_file(const std::filesystem::path& path, const LoadLimits& limits);

/// A path as given, or every scenario file below a folder, in name order. Names that start with '.'
/// or
/// '_' are left out.
Result<std::vector<std::filesystem::path>> find_scenario_files(const std::filesystem::path& path);

/// Files that an `include` entry names, relative to the folder of `from`. Only *.yaml and *.yml, so
/// that a mistaken pattern does not print parts of other files.
Result<std::vector<std::filesystem::path>> find_includes(const std::string& pattern,
                                                         const std::string& from);

/// One text for one file, however it was reached; the path itself where it cannot be told.
std::string file_identity(const std::filesystem::path& path);

}  // namespace memqual
