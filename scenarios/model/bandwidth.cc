// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/bandwidth.h"

#include <algorithm>
#include <charconv>

namespace memqual {

bool is_fault(BandwidthOperation operation) {
  return operation == BandwidthOperation::page_fault ||
         operation == BandwidthOperation::huge_page_fault;
}

std::uint64_t arrays_of(BandwidthOperation operation) {
  return operation == BandwidthOperation::triad ? 3 : operation == BandwidthOperation::copy ? 2 : 1;
}

std::uint64_t bandwidth_arrays(const Bandwidth& step) {
  std::uint64_t streamed = 0;
  std::uint64_t fresh = 0;
  for (const BandwidthOperation operation : step.operations) {
    if (is_fault(operation))
      fresh = 1;
    else
      streamed = std::max(streamed, arrays_of(operation));
  }
  return streamed + fresh;
}

std::vector<std::uint32_t> cpus_of_list(std::string_view list) {
  constexpr std::size_t kMost = 4096;
  std::vector<std::uint32_t> cpus;
  const char* at = list.data();
  const char* const end = at + list.size();
  while (at != end) {
    std::uint32_t first = 0;
    auto read = std::from_chars(at, end, first);
    if (read.ec != std::errc()) return {};
    std::uint32_t last = first;
    if (read.ptr != end && *read.ptr == '-') {
      read = std::from_chars(read.ptr + 1, end, last);
      if (read.ec != std::errc() || last < first) return {};
    }
    for (std::uint64_t cpu = first; cpu <= last; ++cpu) {
      if (cpus.size() == kMost) return cpus;
      cpus.push_back(static_cast<std::uint32_t>(cpu));
    }
    if (read.ptr != end && (*read.ptr != ',' || read.ptr + 1 == end)) return {};
    at = read.ptr == end ? end : read.ptr + 1;
  }
  return cpus;
}

std::string list_of_cpus(const std::vector<std::uint32_t>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(cpus[i]);
    if (last != i) text += "-" + std::to_string(cpus[last]);
    i = last + 1;
  }
  return text;
}

double BandwidthFigure::bytes_per_second() const {
  return median_ns == 0 ? 0
                        : static_cast<double>(moved_bytes) * 1e9 / static_cast<double>(median_ns);
}

const BandwidthFigure* find_figure(const std::vector<BandwidthFigure>& figures,
                                   BandwidthOperation operation, std::uint32_t threads) {
  for (const BandwidthFigure& figure : figures)
    if (figure.operation == operation && figure.threads == threads) return &figure;
  return nullptr;
}

std::optional<double> thread_control(const std::vector<BandwidthFigure>& figures) {
  const BandwidthFigure* one = find_figure(figures, BandwidthOperation::copy, 1);
  const BandwidthFigure* two = find_figure(figures, BandwidthOperation::copy, 2);
  if (one == nullptr || two == nullptr || one->median_ns == 0 || two->median_ns == 0)
    return std::nullopt;
  return two->bytes_per_second() / one->bytes_per_second();
}

}  // namespace memqual
