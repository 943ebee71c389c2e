// SPDX-License-Identifier: Apache-2.0
// Memory cgroups never refuse an mmap; they kill at touch (mm/memcontrol.c try_charge). Page tables
// are charged too (GFP_PGTABLE_USER), which is why reading a very large untouched range can be
// fatal.
#include "harness/oracle/touch_rules.h"

#include "harness/oracle/numa_rules.h"

namespace memqual::oracle {
namespace {

// Kernel stacks, slab and per-CPU charge batches (64 pages on each CPU) that no formula gives.
std::uint64_t kernel_slack(const HostFacts& facts) {
  return 1024 * facts.page_size_bytes.value_or(4096);
}

bool may_be_huge(const BlockSet& set, const HostFacts& facts) {
  if (set.request.using_ == AllocateUsing::file || set.advised.contains(Advice::nohugepage))
    return false;
  const std::string thp = facts.thp.value_or("never");
  return thp == "always" || (thp == "madvise" && set.advised.contains(Advice::hugepage));
}

// A huge page may begin before what is touched and end behind it, but not outside of its mapping,
// which under `always` may be one with its neighbours (mm/huge_memory.c do_huge_pmd_anonymous_page,
// mm/khugepaged.c). Where none is free, small ones are taken.
std::uint64_t most_with_huge_pages(const BlockSet& set, std::uint64_t range,
                                   const HostFacts& facts) {
  const std::uint64_t huge = huge_page_bytes(facts);
  const std::uint64_t each =
      std::min(set.shape.mapped_bytes, saturating_add(round_up(range, huge), huge));
  const bool alone = facts.thp.value_or("never") != "always";
  return saturating_add(saturating_multiply(each, set.blocks), alone ? 0 : 2 * huge);
}

}  // namespace

Footprint footprint_of(const BlockSet& set, const Touch& touch, const HostFacts& facts) {
  const std::uint64_t page = facts.page_size_bytes.value_or(4096);
  const std::uint64_t huge = huge_page_bytes(facts);
  const double part = static_cast<double>(set.shape.mapped_bytes) * touch.fraction;
  const std::uint64_t range =
      std::min(set.shape.mapped_bytes, round_up(static_cast<std::uint64_t>(part), page));
  const std::uint64_t whole = saturating_multiply(range, set.blocks);
  Footprint footprint;
  // An entry of 8 bytes for each page; each block has partly used tables at its ends.
  footprint.page_table_bytes = whole / page * 8 + saturating_multiply(set.blocks, page);
  const bool shared = set.request.using_ == AllocateUsing::mmap_shared ||
                      set.request.using_ == AllocateUsing::memfd;
  if (touch.access == Access::read && !shared) return footprint;  // the zero page
  if (touch.every == Stride::page) {
    footprint.least_bytes = footprint.most_bytes = whole;
    if (may_be_huge(set, facts)) footprint.most_bytes = most_with_huge_pages(set, range, facts);
    return footprint;
  }
  footprint.least_bytes = saturating_multiply((range + huge - 1) / huge * page, set.blocks);
  footprint.most_bytes =
      may_be_huge(set, facts) ? most_with_huge_pages(set, range, facts) : footprint.least_bytes;
  // A shared object keeps its pages in a tree whose nodes, for 64 pages each, are charged too (mm/
  // shmem.c, XA_FLAGS_ACCOUNT): pages that lie far apart have each a node of their own.
  constexpr std::uint64_t kTreeNode = 576;
  if (shared)
    footprint.page_table_bytes =
        saturating_add(footprint.page_table_bytes, footprint.least_bytes / page * kTreeNode);
  return footprint;
}

MemoryLimit memory_limit(const Situation& situation) {
  const HostFacts& facts = situation.facts;
  const std::uint64_t swap = facts.swap_free_bytes.value_or(0);
  MemoryLimit limit;
  limit.least_bytes = facts.mem_available_bytes.value_or(kUnlimited);
  limit.most_bytes = saturating_add(limit.least_bytes, swap);
  limit.name = "available memory";
  limit.source = facts.mem_available_bytes.source;
  if (facts.cgroup_limit_bytes.known()) {
    const std::uint64_t room =
        minus(*facts.cgroup_limit_bytes.value, facts.cgroup_usage_bytes.value_or(0));
    if (room < limit.least_bytes)
      limit = {LimitingRule::cgroup_memory, room, saturating_add(room, swap),
               "room in the cgroup above", facts.cgroup_limit_bytes.source};
  }
  // What a policy or a cpuset leaves of a machine: its nodes' memory, page cache given back and
  // swap used first (mm/oom_kill.c constrained_alloc: CONSTRAINT_MEMORY_POLICY, CONSTRAINT_CPUSET).
  if (const auto nodes = only_nodes(situation)) {
    const NodeMemory memory = memory_of(*nodes, facts);
    if (memory.free_bytes < limit.least_bytes)
      limit = {LimitingRule::node_memory,
               memory.free_bytes,
               saturating_add(memory.total_bytes, swap),
               memory.name,
               "/sys/devices/system/node",
               "page cache and swap"};
  }
  if (situation.cgroup_memory_max_bytes && *situation.cgroup_memory_max_bytes < limit.least_bytes) {
    const std::uint64_t max = *situation.cgroup_memory_max_bytes;
    const std::uint64_t own_swap = std::min(swap, situation.cgroup_swap_max_bytes.value_or(swap));
    limit = {LimitingRule::cgroup_memory, max, saturating_add(max, own_swap), "cgroup memory_max",
             "scenario"};
  }
  return limit;
}

Capacity residency_rule(const Situation& situation, std::uint64_t least_bytes,
                        std::uint64_t most_bytes) {
  const MemoryLimit limit = memory_limit(situation);
  Capacity capacity;
  capacity.rule = limit.rule;
  // MemAvailable is an estimate; a cgroup's limit is exact but for what the kernel itself uses.
  const std::uint64_t slack = limit.rule == LimitingRule::cgroup_memory
                                  ? kernel_slack(situation.facts)
                                  : kernel_slack(situation.facts) + limit.least_bytes / 8;
  const std::uint64_t most_need =
      saturating_add(saturating_add(most_bytes, situation.baseline.rss_bytes), slack);
  capacity.surely = most_need <= limit.least_bytes ? 1 : 0;
  const bool dies = least_bytes > saturating_add(limit.most_bytes, slack);
  capacity.possibly = dies ? 0 : 1;
  capacity.sentence =
      "the touched " + format_bytes(least_bytes) + " do not fit into " + limit.name + " of " +
      format_bytes(limit.least_bytes) +
      (limit.most_bytes > limit.least_bytes
           ? " and " + format_bytes(limit.most_bytes - limit.least_bytes) + " of " + limit.more
           : "");
  capacity.arithmetic = {{"resident and page tables", least_bytes, false,
                          "touched pages, and 8 bytes of page table each"},
                         {limit.name, limit.least_bytes, false, limit.source},
                         {limit.more + " it may use", limit.most_bytes - limit.least_bytes, false,
                          situation.facts.swap_free_bytes.source}};
  capacity.citation = limit.rule == LimitingRule::cgroup_memory ? "mm/memcontrol.c try_charge_memcg"
                      : limit.rule == LimitingRule::node_memory
                          ? "mm/oom_kill.c constrained_alloc, mm/mempolicy.c policy_nodemask"
                          : "mm/oom_kill.c out_of_memory";
  return capacity;
}

Capacity high_rule(const Situation& situation, std::uint64_t most_bytes) {
  Capacity capacity;
  const std::uint64_t high = situation.cgroup_memory_high_bytes.value_or(kUnlimited);
  const std::uint64_t swap = std::min(situation.facts.swap_free_bytes.value_or(0),
                                      situation.cgroup_swap_max_bytes.value_or(kUnlimited));
  const std::uint64_t need = saturating_add(
      saturating_add(most_bytes, situation.baseline.rss_bytes), kernel_slack(situation.facts));
  if (need <= saturating_add(high, swap)) return capacity;
  capacity.rule = LimitingRule::cgroup_high;
  capacity.surely = 0;
  capacity.sentence = "above memory_high of " + format_bytes(high) +
                      " the kernel makes the process wait, up to 2 s for each batch of pages";
  capacity.open_because = "because memory.high slows down and never kills";
  capacity.arithmetic = {{"resident and page tables", most_bytes, false, "touched pages"},
                         {"cgroup memory_high", high, false, "scenario"},
                         {"swap it may use", swap, false, situation.facts.swap_free_bytes.source}};
  capacity.citation = "mm/memcontrol.c mem_cgroup_handle_over_high, MEMCG_MAX_HIGH_DELAY_JIFFIES";
  return capacity;
}

}  // namespace memqual::oracle
