// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "harness/explain/change_search.h"

namespace memqual::change_search {
namespace {

// Address space costs no commit charge (VirtualAlloc, MEM_RESERVE), so the whole can be reserved
// and the part in work committed.
void add_reserve(std::vector<Change>& changes, const Trial& now) {
  const Allocate* whole = largest_of(now.workload);
  if (whole == nullptr || whole->using_ == AllocateUsing::mmap_none) return;
  const std::uint64_t page = page_of(now);
  const std::uint64_t size = literal_bytes(whole->size);
  const Apply apply = [page, name = whole->name](Trial& trial, std::uint64_t pages) {
    Workload reserved;
    for (WorkloadStep step : trial.workload) {
      if (step_name(step) != name) {
        reserved.push_back(std::move(step));
        continue;
      }
      auto* allocate = std::get_if<Allocate>(&step.action);
      if (allocate == nullptr) continue;  // works on the part instead
      allocate->using_ = AllocateUsing::mmap_none;
      allocate->touched = false;
      Allocate part;
      part.name = name + " part";
      part.size = Size::of_bytes(pages * page);
      part.using_ = AllocateUsing::mmap;
      reserved.push_back(std::move(step));
      reserved.push_back({part, ""});
      reserved.push_back({Touch{part.name}, ""});
    }
    trial.workload = std::move(reserved);
  };
  const auto pages = most(now, apply, kSmallestBlock / page, size / page);
  if (!pages) return;
  changes.push_back(made(now, apply, *pages, ChangeKind::reserve, *pages * page,
                         "MEM_RESERVE of the whole, MEM_COMMIT of at most " +
                             rounded_down(*pages * page).text + " at a time",
                         "program: commits what it works on, decommits it afterwards"));
}

void add_page_file(std::vector<Change>& changes, const Trial& now) {
  const Apply apply = [](Trial& trial, std::uint64_t gib) {
    HostFacts& facts = trial.situation.facts;
    for (auto* fact : {&facts.swap_total_bytes, &facts.swap_free_bytes, &facts.commit_limit_bytes})
      fact->value = fact->value_or(0) + gib * kGiB;
    if (facts.swap_max_bytes.known())
      facts.swap_max_bytes.value =
          std::max(*facts.swap_max_bytes.value, facts.swap_total_bytes.value_or(0));
  };
  const auto gib = least(now, apply, 1, kMostGiB);
  if (!gib) return;
  const std::uint64_t has = now.situation.facts.swap_total_bytes.value_or(0);
  changes.push_back(
      made(now, apply, *gib, ChangeKind::page_file, *gib * kGiB,
           fmt::format("page file of {}, {} GiB more", format_bytes(has + *gib * kGiB), *gib),
           "whole machine: disk space, as the initial size; what is paged out is slow"));
}

void add_job(std::vector<Change>& changes, const Trial& now, ChangeKind kind, const char* name,
             Fact<std::uint64_t> HostFacts::*limit) {
  if (!(now.situation.facts.*limit).known()) return;
  const Apply apply = [limit](Trial& trial, std::uint64_t mib) {
    (trial.situation.facts.*limit).value = mib * kMiB;
  };
  if (const auto mib = least(now, apply, 1, kMostMiB))
    changes.push_back(made(now, apply, *mib, kind, *mib * kMiB,
                           fmt::format("{} {} MiB", name, *mib),
                           "job: who made the job sets its limits"));
}

}  // namespace

void add_windows_changes(std::vector<Change>& changes, const Trial& now) {
  add_reserve(changes, now);
  add_job(changes, now, ChangeKind::job_process, "job ProcessMemoryLimit",
          &HostFacts::job_process_limit_bytes);
  add_job(changes, now, ChangeKind::job_total, "job JobMemoryLimit", &HostFacts::job_limit_bytes);
  add_page_file(changes, now);
}

}  // namespace memqual::change_search
