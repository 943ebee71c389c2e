// SPDX-License-Identifier: Apache-2.0
#include "harness/explain/change_search.h"

#include <fmt/format.h>

#include <algorithm>
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

void add_smallest(std::vector<Change>& changes, const Trial& now, const Knob& knob) {
  if (const auto number = least(now, knob.apply, knob.low, knob.high))
    changes.push_back(made(now, knob.apply, *number, knob.kind, *number * knob.unit,
                           knob.what(*number), knob.cost(*number)));
}

namespace {

// The knobs at these numbers; those without one stay as they are.
using Numbers = std::vector<std::optional<std::uint64_t>>;

Trial turned(const Trial& now, const std::vector<Knob>& knobs, const Numbers& numbers) {
  Trial trial = now;
  for (std::size_t i = 0; i < knobs.size(); ++i)
    if (numbers[i]) knobs[i].apply(trial, *numbers[i]);
  return trial;
}

// The smallest number of one knob while the others stay where they are.
std::optional<std::uint64_t> smallest_of(const Trial& now, const std::vector<Knob>& knobs,
                                         Numbers numbers, std::size_t knob) {
  numbers[knob].reset();
  const Trial others = turned(now, knobs, numbers);
  if (completes(others)) return std::nullopt;
  return least(others, knobs[knob].apply, knobs[knob].low, knobs[knob].high);
}

std::string joined(const std::vector<std::string>& parts, const char* last) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? "" : i + 1 == parts.size() ? last : ", ") + parts[i];
  return text;
}

}  // namespace

std::optional<Change> smallest_together(const Trial& now, const std::vector<Knob>& knobs) {
  Numbers numbers;
  for (const Knob& knob : knobs) numbers.emplace_back(knob.high);
  if (!completes(turned(now, knobs, numbers))) return std::nullopt;
  for (std::size_t i = knobs.size(); i-- > 0;) numbers[i] = smallest_of(now, knobs, numbers, i);
  std::vector<std::string> what;
  std::vector<std::string> cost;
  for (std::size_t i = 0; i < knobs.size(); ++i) {
    if (!numbers[i]) continue;
    what.push_back(knobs[i].what(*numbers[i]));
    const std::string words = knobs[i].cost(*numbers[i]);
    if (std::find(cost.begin(), cost.end(), words) == cost.end()) cost.push_back(words);
  }
  Trial trial = turned(now, knobs, numbers);
  return Change{ChangeKind::together,
                0,
                joined(what, " and ") + ", together",
                joined(cost, "; "),
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
