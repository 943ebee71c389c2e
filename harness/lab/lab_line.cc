// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/lab_line.h"

#include <boost/crc.hpp>
#include <charconv>

#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::string_view kBeginning = "mq1 ";

std::uint32_t checksum(std::string_view text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return crc.checksum();
}

/// The number up to the next space; `line` goes on behind it.
bool take_number(std::string_view& line, int base, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), out, base);
  if (error != std::errc() || end == line.data() + line.size() || *end != ' ') return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()) + 1);
  return true;
}

Error broken(std::string_view line, const std::string& why) {
  return {"a line of the guest is damaged: " + why + ": " + in_quotes(line, 80), ""};
}

}  // namespace

std::string encode_lab_line(const LabLine& line) {
  char crc[9] = {};
  const auto written = std::to_chars(crc, crc + 8, checksum(line.text), 16);
  return std::string(kBeginning) + std::to_string(line.number) + " " +
         std::to_string(line.text.size()) + " " + std::string(crc, written.ptr) + " " + line.text +
         "\n";
}

Result<LabLine> decode_lab_line(std::string_view line) {
  const std::string_view whole = line;
  if (line.substr(0, kBeginning.size()) != kBeginning)
    return broken(whole, "it does not begin with mq1");
  line.remove_prefix(kBeginning.size());
  LabLine out;
  std::uint64_t length = 0;
  std::uint64_t crc = 0;
  if (!take_number(line, 10, out.number) || !take_number(line, 10, length) ||
      !take_number(line, 16, crc))
    return broken(whole, "it has no number, length and checksum");
  if (line.size() != length)
    return broken(whole, std::to_string(line.size()) + " bytes where " + std::to_string(length) +
                             " were announced");
  if (checksum(line) != crc) return broken(whole, "its checksum is wrong");
  out.text = line;
  return out;
}

Result<bool> LabLineReader::next(std::string& out) {
  const std::size_t newline = pending_.find('\n', begin_);
  if (newline == std::string::npos) {
    pending_.erase(0, begin_);
    begin_ = 0;
    if (pending_.size() > kMaxLabLineBytes) return Error{"the guest sent a line without end", ""};
    return false;
  }
  Result<LabLine> line =
      decode_lab_line(std::string_view(pending_).substr(begin_, newline - begin_));
  begin_ = newline + 1;
  if (!line) return line.error();
  if (line->number != last_number_ + 1)
    return Error{"lines of the guest are missing: number " + std::to_string(line->number) +
                     " came after " + std::to_string(last_number_),
                 ""};
  last_number_ = line->number;
  out = std::move(line->text);
  return true;
}

}  // namespace memqual
