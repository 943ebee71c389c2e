// SPDX-License-Identifier: Apache-2.0
// Rules look for words and braces, and must not find them in comments or literals. So this file
// knows just enough of the C++ lexer to blank those: quotes, escapes, raw strings, digit
// separators.
#include "harness/tidy/source_text.h"

#include <array>
#include <cctype>
#include <utility>

namespace memqual::tidy {
namespace {

constexpr std::array<std::string_view, 5> kPlatforms = {"_linux", "_macos", "_windows", "_posix",
                                                        "_other"};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Copies `text` to `out`, blanking; `in_data` gets a flag per character.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), out_(text), in_data_(text.size(), false) {}

  void run() {
    while (at_ < text_.size()) step();
  }
  std::string code() && { return std::move(out_); }
  const std::vector<bool>& in_data() const { return in_data_; }

 private:
  bool starts(std::string_view word) const { return text_.substr(at_, word.size()) == word; }

  void step() {
    if (starts("//")) {
      blank_to(text_.find('\n', at_));
    } else if (starts("/*")) {
      blank_past(text_.find("*/", at_ + 2), 2);
    } else if (text_[at_] == '"') {
      if (at_ > 0 && text_[at_ - 1] == 'R') {
        raw_string();
      } else {
        quoted('"');
      }
    } else if (text_[at_] == '\'' && !digit_separator()) {
      quoted('\'');
    } else {
      ++at_;
    }
  }

  /// 1'000: inside a word that begins with a digit.
  bool digit_separator() const {
    std::size_t begin = at_;
    while (begin > 0 && (is_word(text_[begin - 1]) || text_[begin - 1] == '\'')) --begin;
    return begin < at_ && std::isdigit(static_cast<unsigned char>(text_[begin])) != 0;
  }

  void quoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2 : 1;
    }
    ++at_;  // the quotes themselves stay
    blank_to(end);
    if (at_ < text_.size() && text_[at_] == quote) ++at_;
  }

  void raw_string() {
    const std::size_t open = text_.find('(', at_);
    if (open == std::string_view::npos) {
      ++at_;
      return;
    }
    const std::string_view delimiter = text_.substr(at_ + 1, open - at_ - 1);
    const std::string close = ")" + std::string(delimiter) + "\"";
    const std::size_t begin = at_++;
    const std::size_t found = text_.find(close, open);
    blank_to(found == std::string_view::npos ? found : found + close.size() - 1);
    if (at_ < text_.size()) ++at_;
    if (!delimiter.empty()) {
      for (std::size_t i = begin; i < at_; ++i) in_data_[i] = true;
    }
  }

  void blank_past(std::size_t end, std::size_t extra) {
    blank_to(end == std::string_view::npos ? end : end + extra);
  }

  void blank_to(std::size_t end) {
    if (end > text_.size()) end = text_.size();
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') out_[at_] = ' ';
    }
  }

  std::string_view text_;
  std::string out_;
  std::vector<bool> in_data_;
  std::size_t at_ = 0;
};

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) end = text.size();
    lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

std::string to_string(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += finding.file + ":" + std::to_string(finding.line) + ": " + finding.message + "\n";
  }
  return text;
}

SourceText parse_source(std::string path, std::string_view text) {
  Blanker blanker(text);
  blanker.run();
  SourceText source;
  source.path = std::move(path);
  source.lines = split_lines(text);
  source.raw_data.assign(source.lines.size(), false);
  std::size_t line = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (blanker.in_data()[i]) source.raw_data[line] = true;
    if (text[i] == '\n') ++line;
  }
  source.code = split_lines(std::move(blanker).code());
  return source;
}

bool is_test_helper(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.starts_with("testing.") || name.starts_with("fake_") || name.starts_with("sample_") ||
         name.ends_with("_sample.cc");
}

bool is_test(std::string_view path) {
  return path.ends_with("_test.cc") || path.ends_with("_fuzz.cc") || is_test_helper(path);
}

bool has_platform_suffix(std::string_view path) {
  const std::string_view stem = path.substr(0, path.rfind('.'));
  for (const std::string_view platform : kPlatforms) {
    if (stem.ends_with(platform)) return true;
  }
  return false;
}

std::string without_suffixes(std::string_view path) {
  std::string_view stem = path.substr(0, path.rfind('.'));
  for (const std::string_view platform : kPlatforms) {
    if (stem.ends_with(platform)) {
      stem.remove_suffix(platform.size());
      break;
    }
  }
  return std::string(stem);
}

}  // namespace memqual::tidy
