// SPDX-License-Identifier: Apache-2.0
// Limits of a process and settings of a Linux host, each as a function of one number, in which the
// model is monotone: more swap or a higher limit never turn a completed workload into a refused
// one.
#include <fmt/format.h>

#include "harness/explain/change_search.h"
#include "harness/oracle/system_rules.h"

namespace memqual::change_search {
namespace {

using oracle::Situation;
using Numbered = std::function<std::string(std::uint64_t)>;

Numbered always(const char* words) {
  return [words](std::uint64_t) { return std::string(words); };
}

void set_rlimit(Situation& situation, RlimitResource resource, std::uint64_t bytes) {
  auto& limits = situation.setup.rlimits;
  std::erase_if(limits, [&](const ResolvedRlimit& limit) { return limit.resource == resource; });
  limits.push_back({resource, false, bytes});
}

// In MiB. macOS refuses (EINVAL) a limit that the address map of the process already exceeds.
std::uint64_t lowest_limit(const Situation& situation, RlimitResource resource) {
  const HostFacts& facts = situation.facts;
  if (facts.os.value_or("") != "macos" || resource == RlimitResource::memlock) return 1;
  const auto own = oracle::rules_of(facts).baseline(facts, situation.baseline);
  return (own.vsz_bytes + own.slack_bytes) / kMiB + 1;
}

// `flag` is that of ulimit, which counts KiB.
Knob rlimit_knob(const Trial& now, RlimitResource resource, ChangeKind kind, const char* name,
                 char flag) {
  return {kind,
          lowest_limit(now.situation, resource),
          kMostMiB,
          kMiB,
          [resource](Trial& trial, std::uint64_t mib) {
            set_rlimit(trial.situation, resource, mib * kMiB);
          },
          [name, flag](std::uint64_t mib) {
            return fmt::format("{} {} MiB: ulimit -{} {}", name, mib, flag, mib * 1024);
          },
          always("process: above its hard limit only root may raise it")};
}

Knob cgroup_knob(ChangeKind kind, const char* name, Apply apply) {
  return {kind,
          1,
          kMostMiB,
          kMiB,
          std::move(apply),
          [name](std::uint64_t mib) { return fmt::format("{} {} MiB", name, mib); },
          always("control group: RAM that others then lack")};
}

void add_cgroup_knobs(std::vector<Knob>& knobs, const Situation& situation) {
  if (situation.cgroup_memory_max_bytes)
    knobs.push_back(cgroup_knob(ChangeKind::cgroup_max, "cgroup memory_max",
                                [](Trial& trial, std::uint64_t mib) {
                                  trial.situation.cgroup_memory_max_bytes = mib * kMiB;
                                }));
  if (situation.facts.cgroup_limit_bytes.known())
    knobs.push_back(cgroup_knob(ChangeKind::cgroup_above, "limit of the cgroup above",
                                [](Trial& trial, std::uint64_t mib) {
                                  trial.situation.facts.cgroup_limit_bytes.value = mib * kMiB;
                                }));
}

Knob map_count_knob() {
  return {
      ChangeKind::map_count,
      1,
      0x7fffffff,
      1,
      [](Trial& trial, std::uint64_t maps) { trial.situation.facts.max_map_count.value = maps; },
      [](std::uint64_t maps) { return fmt::format("vm.max_map_count={}", maps); },
      always("whole machine: a little kernel memory for each mapping")};
}

void raise(Fact<std::uint64_t>& fact, std::uint64_t bytes) {
  fact.value = fact.value_or(0) + bytes;
}

Knob swap_knob() {
  return {ChangeKind::swap,
          1,
          kMostGiB,
          kGiB,
          [](Trial& trial, std::uint64_t gib) {
            HostFacts& facts = trial.situation.facts;
            for (auto* fact :
                 {&facts.swap_total_bytes, &facts.swap_free_bytes, &facts.commit_limit_bytes})
              raise(*fact, gib * kGiB);
          },
          [](std::uint64_t gib) { return fmt::format("{} GiB more swap", gib); },
          always("whole machine: disk space; what is swapped out is slow")};
}

// What the kernel does on writing the ratio: kbytes becomes 0 (mm/util.c overcommit_ratio_handler).
Knob ratio_knob() {
  return {ChangeKind::ratio,
          1,
          1000000,
          1,
          [](Trial& trial, std::uint64_t percent) {
            trial.situation.facts.overcommit_ratio.value = percent;
            trial.situation.facts.overcommit_kbytes.value = 0;
          },
          [](std::uint64_t percent) { return fmt::format("vm.overcommit_ratio={}", percent); },
          [](std::uint64_t percent) -> std::string {
            return percent > 100 ? "whole machine: promises more than RAM and swap"
                                 : "whole machine: less is kept for what is not counted";
          }};
}

Knob mode_knob(ChangeKind kind, std::uint64_t mode, const char* cost) {
  return {kind,
          mode,
          mode,
          0,
          [](Trial& trial, std::uint64_t number) {
            trial.situation.facts.overcommit_memory.value = number;
          },
          [](std::uint64_t number) { return fmt::format("vm.overcommit_memory={}", number); },
          always(cost)};
}

}  // namespace

std::vector<Knob> rlimit_knobs(const Trial& now) {
  return {
      rlimit_knob(now, RlimitResource::address_space, ChangeKind::rlimit_as, "RLIMIT_AS", 'v'),
      rlimit_knob(now, RlimitResource::data, ChangeKind::rlimit_data, "RLIMIT_DATA", 'd'),
      rlimit_knob(now, RlimitResource::memlock, ChangeKind::rlimit_memlock, "RLIMIT_MEMLOCK", 'l')};
}

std::vector<Knob> linux_knobs(const Trial& now) {
  const HostFacts& facts = now.situation.facts;
  std::vector<Knob> knobs = rlimit_knobs(now);
  add_cgroup_knobs(knobs, now.situation);
  if (facts.max_map_count.known()) knobs.push_back(map_count_knob());
  knobs.push_back(swap_knob());
  const std::uint64_t mode = facts.overcommit_memory.value_or(0);
  if (mode == 2) {
    knobs.push_back(ratio_knob());
    knobs.push_back(
        mode_knob(ChangeKind::mode_0, 0, "whole machine: promises are no longer kept for certain"));
  }
  if (mode != 1)
    knobs.push_back(mode_knob(ChangeKind::mode_1, 1,
                              "whole machine: nothing is refused, the OOM killer decides"));
  return knobs;
}

Knob memory_knob() {
  return {ChangeKind::memory,
          1,
          kMostGiB,
          kGiB,
          [](Trial& trial, std::uint64_t gib) {
            HostFacts& facts = trial.situation.facts;
            for (auto* fact :
                 {&facts.mem_total_bytes, &facts.mem_free_bytes, &facts.mem_available_bytes})
              raise(*fact, gib * kGiB);
            if (facts.os.value_or("") == "windows") raise(facts.commit_limit_bytes, gib * kGiB);
          },
          [](std::uint64_t gib) { return fmt::format("{} GiB more RAM", gib); },
          always("another machine")};
}

}  // namespace memqual::change_search
