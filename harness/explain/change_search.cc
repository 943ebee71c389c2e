// SPDX-License-Identifier: Apache-2.0
#include "harness/explain/change_search.h"

#include <fmt/format.h>

#include <utility>

namespace memqual::change_search {

bool completes(const Trial& trial) { return surely_completes(trial.situation, trial.workload); }

Trial with(const Trial& now, const Apply& apply, std::uint64_t number) {
  Trial trial = now;
  apply(trial, number);
  return trial;
}

std::optional<std::uint64_t> least(const Trial& now, const Apply& apply, std::uint64_t low,
                                   std::uint64_t high) {
  if (low > high || !completes(with(now, apply, high))) return std::nullopt;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (completes(with(now, apply, middle)))
      high = middle;
    else
      low = middle + 1;
  }
  return high;
}

std::optional<std::uint64_t> most(const Trial& now, const Apply& apply, std::uint64_t low,
                                  std::uint64_t high) {
  if (low > high || !completes(with(now, apply, low))) return std::nullopt;
  while (low < high) {
    const std::uint64_t middle = high - (high - low) / 2;
    if (completes(with(now, apply, middle)))
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

Change made(const Trial& now, const Apply& apply, std::uint64_t number, ChangeKind kind,
            std::uint64_t amount, std::string what, std::string cost) {
  Trial trial = with(now, apply, number);
  return {kind,
          amount,
          std::move(what),
          std::move(cost),
          std::move(trial.situation),
          std::move(trial.workload)};
}

std::uint64_t page_of(const Trial& trial) {
  return trial.situation.facts.page_size_bytes.value_or(4096);
}

Shown rounded_down(std::uint64_t bytes) {
  if (bytes < 10 * kGiB) return {bytes / kMiB * kMiB, fmt::format("{} MiB", bytes / kMiB)};
  const std::uint64_t tenths = bytes / (kGiB / 10 + 1);
  return {tenths * kGiB / 10, fmt::format("{}.{} GiB", tenths / 10, tenths % 10)};
}

std::uint64_t pieces(std::uint64_t whole, std::uint64_t part) {
  return whole / part + (whole % part != 0 ? 1 : 0);
}

const Allocate* largest_of(const Workload& workload) {
  const Allocate* largest = nullptr;
  const auto total = [](const Allocate& step) {
    return static_cast<double>(literal_bytes(step.size)) * static_cast<double>(step.count);
  };
  for (const WorkloadStep& step : workload) {
    const auto* allocate = std::get_if<Allocate>(&step.action);
    if (allocate != nullptr && (largest == nullptr || total(*allocate) > total(*largest)))
      largest = allocate;
  }
  return largest;
}

}  // namespace memqual::change_search
