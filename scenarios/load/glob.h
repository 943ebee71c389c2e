// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace memqual {

/// '*' for any text, '?' for one byte; nothing else is special. Linear in text times pattern.
bool glob_match(std::string_view pattern, std::string_view text);
inline bool has_glob(std::string_view pattern) {
  return pattern.find_first_of("*?") != pattern.npos;
}

}  // namespace memqual
