// SPDX-License-Identifier: Apache-2.0
#include "harness/wire/line.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace memqual::wire {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";
constexpr std::size_t kKeyRoom = 40;  // " key=" of the longest key, and the newline

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::strchr("_-./:,+@", c) != nullptr;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

const std::string* Line::find(std::string_view key) const {
  for (const auto& [name, value] : fields)
    if (name == key) return &value;
  return nullptr;
}

std::string Line::text(std::string_view key) const {
  const std::string* value = find(key);
  return value != nullptr ? *value : std::string();
}

std::optional<std::uint64_t> Line::maybe_number(std::string_view key) const {
  const std::string* value = find(key);
  if (value == nullptr) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::uint64_t Line::number(std::string_view key) const { return maybe_number(key).value_or(0); }

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c != '\0' && is_plain(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return Error{"bad %-escape in a protocol value", ""};
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Result<Line> parse_line(std::string_view text) {
  if (text.size() > kMaxLineBytes)
    return Error{"a protocol line is longer than " + std::to_string(kMaxLineBytes) + " bytes", ""};
  return parse_long_line(text);
}

Result<Line> parse_long_line(std::string_view text) {
  Line line;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
    if (line.verb.empty()) {
      line.verb = word;
      continue;
    }
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return Error{"a protocol field has no '='", ""};
    Result<std::string> value = unescape(word.substr(equals + 1));
    if (!value) return value.error();
    line.fields.emplace_back(word.substr(0, equals), *std::move(value));
  }
  if (line.verb.empty()) return Error{"an empty protocol line", ""};
  return line;
}

LineBuilder::LineBuilder(std::string_view verb) { put(verb); }

bool LineBuilder::put(std::string_view text) {
  if (size_ + text.size() + 1 > kMaxLineBytes) return false;
  std::memcpy(buffer_ + size_, text.data(), text.size());
  size_ += text.size();
  return true;
}

std::size_t LineBuilder::room_for_text() const {
  const std::size_t used = size_ + kKeyRoom;
  return used >= kMaxLineBytes ? 0 : (kMaxLineBytes - used) / 3;
}

LineBuilder& LineBuilder::add(std::string_view key, std::uint64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return add(key, std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

LineBuilder& LineBuilder::add(std::string_view key, std::string_view value) {
  if (size_ + key.size() + 4 > kMaxLineBytes) return *this;
  put(" ");
  put(key);
  put("=");
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const char escaped[3] = {'%', kHex[byte >> 4], kHex[byte & 15]};
    const bool plain = c != '\0' && is_plain(c);
    if (!put(plain ? std::string_view(&c, 1) : std::string_view(escaped, 3))) break;
  }
  return *this;
}

std::string_view LineBuilder::view() {
  buffer_[size_] = '\n';
  return {buffer_, size_ + 1};
}

}  // namespace memqual::wire
