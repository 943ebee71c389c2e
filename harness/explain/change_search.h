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

/// What can be changed on Windows only: reservation and commit, page file, jobs.
void add_windows_changes(std::vector<Change>& changes, const Trial& now);

}  // namespace memqual::change_search
