// SPDX-License-Identifier: Apache-2.0
// Text that came from a file or a user, made safe to print; and the nearest known word to a
// mistyped one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace memqual {

/// `text` with everything invisible or harmful on a terminal shown as an escape: control characters
/// (\n, \t, \x1b), C1 controls and bidirectional overrides (\u{202e}), bytes that are not UTF-8
/// (\xff). Longer than `max_bytes`: cut at a character, with "..." at the end.
std::string escape_text(std::string_view text, std::size_t max_bytes = 200);

/// "0-3,8" -> 0 1 2 3 8, as the kernel writes lists; nullopt where it does not parse, or names more
/// than 8192. Empty text is an empty list.
std::optional<std::vector<std::uint32_t>> numbers_of_list(std::string_view text);

/// escape_text between double quotes.
std::string in_quotes(std::string_view text, std::size_t max_bytes = 200);

/// Offset of the first byte that is not part of valid UTF-8; npos where all is valid.
std::size_t invalid_utf8_at(std::string_view text);

/// The candidate nearest to `word` by edit distance (swapped neighbours count once, case counts
/// nothing); empty where none is near.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean \"x\"?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// "a, b or c"
std::string join_or(const std::vector<std::string>& words);

}  // namespace memqual
