// SPDX-License-Identifier: Apache-2.0
#include "harness/wire/kernel_line.h"

#include <charconv>

namespace memqual::wire {
namespace {

std::optional<double> maybe_double(const Line& line, std::string_view key) {
  const std::string* text = line.find(key);
  if (text == nullptr) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), value);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return std::nullopt;
  return value;
}

std::uint64_t per_second(std::uint64_t bytes, std::uint64_t ns) {
  if (ns == 0) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(ns));
}

std::optional<DeviceReport> read_device(const Line& line) {
  if (line.find("device") == nullptr) return std::nullopt;
  DeviceReport device;
  device.name = line.text("device");
  device.total_bytes = line.number("device_total");
  device.free_before_bytes = line.number("device_before");
  device.free_after_bytes = line.number("device_after");
  device.peak_bytes = line.number("device_peak");
  device.block_bytes = line.number("device_block");
  device.copied_in_bytes = line.number("device_in");
  device.copied_out_bytes = line.number("device_out");
  return device;
}

}  // namespace

KernelReport read_kernel(const Line& line) {
  KernelReport report;
  report.target = line.text("target");
  report.tile_rows = line.number("tile_rows");
  report.tile_cols = line.number("tile_cols");
  report.tile_bytes = line.number("tile_bytes");
  report.tile_reason = line.text("tile_reason");
  report.tiles = line.number("tiles");
  report.budget_bytes = line.number("budget");
  report.threads = line.number("threads");
  report.pinned_threads = line.number("pinned");
  report.rounds = line.number("rounds");
  report.bytes_read = line.number("read");
  report.bytes_written = line.number("written");
  report.bytes_useful = line.number("useful");
  report.round_ns = line.number("round_ns");
  report.fastest_ns = line.number("fastest_ns");
  report.throughput = per_second(report.bytes_useful, report.round_ns);
  report.sum = maybe_double(line, "sum");
  if (const auto bits = line.maybe_number("integer_sum"))
    report.integer_sum = static_cast<std::int64_t>(*bits);
  report.least = maybe_double(line, "least");
  report.most = maybe_double(line, "most");
  if (line.find("checksum") != nullptr) report.checksum = line.text("checksum");
  report.verified = line.number("verified") != 0;
  report.device = read_device(line);
  return report;
}

}  // namespace memqual::wire
