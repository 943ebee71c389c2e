// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/guest_console.h"

#include <algorithm>

#include "harness/spawn/run_process.h"
#include "scenarios/model/bytes.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::size_t kLinesToRead = 400;
constexpr std::size_t kLinesToTell = 8;
constexpr std::size_t kLineBytes = 200;
constexpr std::uintmax_t kMostBytes = 4 * kMiB;
constexpr const char* kPanic = "Kernel panic";

bool is_panic(const std::string& line) { return line.find(kPanic) != std::string::npos; }

}  // namespace

std::vector<std::string> console_end(const std::filesystem::path& folder) {
  std::vector<std::string> lines = last_lines(folder / kConsoleFile, kLinesToRead);
  const auto panic = std::find_if(lines.begin(), lines.end(), is_panic);
  if (panic != lines.end()) lines.erase(panic + 1, lines.end());
  if (lines.size() > kLinesToTell)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kLinesToTell));
  return lines;
}

bool ends_with_panic(const std::vector<std::string>& console) {
  return !console.empty() && is_panic(console.back());
}

std::string console_in_words(const std::vector<std::string>& console) {
  if (console.empty()) return "its console is empty";
  std::string text = "its console ends with";
  for (const std::string& line : console) text += " | " + escape_text(line, kLineBytes);
  return text;
}

void keep_console_short(const std::filesystem::path& folder) {
  for (const char* name : {kConsoleFile, kErrorFile}) {
    std::error_code failed;
    const std::uintmax_t size = std::filesystem::file_size(folder / name, failed);
    if (!failed && size > kMostBytes) std::filesystem::resize_file(folder / name, 0, failed);
  }
}

}  // namespace memqual
