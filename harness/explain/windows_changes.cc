// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "harness/explain/change_search.h"

namespace memqual::change_search {
namespace {

Knob page_file_knob(const HostFacts& now) {
  const std::uint64_t has = now.swap_total_bytes.value_or(0);
  return {ChangeKind::page_file,
          1,
          kMostGiB,
          kGiB,
          [](Trial& trial, std::uint64_t gib) {
            HostFacts& facts = trial.situation.facts;
            for (auto* fact :
                 {&facts.swap_total_bytes, &facts.swap_free_bytes, &facts.commit_limit_bytes})
              fact->value = fact->value_or(0) + gib * kGiB;
            if (facts.swap_max_bytes.known())
              facts.swap_max_bytes.value =
                  std::max(*facts.swap_max_bytes.value, facts.swap_total_bytes.value_or(0));
          },
          [has](std::uint64_t gib) {
            return fmt::format("page file of {}, {} GiB more", format_bytes(has + gib * kGiB), gib);
          },
          [](std::uint64_t) -> std::string {
            return "whole machine: disk space, as the initial size; what is paged out is slow";
          }};
}

Knob job_knob(ChangeKind kind, const char* name, Fact<std::uint64_t> HostFacts::*limit) {
  return {kind,
          1,
          kMostMiB,
          kMiB,
          [limit](Trial& trial, std::uint64_t mib) {
            (trial.situation.facts.*limit).value = mib * kMiB;
          },
          [name](std::uint64_t mib) { return fmt::format("{} {} MiB", name, mib); },
          [](std::uint64_t) -> std::string { return "job: who made the job sets its limits"; }};
}

}  // namespace

// Address space costs no commit charge (VirtualAlloc, MEM_RESERVE), so the whole can be reserved
// and the part in work committed.
void add_windows_reserve(std::vector<Change>& changes, const Trial& now) {
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

std::vector<Knob> windows_knobs(const Trial& now) {
  const HostFacts& facts = now.situation.facts;
  std::vector<Knob> knobs;
  if (facts.job_process_limit_bytes.known())
    knobs.push_back(job_knob(ChangeKind::job_process, "job ProcessMemoryLimit",
                             &HostFacts::job_process_limit_bytes));
  if (facts.job_limit_bytes.known())
    knobs.push_back(
        job_knob(ChangeKind::job_total, "job JobMemoryLimit", &HostFacts::job_limit_bytes));
  knobs.push_back(page_file_knob(facts));
  return knobs;
}

}  // namespace memqual::change_search
