// SPDX-License-Identifier: Apache-2.0
// A source file as the tidy rules see it, and what they say about it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace memqual::tidy {

/// A place that breaks a rule. `message` says what to do instead.
struct Finding {
  std::string file;  ///< from the root of the tree, with '/'
  std::size_t line;  ///< from 1
  std::string message;
  bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

/// "file:line: message" for each, a line each.
std::string to_string(const Findings& findings);

struct SourceText {
  std::string path;  ///< from the root of the tree, with '/'
  std::vector<std::string> lines;
  /// The same lines; comments and what stands inside quotes are blanks. Columns are kept.
  std::vector<std::string> code;
  /// True for lines that touch a raw string with a delimiter, R"data(...)data": that marks it as
  /// data, which may be wide and long.
  std::vector<bool> raw_data;
};

/// Splits and blanks `text`. Never fails: an unterminated literal ends with the file.
SourceText parse_source(std::string path, std::string_view text);

/// True for helpers of tests: testing.h, fake_*, sample_*, and programs *_sample.cc.
bool is_test_helper(std::string_view path);
/// True for foo_test.cc, foo_fuzz.cc and helpers.
bool is_test(std::string_view path);
/// True for foo_linux.cc, _macos, _windows, _posix and _other.
bool has_platform_suffix(std::string_view path);
/// "a/b_linux.cc" -> "a/b": folder and name without extension and platform suffix.
std::string without_suffixes(std::string_view path);

}  // namespace memqual::tidy
