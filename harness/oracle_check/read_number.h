// SPDX-License-Identifier: Apache-2.0
// Numbers on the command lines of the checks.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace memqual {

/// True where all of `text` is a decimal number that fits.
inline bool read_number(std::string_view text, std::uint64_t& value) {
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && at == end;
}

}  // namespace memqual
