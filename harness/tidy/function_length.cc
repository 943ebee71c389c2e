// SPDX-License-Identifier: Apache-2.0
// Finds function bodies by their braces. A brace is judged by its head, the text between it and the
// previous ';', '{' or '}' at the same level: a head with a scope word (namespace, struct, ...)
// opens a scope that may hold functions; one with a parameter list opens a function; every other
// brace is a table or an initialiser. Good enough for formatted code, and wrong only towards
// silence.
#include "harness/tidy/function_length.h"

#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace memqual::tidy {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_word(text[at - 1]);
    if (begins && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

std::string_view last_word(std::string_view text) {
  std::size_t end = text.find_last_not_of(" \t\n");
  if (end == std::string_view::npos) return {};
  std::size_t begin = ++end;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

/// Without a leading `template <...>`, whose "class" is not a scope.
std::string_view without_template(std::string_view head) {
  const std::size_t begin = head.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos || !head.substr(begin).starts_with("template")) return head;
  int depth = 0;
  for (std::size_t i = begin; i < head.size(); ++i) {
    if (head[i] == '<') ++depth;
    if (head[i] == '>' && --depth == 0) return head.substr(i + 1);
  }
  return head;
}

bool is_access(std::string_view word) {
  return word == "public" || word == "private" || word == "protected";
}

enum class BraceKind { scope, function, initialiser, other };

/// `a_{a}` in a constructor's list: a word before the brace that is not a function's last word.
bool is_member_initialiser(std::string_view head) {
  constexpr std::array<std::string_view, 6> kBodyWords = {"const", "noexcept", "override",
                                                          "final", "try",      "mutable"};
  const std::string_view word = last_word(head);
  if (word.empty()) return false;
  for (const std::string_view body_word : kBodyWords) {
    if (word == body_word) return false;
  }
  const std::size_t parameters_end = head.rfind(')');
  return head.find("->", parameters_end) == std::string_view::npos;
}

BraceKind kind_of(std::string_view whole_head) {
  constexpr std::array<std::string_view, 6> kScopes = {"namespace", "class", "struct",
                                                       "union",     "enum",  "extern"};
  const std::string_view head = without_template(whole_head);
  const std::size_t parameters = head.find('(');
  const std::string_view before = head.substr(0, parameters);
  for (const std::string_view scope : kScopes) {
    if (has_word(before, scope)) return BraceKind::scope;
  }
  if (parameters == std::string_view::npos) return BraceKind::other;
  if (before.find(" = ") != std::string_view::npos) return BraceKind::other;
  return is_member_initialiser(head) ? BraceKind::initialiser : BraceKind::function;
}

class BodyFinder {
 public:
  BodyFinder(const SourceText& source, std::size_t limit) : source_(source), limit_(limit) {}

  Findings run() {
    for (line_ = 0; line_ < source_.code.size(); ++line_) {
      if (inside_ > 0 && source_.raw_data[line_]) ++data_lines_;
      const std::string& code = source_.code[line_];
      const std::size_t first = code.find_first_not_of(" \t");
      if (first != std::string::npos && code[first] == '#') continue;
      for (const char c : code) take(c);
      take('\n');
    }
    return findings_;
  }

 private:
  void take(char c) {
    if (inside_ > 0) {  // in a body, a table or an initialiser: only its end matters
      inside_ += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (inside_ == 0) close();
    } else if (c == '{') {
      open();
    } else if (c == '}' || c == ';' || (c == ':' && is_access(last_word(head_)))) {
      head_.clear();
    } else {
      if (head_.empty() && std::isspace(static_cast<unsigned char>(c)) != 0) return;
      if (head_.empty()) head_line_ = line_;
      head_ += c;
    }
  }

  void open() {
    kind_ = kind_of(head_);
    if (kind_ == BraceKind::scope) {
      head_.clear();
    } else {
      inside_ = 1;
      data_lines_ = 0;
    }
  }

  void close() {
    const std::size_t length = line_ - head_line_ + 1 - data_lines_;
    if (kind_ == BraceKind::function && length > limit_) {
      findings_.push_back({source_.path, head_line_ + 1,
                           "this function has " + std::to_string(length) + " lines, the limit is " +
                               std::to_string(limit_) + ": take out the steps that have a name"});
    }
    if (kind_ != BraceKind::initialiser) head_.clear();  // after a_{a} comes the rest of the head
    if (kind_ == BraceKind::initialiser) head_ += ')';   // so that ") {" opens the body
  }

  const SourceText& source_;
  std::size_t limit_;
  std::size_t line_ = 0;
  std::string head_;
  std::size_t head_line_ = 0;
  BraceKind kind_ = BraceKind::other;
  int inside_ = 0;
  std::size_t data_lines_ = 0;  ///< of the body so far
  Findings findings_;
};

}  // namespace

Findings check_function_length(const SourceText& source, std::size_t limit) {
  return BodyFinder(source, limit).run();
}

}  // namespace memqual::tidy
