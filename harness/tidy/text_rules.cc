// SPDX-License-Identifier: Apache-2.0
#include "harness/tidy/text_rules.h"

#include <array>
#include <cstddef>

namespace memqual::tidy {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kFileLines = 500;
constexpr std::size_t kTestLines = 650;

constexpr std::array<std::string_view, 12> kPlatformMacros = {
    "__linux", "__gnu_linux__", "_WIN32",   "_WIN64",      "__APPLE__",  "__MACH__",
    "__unix",  "__FreeBSD__",   "_MSC_VER", "__MINGW32__", "__CYGWIN__", "TARGET_OS_"};

/// True for a line that begins, after blanks, with # and one of the conditional directives.
bool is_conditional(std::string_view code) {
  const std::size_t hash = code.find_first_not_of(" \t");
  if (hash == std::string_view::npos || code[hash] != '#') return false;
  const std::size_t word = code.find_first_not_of(" \t", hash + 1);
  if (word == std::string_view::npos) return false;
  const std::string_view directive = code.substr(word);
  return directive.starts_with("if") || directive.starts_with("elif");
}

/// Characters, not bytes: UTF-8 continuation bytes do not count.
std::size_t columns(std::string_view line) {
  std::size_t count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

}  // namespace

Findings check_platform_if(const SourceText& source) {
  Findings findings;
  for (std::size_t i = 0; i < source.code.size(); ++i) {
    if (!is_conditional(source.code[i])) continue;
    for (const std::string_view macro : kPlatformMacros) {
      if (source.code[i].find(macro) == std::string::npos) continue;
      findings.push_back({source.path, i + 1,
                          "a platform is chosen by file name, not by " + std::string(macro) +
                              ": split into _linux.cc, _macos.cc, ... and let CMake pick"});
      break;
    }
  }
  return findings;
}

Findings check_line_length(const SourceText& source) {
  Findings findings;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    const std::size_t width = columns(source.lines[i]);
    if (width <= kColumns || source.raw_data[i]) continue;
    findings.push_back({source.path, i + 1,
                        std::to_string(width) + " columns, the limit is " +
                            std::to_string(kColumns) +
                            ": wrap it; text that cannot be wrapped goes into R\"data(...)data\""});
  }
  return findings;
}

Findings check_file_length(const SourceText& source) {
  const std::size_t limit = is_test(source.path) ? kTestLines : kFileLines;
  if (source.lines.size() <= limit) return {};
  return {{source.path, limit + 1,
           std::to_string(source.lines.size()) + " lines, the limit is " + std::to_string(limit) +
               ": split the file by subject"}};
}

Findings check_spdx(const SourceText& source, std::string_view comment) {
  const std::string wanted = std::string(comment) + " SPDX-License-Identifier: Apache-2.0";
  const bool script = !source.lines.empty() && source.lines[0].starts_with("#!");
  const std::size_t index = script ? 1 : 0;
  if (index < source.lines.size() && source.lines[index] == wanted) return {};
  return {{source.path, index + 1, "this line must be: " + wanted}};
}

Findings check_sleep(const SourceText& source, const AllowedFiles& allowed) {
  constexpr std::array<std::string_view, 3> kSleeps = {"sleep_for", "sleep_until", "usleep"};
  Findings findings;
  if (allowed.contains(source.path)) return findings;
  for (std::size_t i = 0; i < source.code.size(); ++i) {
    for (const std::string_view sleep : kSleeps) {
      const std::string call = std::string(sleep) + "(";
      if (source.code[i].find(call) == std::string::npos) continue;
      findings.push_back({source.path, i + 1,
                          std::string(sleep) +
                              " guesses when something has happened: wait for the event (a pipe, "
                              "poll, waitpid with a deadline); a file that has to may be listed "
                              "with its reason in harness/tidy/tidy_test.cc"});
    }
  }
  return findings;
}

}  // namespace memqual::tidy
