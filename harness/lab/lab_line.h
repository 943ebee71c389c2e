// SPDX-License-Identifier: Apache-2.0
// A line of the channel between host and guest: a serial port, on which anything may be lost or
// mixed in. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "scenarios/model/result.h"

namespace memqual {

inline constexpr std::size_t kMaxLabLineBytes = 32u << 20;

struct LabLine {
  std::uint64_t number = 0;  ///< from 1, each one more than the line before
  std::string text;          ///< without newlines
};

/// "mq1 NUMBER LENGTH CRC TEXT\n", CRC-32 (IEEE) of the text in hexadecimal.
std::string encode_lab_line(const LabLine& line);

/// `line` comes without its newline. Errors: another beginning, a wrong length or checksum.
Result<LabLine> decode_lab_line(std::string_view line);

/// Takes bytes as they come, gives lines in order. One mistake ends it: what follows cannot be
/// trusted.
class LabLineReader {
 public:
  void take(std::string_view bytes) { pending_ += bytes; }
  /// True: `out` has the text of the next line. Errors: decode's, a number out of order, a line
  /// without end.
  Result<bool> next(std::string& out);
  /// Bytes of a line that has no end yet: at the end of the stream, a line that was cut.
  bool in_the_middle() const { return begin_ < pending_.size(); }

 private:
  std::string pending_;
  std::size_t begin_ = 0;
  std::uint64_t last_number_ = 0;
};

}  // namespace memqual
