// SPDX-License-Identifier: Apache-2.0
// Each candidate is a function of one number, in which the model is monotone: more swap, a higher
// limit or a smaller block never turn a completed workload into a refused one. So bisection finds
// the edge.
#include "harness/explain/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "harness/explain/change_search.h"
#include "harness/oracle/system_rules.h"

namespace memqual {
namespace {

using change_search::Apply;
using change_search::completes;
using change_search::kMostGiB;
using change_search::kMostMiB;
using change_search::kSmallestBlock;
using change_search::largest_of;
using change_search::least;
using change_search::made;
using change_search::most;
using change_search::page_of;
using change_search::pieces;
using change_search::rounded_down;
using change_search::Shown;
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

void set_rlimit(Situation& situation, RlimitResource resource, std::uint64_t bytes) {
  auto& limits = situation.setup.rlimits;
  std::erase_if(limits, [&](const ResolvedRlimit& limit) { return limit.resource == resource; });
  limits.push_back({resource, false, bytes});
}

struct RlimitRow {
  RlimitResource resource;
  ChangeKind kind;
  const char* name;
  char flag;  // of ulimit, which counts KiB
};
constexpr RlimitRow kRlimits[] = {
    {RlimitResource::address_space, ChangeKind::rlimit_as, "RLIMIT_AS", 'v'},
    {RlimitResource::data, ChangeKind::rlimit_data, "RLIMIT_DATA", 'd'},
    {RlimitResource::memlock, ChangeKind::rlimit_memlock, "RLIMIT_MEMLOCK", 'l'}};

// In MiB. macOS refuses (EINVAL) a limit that the address map of the process already exceeds.
std::uint64_t lowest_limit(const Situation& situation, RlimitResource resource) {
  const HostFacts& facts = situation.facts;
  if (facts.os.value_or("") != "macos" || resource == RlimitResource::memlock) return 1;
  const auto own = oracle::rules_of(facts).baseline(facts, situation.baseline);
  return (own.vsz_bytes + own.slack_bytes) / kMiB + 1;
}

void add_rlimits(std::vector<Change>& changes, const Trial& now) {
  for (const RlimitRow& row : kRlimits) {
    const Apply apply = [&row](Trial& trial, std::uint64_t mib) {
      set_rlimit(trial.situation, row.resource, mib * kMiB);
    };
    const auto mib = least(now, apply, lowest_limit(now.situation, row.resource), kMostMiB);
    if (!mib) continue;
    changes.push_back(
        made(now, apply, *mib, row.kind, *mib * kMiB,
             fmt::format("{} {} MiB: ulimit -{} {}", row.name, *mib, row.flag, *mib * 1024),
             "process: above its hard limit only root may raise it"));
  }
}

void add_cgroups(std::vector<Change>& changes, const Trial& now) {
  const auto add = [&](const Apply& apply, ChangeKind kind, const char* name) {
    const auto mib = least(now, apply, 1, kMostMiB);
    if (mib)
      changes.push_back(made(now, apply, *mib, kind, *mib * kMiB,
                             fmt::format("{} {} MiB", name, *mib),
                             "control group: RAM that others then lack"));
  };
  if (now.situation.cgroup_memory_max_bytes)
    add([](Trial& trial,
           std::uint64_t mib) { trial.situation.cgroup_memory_max_bytes = mib * kMiB; },
        ChangeKind::cgroup_max, "cgroup memory_max");
  if (now.situation.facts.cgroup_limit_bytes.known())
    add([](Trial& trial,
           std::uint64_t mib) { trial.situation.facts.cgroup_limit_bytes.value = mib * kMiB; },
        ChangeKind::cgroup_above, "limit of the cgroup above");
}

void add_map_count(std::vector<Change>& changes, const Trial& now) {
  const Apply apply = [](Trial& trial, std::uint64_t maps) {
    trial.situation.facts.max_map_count.value = maps;
  };
  const auto maps = least(now, apply, 1, 0x7fffffff);
  if (maps && now.situation.facts.max_map_count.known())
    changes.push_back(made(now, apply, *maps, ChangeKind::map_count, *maps,
                           fmt::format("vm.max_map_count={}", *maps),
                           "whole machine: a little kernel memory for each mapping"));
}

void raise(Fact<std::uint64_t>& fact, std::uint64_t bytes) {
  fact.value = fact.value_or(0) + bytes;
}

void add_swap(std::vector<Change>& changes, const Trial& now) {
  const Apply apply = [](Trial& trial, std::uint64_t gib) {
    HostFacts& facts = trial.situation.facts;
    for (auto* fact : {&facts.swap_total_bytes, &facts.swap_free_bytes, &facts.commit_limit_bytes})
      raise(*fact, gib * kGiB);
  };
  if (const auto gib = least(now, apply, 1, kMostGiB))
    changes.push_back(made(now, apply, *gib, ChangeKind::swap, *gib * kGiB,
                           fmt::format("{} GiB more swap", *gib),
                           "whole machine: disk space; what is swapped out is slow"));
}

// What the kernel does on writing the ratio: kbytes becomes 0 (mm/util.c overcommit_ratio_handler).
void add_ratio(std::vector<Change>& changes, const Trial& now) {
  if (now.situation.facts.overcommit_memory.value_or(0) != 2) return;
  const Apply apply = [](Trial& trial, std::uint64_t percent) {
    trial.situation.facts.overcommit_ratio.value = percent;
    trial.situation.facts.overcommit_kbytes.value = 0;
  };
  if (const auto percent = least(now, apply, 1, 1000000))
    changes.push_back(made(now, apply, *percent, ChangeKind::ratio, *percent,
                           fmt::format("vm.overcommit_ratio={}", *percent),
                           *percent > 100 ? "whole machine: promises more than RAM and swap"
                                          : "whole machine: less is kept for what is not counted"));
}

void add_modes(std::vector<Change>& changes, const Trial& now) {
  const auto add = [&](std::uint64_t mode, ChangeKind kind, const char* cost) {
    const Apply apply = [](Trial& trial, std::uint64_t number) {
      trial.situation.facts.overcommit_memory.value = number;
    };
    if (completes(with(now, apply, mode)))
      changes.push_back(
          made(now, apply, mode, kind, 0, fmt::format("vm.overcommit_memory={}", mode), cost));
  };
  const std::uint64_t mode = now.situation.facts.overcommit_memory.value_or(0);
  if (mode == 2)
    add(0, ChangeKind::mode_0, "whole machine: promises are no longer kept for certain");
  if (mode != 1)
    add(1, ChangeKind::mode_1, "whole machine: nothing is refused, the OOM killer decides");
}

void add_memory(std::vector<Change>& changes, const Trial& now) {
  const Apply apply = [](Trial& trial, std::uint64_t gib) {
    HostFacts& facts = trial.situation.facts;
    for (auto* fact : {&facts.mem_total_bytes, &facts.mem_free_bytes, &facts.mem_available_bytes})
      raise(*fact, gib * kGiB);
    if (facts.os.value_or("") == "windows") raise(facts.commit_limit_bytes, gib * kGiB);
  };
  if (const auto gib = least(now, apply, 1, kMostGiB))
    changes.push_back(made(now, apply, *gib, ChangeKind::memory, *gib * kGiB,
                           fmt::format("{} GiB more RAM", *gib), "another machine"));
}

using Candidates = void (*)(std::vector<Change>&, const Trial&);

// The program's own first, then its limits, then the machine's settings.
std::vector<Candidates> candidates_on(const std::string& os) {
  if (os == "macos") return {add_chunks, add_blocks, add_rlimits};
  if (os == "windows") return {add_chunks, add_blocks, change_search::add_windows_changes};
  return {add_chunks,    add_blocks, add_noreserve, add_rlimits, add_cgroups,
          add_map_count, add_swap,   add_ratio,     add_modes};
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
  for (const Candidates add : candidates_on(situation.facts.os.value_or("linux")))
    add(changes, now);
  // RAM is the answer only where nothing that can be set is.
  if (changes.empty() || (changes.size() == 1 && changes.front().kind == ChangeKind::chunks))
    add_memory(changes, now);
  return changes;
}

}  // namespace memqual
