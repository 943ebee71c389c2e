// SPDX-License-Identifier: Apache-2.0
// Finding the edge at which a changed workload or machine completes. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/explain/changes.h"

namespace memqual::change_search {

using Workload = std::vector<WorkloadStep>;

struct Trial {
  oracle::Situation situation;
  Workload workload;
};
/// A change of one number, in which the model is monotone.
using Apply = std::function<void(Trial&, std::uint64_t)>;

// No host has more: 1 PiB of swap or RAM, the 128 TiB of an address space.
inline constexpr std::uint64_t kMostGiB = 1U << 20U;
inline constexpr std::uint64_t kMostMiB = 1U << 27U;
// Smaller blocks are another program, not a change of this one.
inline constexpr std::uint64_t kSmallestBlock = kMiB;

bool completes(const Trial& trial);
Trial with(const Trial& now, const Apply& apply, std::uint64_t number);
/// The least and the most number within [low, high] with which `now` completes.
std::optional<std::uint64_t> least(const Trial& now, const Apply& apply, std::uint64_t low,
                                   std::uint64_t high);
std::optional<std::uint64_t> most(const Trial& now, const Apply& apply, std::uint64_t low,
                                  std::uint64_t high);
Change made(const Trial& now, const Apply& apply, std::uint64_t number, ChangeKind kind,
            std::uint64_t amount, std::string what, std::string cost);

/// A limit or setting that can be moved: `number` of it, from `low` (the cheapest) to `high`.
struct Knob {
  ChangeKind kind = ChangeKind::mode_1;
  std::uint64_t low = 1;
  std::uint64_t high = 1;
  std::uint64_t unit = 1;  ///< Change::amount is number x unit
  Apply apply;
  std::function<std::string(std::uint64_t number)> what;
  std::function<std::string(std::uint64_t number)> cost;
};
/// Adds the smallest turn of `knob` that suffices alone, if one does.
void add_smallest(std::vector<Change>& changes, const Trial& now, const Knob& knob);
/// The smallest turns that suffice together, where several limits stand in the way. Knobs are given
/// up in the order of `knobs`, from the last, as long as the others suffice. Nothing where all of
/// them together do not help.
std::optional<Change> smallest_together(const Trial& now, const std::vector<Knob>& knobs);

std::uint64_t page_of(const Trial& trial);
/// The allocate step with the most memory: the one that a program would process in chunks.
const Allocate* largest_of(const Workload& workload);
/// Parts of at most `part` bytes that make up `whole`.
std::uint64_t pieces(std::uint64_t whole, std::uint64_t part);

/// Rounded down, because what is shown must itself suffice: "4095 MiB", "23.4 GiB".
struct Shown {
  std::uint64_t bytes;
  std::string text;
};
Shown rounded_down(std::uint64_t bytes);

/// Windows: reserve the whole, commit the part in work.
void add_windows_reserve(std::vector<Change>& changes, const Trial& now);

/// What can be set, the nearest to the program first: on Linux its limits, control groups, the
/// machine's settings; on Windows jobs and the page file.
std::vector<Knob> linux_knobs(const Trial& now);
std::vector<Knob> windows_knobs(const Trial& now);
std::vector<Knob> rlimit_knobs(const Trial& now);
/// RAM, which cannot be set.
Knob memory_knob();

}  // namespace memqual::change_search
