// SPDX-License-Identifier: Apache-2.0
#include "harness/attribute/kernel_words.h"

#include <charconv>

#include "scenarios/model/refusal.h"

namespace memqual::attribution {
namespace {

bool is_about_a_probe(std::string_view line) {
  return line.find(kProbeThreadName) != std::string_view::npos;
}

}  // namespace

std::optional<std::uint64_t> refused_charge(std::string_view line) {
  constexpr std::string_view kBytes = "bytes: ";
  const std::size_t at = line.find(kBytes);
  if (at == std::string_view::npos || is_about_a_probe(line) ||
      line.find("not enough memory for the allocation") == std::string_view::npos)
    return std::nullopt;
  std::uint64_t bytes = 0;
  const char* begin = line.data() + at + kBytes.size();
  const auto [end, error] = std::from_chars(begin, line.data() + line.size(), bytes);
  if (error != std::errc() || end == begin) return std::nullopt;
  return bytes;
}

bool says_data_limit(std::string_view line) {
  return line.find("exceed data ulimit") != std::string_view::npos && !is_about_a_probe(line);
}

}  // namespace memqual::attribution
