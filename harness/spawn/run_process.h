// SPDX-License-Identifier: Apache-2.0
// A program run to its end, for what it prints.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/model/result.h"

namespace memqual {

/// What the program wrote to its standard output, at most 64 MiB. Errors: it is not there, ended
/// with another code than 0 (the last line of its standard error, which goes to `error_file`, is
/// the reason), did not end in time and was killed, or wrote too much.
Result<std::string> run_process(const std::filesystem::path& program,
                                const std::vector<std::string>& arguments,
                                const std::filesystem::path& error_file, std::uint64_t within_ms);

/// The program's file in PATH, or in the folders where system programs are. Errors: not there.
Result<std::filesystem::path> find_program(const std::string& name);

/// The last `count` lines of a file, without empty ones; empty where it cannot be read.
std::vector<std::string> last_lines(const std::filesystem::path& file, std::size_t count);

}  // namespace memqual
