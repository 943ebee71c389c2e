// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace memqual {
namespace {

constexpr char kHex[] = "0123456789abcdef";

/// Length of the UTF-8 sequence at `text[0]`, 0 where it is invalid (overlong, surrogate, cut).
std::size_t sequence_length(std::string_view text, char32_t& code) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) {
    code = lead;
    return 1;
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length) return 0;
  code = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return 0;
    code = (code << 6) | (byte(i) & 0x3fU);
  }
  const char32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
  return length;
}

bool is_harmful(char32_t code) {
  return code < 0x20 || code == 0x7f || (code >= 0x80 && code <= 0x9f) ||
         (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

void append_hex_byte(std::string& out, unsigned char byte) {
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

void append_escape(std::string& out, char32_t code) {
  switch (code) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (code < 0x80) return append_hex_byte(out, static_cast<unsigned char>(code));
  std::string digits;
  for (char32_t rest = code; rest != 0; rest >>= 4) digits.insert(digits.begin(), kHex[rest & 15]);
  out += "\\u{" + digits + "}";
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// Optimal string alignment distance.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string escape_text(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (out.size() >= max_bytes) return out + "...";
    char32_t code = 0;
    const std::size_t length = sequence_length(text.substr(i), code);
    if (length == 0) {
      append_hex_byte(out, static_cast<unsigned char>(text[i]));
      ++i;
      continue;
    }
    if (is_harmful(code)) {
      append_escape(out, code);
    } else {
      out += text.substr(i, length);
    }
    i += length;
  }
  return out;
}

std::string in_quotes(std::string_view text, std::size_t max_bytes) {
  return '"' + escape_text(text, max_bytes) + '"';
}

std::size_t invalid_utf8_at(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    char32_t code = 0;
    const std::size_t length = sequence_length(text.substr(i), code);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > 64) return {};
  const std::string wanted = lower(word);
  const std::size_t tolerance = std::max<std::size_t>(1, wanted.size() / 3);
  std::string best;
  std::size_t best_distance = tolerance + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > wanted.size() + tolerance) continue;
    const std::size_t distance = edit_distance(wanted, lower(candidate));
    // A word that shares nothing with the other is no suggestion, however short both are.
    if (distance < best_distance && distance < candidate.size()) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string best = nearest_word(word, candidates);
  return best.empty() ? std::string() : "; did you mean \"" + escape_text(best) + "\"?";
}

std::string join_or(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

std::optional<std::vector<std::uint32_t>> numbers_of_list(std::string_view text) {
  constexpr std::uint32_t kMost = 8192;
  std::vector<std::uint32_t> numbers;
  const auto number = [](std::string_view digits) -> std::optional<std::uint32_t> {
    std::uint32_t value = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (end.ec != std::errc() || end.ptr != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t dash = std::min(part.find('-'), part.size());
    const auto low = number(part.substr(0, dash));
    const auto high = dash == part.size() ? low : number(part.substr(dash + 1));
    if (!low || !high || *high < *low || *high - *low >= kMost || numbers.size() >= kMost)
      return std::nullopt;
    for (std::uint32_t i = 0; i <= *high - *low; ++i) numbers.push_back(*low + i);
  }
  return numbers;
}

}  // namespace memqual
