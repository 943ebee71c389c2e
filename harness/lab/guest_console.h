// SPDX-License-Identifier: Apache-2.0
// What a guest's kernel and QEMU wrote into the guest's folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace memqual {

/// Both are appended to by their writers.
inline constexpr const char* kConsoleFile = "console";  ///< the guest's first serial port
inline constexpr const char* kErrorFile = "errors";     ///< QEMU's standard error

/// The last lines of the console; of a panic its first line and what came before, not the registers
/// behind it.
std::vector<std::string> console_end(const std::filesystem::path& folder);
bool ends_with_panic(const std::vector<std::string>& console);
/// "its console ends with | line | line", escaped.
std::string console_in_words(const std::vector<std::string>& console);

/// Empties a file that has become longer than 4 MiB: what a guest says is not the host's to keep.
void keep_console_short(const std::filesystem::path& folder);

}  // namespace memqual
