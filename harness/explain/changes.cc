// SPDX-License-Identifier: Apache-2.0
// Each candidate is a function of one number, in which the model is monotone: a smaller block never
// turns a completed workload into a refused one. So bisection finds the edge.
#include "harness/explain/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "harness/explain/change_search.h"

namespace memqual {
namespace {

using change_search::add_smallest;
using change_search::Apply;
using change_search::completes;
using change_search::kMostMiB;
using change_search::Knob;
using change_search::kSmallestBlock;
using change_search::largest_of;
using change_search::made;
using change_search::most;
using change_search::page_of;
using change_search::pieces;
using change_search::rounded_down;
using change_search::Shown;
using change_search::smallest_together;
using change_search::Trial;
using change_search::with;
using change_search::Workload;
using oracle::Situation;

constexpr std::uint64_t kMostBlocks = 10000;

void for_each_allocate(Workload& workload, const std::function<void(Allocate&)>& visit) {
  for (WorkloadStep& step : workload) {
    if (auto* fork = std::get_if<Fork>(&step.action)) for_each_allocate(fork->workload, visit);
    if (auto* allocate = std::get_if<Allocate>(&step.action)) visit(*allocate);
  }
}

bool is_plain(AllocateUsing using_) {
  return using_ == AllocateUsing::malloc || using_ == AllocateUsing::calloc ||
         using_ == AllocateUsing::new_ || using_ == AllocateUsing::posix_memalign ||
         using_ == AllocateUsing::mmap || using_ == AllocateUsing::brk;
}

bool is_touched(const Workload& workload, const Allocate& step) {
  if (step.touched) return true;
  return std::any_of(workload.begin(), workload.end(), [&](const WorkloadStep& other) {
    return std::holds_alternative<Touch>(other.action) && step_name(other) == step.name;
  });
}

// A chunk is of use only where it can be used, so it is touched also where the whole was not.
void add_chunks(std::vector<Change>& changes, const Trial& now) {
  const Allocate* whole = largest_of(now.workload);
  if (whole == nullptr || !is_plain(whole->using_)) return;
  const std::uint64_t page = page_of(now);
  const std::uint64_t size = literal_bytes(whole->size);
  const double total = static_cast<double>(size) * static_cast<double>(whole->count);
  const bool touched = is_touched(now.workload, *whole);
  const Apply apply = [page, touched, name = whole->name](Trial& trial, std::uint64_t pages) {
    const auto found =
        std::find_if(trial.workload.begin(), trial.workload.end(), [&](const WorkloadStep& step) {
          return std::holds_alternative<Allocate>(step.action) && step_name(step) == name;
        });
    auto& chunk = std::get<Allocate>(found->action);
    chunk.size = Size::of_bytes(pages * page);
    chunk.count = 1;
    if (!touched) trial.workload.insert(found + 1, WorkloadStep{Touch{name}, ""});
  };
  const std::uint64_t high = static_cast<std::uint64_t>(
      std::min(total / static_cast<double>(page), static_cast<double>(kMostMiB * 256)));
  const auto pages = most(now, apply, kSmallestBlock / page, high);
  if (!pages || *pages == high) return;
  const std::uint64_t bytes = *pages * page;
  const Shown shown = rounded_down(bytes);
  changes.push_back(
      made(now, apply, *pages, ChangeKind::chunks, bytes,
           fmt::format("{:.0f} chunks of at most {}",
                       std::ceil(total / static_cast<double>(shown.bytes)), shown.text),
           "program: each is used and freed before the next"));
}

void add_blocks(std::vector<Change>& changes, const Trial& now) {
  const std::uint64_t page = page_of(now);
  const Apply apply = [page](Trial& trial, std::uint64_t pages) {
    for_each_allocate(trial.workload, [&](Allocate& step) {
      const std::uint64_t bytes = literal_bytes(step.size);
      if (!is_plain(step.using_) || bytes <= pages * page) return;
      step.count *= pieces(bytes, pages * page);
      step.size = Size::of_bytes(pages * page);
    });
  };
  std::uint64_t largest = 0;
  Trial trial = now;
  for_each_allocate(trial.workload, [&](Allocate& step) {
    if (is_plain(step.using_)) largest = std::max(largest, literal_bytes(step.size));
  });
  // Very many blocks may be refused for their number, so the search begins at a block of a size
  // that keeps their number low.
  const std::uint64_t low = std::max(kSmallestBlock, largest / kMostBlocks) / page;
  const auto pages = most(now, apply, low, largest / page);
  if (!pages) return;
  changes.push_back(
      made(now, apply, *pages, ChangeKind::blocks, *pages * page,
           fmt::format("{} blocks of at most {} B", pieces(largest, *pages * page), *pages * page),
           "program: a list, not one array; together still a promise"));
}

void add_noreserve(std::vector<Change>& changes, const Trial& now) {
  const Apply apply = [](Trial& trial, std::uint64_t) {
    for_each_allocate(trial.workload, [](Allocate& step) {
      if (is_plain(step.using_)) step.using_ = AllocateUsing::mmap_noreserve;
    });
  };
  if (completes(with(now, apply, 0)))
    changes.push_back(made(now, apply, 0, ChangeKind::noreserve, 0,
                           "MAP_NORESERVE (using: mmap_noreserve)",
                           "program: no promise; killed when used and not there"));
}

// What only the program can do, on every system but for the last.
void add_program_changes(std::vector<Change>& changes, const Trial& now, const std::string& os) {
  add_chunks(changes, now);
  add_blocks(changes, now);
  if (os == "linux") add_noreserve(changes, now);
  if (os == "windows") change_search::add_windows_reserve(changes, now);
}

// Its limits, then the machine's settings.
std::vector<Knob> knobs_of(const Trial& now, const std::string& os) {
  if (os == "macos") return change_search::rlimit_knobs(now);
  if (os == "windows") return change_search::windows_knobs(now);
  return change_search::linux_knobs(now);
}

}  // namespace

bool surely_completes(const Situation& situation, const Workload& workload) {
  const Prediction prediction = oracle::predict(situation, workload);
  return prediction.allowed.size() == 1 && prediction.allowed.front() == OutcomeKind::completed;
}

std::optional<std::uint64_t> largest_that_completes(const Situation& situation,
                                                    const Workload& workload) {
  Trial now{situation, workload};
  std::uint64_t steps = 0;
  std::uint64_t size = 0;
  for_each_allocate(now.workload, [&](const Allocate& step) {
    ++steps;
    size = literal_bytes(step.size);
  });
  if (steps != 1 || !completes(now)) return std::nullopt;
  const std::uint64_t page = page_of(now);
  const Apply apply = [page](Trial& trial, std::uint64_t pages) {
    for_each_allocate(trial.workload,
                      [&](Allocate& step) { step.size = Size::of_bytes(pages * page); });
  };
  const auto pages =
      most(now, apply, std::max<std::uint64_t>(1, size / page), kMostMiB * kMiB / page);
  if (!pages) return std::nullopt;
  return *pages * page;
}

std::vector<Change> smallest_changes(const Situation& situation, const Workload& workload) {
  const Trial now{situation, workload};
  std::vector<Change> changes;
  if (completes(now)) return changes;
  const std::string os = situation.facts.os.value_or("linux");
  add_program_changes(changes, now, os);
  const std::size_t by_the_program = changes.size();
  std::vector<Knob> knobs = knobs_of(now, os);
  for (const Knob& knob : knobs) add_smallest(changes, now, knob);
  if (changes.size() > by_the_program) return changes;
  if (std::optional<Change> together = smallest_together(now, knobs))
    changes.push_back(*std::move(together));
  // RAM is the answer only where nothing that can be set is.
  if (changes.empty() || (changes.size() == 1 && changes.front().kind == ChangeKind::chunks))
    add_smallest(changes, now, change_search::memory_knob());
  return changes;
}

}  // namespace memqual
