// SPDX-License-Identifier: Apache-2.0
// The line protocol between the harness and its child program.
//
// A line is `verb key=value key=value ...\n`, at most kMaxLineBytes, which is PIPE_BUF on Linux: a
// line is written whole or not at all, so launcher and case may write to one pipe. Values are
// percent-escaped. Unknown verbs and keys are ignored by the reader; the version is in `ready`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/model/result.h"

namespace memqual::wire {

inline constexpr int kVersion = 2;
inline constexpr std::size_t kMaxLineBytes = 4096;
/// Of an encoded ChildProgram.
inline constexpr std::size_t kMaxProgramBytes = 1024 * 1024;

struct Line {
  std::string verb;
  std::vector<std::pair<std::string, std::string>> fields;

  /// nullptr where the line has no such key.
  const std::string* find(std::string_view key) const;
  std::string text(std::string_view key) const;      ///< "" where absent
  std::uint64_t number(std::string_view key) const;  ///< 0 where absent or not a number
  std::optional<std::uint64_t> maybe_number(std::string_view key) const;
};

/// `text` without its newline. Errors: empty, too long, a field without '=', a bad escape.
Result<Line> parse_line(std::string_view text);
/// The same without a limit on the length: lines of a program travel in one block.
Result<Line> parse_long_line(std::string_view text);

/// Everything but letters, digits and `_-./:,+@` becomes %XX.
std::string escape(std::string_view text);
Result<std::string> unescape(std::string_view text);

/// Builds one line in place, without the heap: it is used between fork and the first step. A text
/// value that does not fit is cut; fields that do not fit are left out.
class LineBuilder {
 public:
  explicit LineBuilder(std::string_view verb);
  LineBuilder& add(std::string_view key, std::uint64_t value);
  LineBuilder& add(std::string_view key, std::string_view value);
  /// With the newline. Valid until the next add.
  std::string_view view();
  /// How many bytes of raw text still fit into one field, at worst.
  std::size_t room_for_text() const;

 private:
  bool put(std::string_view text);
  char buffer_[kMaxLineBytes];
  std::size_t size_ = 0;
};

}  // namespace memqual::wire
