// SPDX-License-Identifier: Apache-2.0
#include "reports/bandwidth_words.h"

#include <fmt/format.h>

#include <cmath>

#include "reports/summary.h"

namespace memqual {
namespace {

double rate_of(const BandwidthFigure& figure, std::uint64_t nanoseconds) {
  BandwidthFigure other = figure;
  other.median_ns = nanoseconds;
  return other.bytes_per_second();
}

std::string thread_words(std::uint32_t threads) {
  return fmt::format("{} {}", threads, threads == 1 ? "thread" : "threads");
}

std::string figure_line(const BandwidthFigure& figure) {
  std::string text = fmt::format(
      "{}, {}: {} ({} to {})", operation_words(figure.operation), thread_words(figure.threads),
      rate_words(figure.bytes_per_second()), rate_words(rate_of(figure, figure.most_ns)),
      rate_words(rate_of(figure, figure.least_ns)));
  if (!is_fault(figure.operation)) return text + ", by " + figure.way;
  return text + fmt::format(", {}, {} faults; the very first {}", page_cost_words(figure),
                            figure.faults, rate_words(rate_of(figure, figure.first_ns)));
}

}  // namespace

std::string rate_words(double bytes_per_second) {
  if (!(bytes_per_second > 0) || !std::isfinite(bytes_per_second)) return "-";
  if (bytes_per_second < 1e9) return fmt::format("{:.0f} MB/s", bytes_per_second / 1e6);
  return fmt::format("{:.1f} GB/s", bytes_per_second / 1e9);
}

std::string_view operation_words(BandwidthOperation operation) {
  switch (operation) {
    case BandwidthOperation::read:
      return "read";
    case BandwidthOperation::write:
      return "write";
    case BandwidthOperation::nt_write:
      return "non-temporal write";
    case BandwidthOperation::copy:
      return "copy";
    case BandwidthOperation::triad:
      return "triad";
    case BandwidthOperation::page_fault:
      return "first touch, base pages";
    case BandwidthOperation::huge_page_fault:
      return "first touch, huge pages";
  }
  return "?";
}

std::string page_cost_words(const BandwidthFigure& figure) {
  if (!is_fault(figure.operation) || figure.moved_bytes == 0) return {};
  const double pages = static_cast<double>(figure.moved_bytes) / 4096;
  return fmt::format("{:.0f} ns per 4 KiB", static_cast<double>(figure.median_ns) / pages);
}

std::string control_words(const std::vector<BandwidthFigure>& figures) {
  const std::optional<double> control = thread_control(figures);
  if (!control || !control_is_off(*control)) return {};
  return fmt::format(
      "do not believe the figures of several threads: two copy {:.2f} times as fast as one, "
      "where about 1.9 is usual; other work is running, or both are threads of one core",
      *control);
}

std::vector<std::string> bandwidth_lines(const Observation& observation) {
  std::vector<std::string> lines;
  for (const StepReport& step : observation.steps) {
    for (const BandwidthFigure& figure : step.bandwidth)
      lines.push_back(clean_line(figure_line(figure), 300));
    if (const std::string warning = control_words(step.bandwidth); !warning.empty())
      lines.push_back(warning);
  }
  return lines;
}

}  // namespace memqual
