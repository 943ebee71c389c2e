// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/bandwidth.h"

#include <algorithm>

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
