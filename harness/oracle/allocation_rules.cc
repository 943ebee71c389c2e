// SPDX-License-Identifier: Apache-2.0
// The order is that of do_mmap (mm/mmap.c, src 6.19): map count, hole, RLIMIT_AS, RLIMIT_DATA,
// overcommit, backing objects. Everything fails as ENOMEM, so the order decides only the
// attribution.
#include "harness/oracle/allocation_rules.h"

#include "harness/oracle/address_space.h"
#include "harness/oracle/map_rules.h"

namespace memqual::oracle {
namespace {

constexpr std::uint64_t kPtrdiffMax = 0x7fffffffffffffffULL;
// Between the reading of Committed_AS, right before the first step, and the request.
constexpr std::uint64_t kOtherProcesses = 16 * kMiB;

// Blocks of `each` that fit into [room - slack, room + slack].
void fit(Capacity& capacity, std::uint64_t room, std::uint64_t slack, std::uint64_t each) {
  if (each == 0) return;
  capacity.surely = minus(room, slack) / each;
  capacity.possibly = saturating_add(room, slack) / each;
}

// A limit beyond the process's own use leaves exactly so much, whatever that use is.
std::uint64_t slack_of(const Situation& situation, RlimitResource resource) {
  for (const ResolvedRlimit& limit : situation.setup.rlimits)
    if (limit.resource == resource && limit.beyond_own_use) return 0;
  return situation.baseline.slack_bytes;
}

// malloc moves the break by 128 KiB more than it needs now (M_TOP_PAD) and uses that up first; what
// was freed there may be given back or not; the break is no whole page, and RLIMIT_DATA holds it
// against the data segment as well (mm/mmap.c check_data_rlimit). So the heap's share of a limit is
// known to that padding and two pages, where the workload uses the heap at all.
std::uint64_t heap_slack(const MemoryState& state, bool on_heap) {
  constexpr std::uint64_t kPadding = 136 * kKiB;
  return state.heap_freed_bytes + (state.heap_used || on_heap ? kPadding : 0);
}

std::string in_use(const Situation& situation) {
  return situation.baseline.source + ", and earlier steps";
}

// What malloc's check sees: memalign asks it for a whole chunk, the alignment and the smallest
// chunk more (glibc malloc/malloc.c _int_memalign).
std::uint64_t library_request(const Allocate& request) {
  constexpr std::uint64_t kSmallestChunk = 32;
  const std::uint64_t bytes = literal_bytes(request.size);
  if (request.using_ != AllocateUsing::posix_memalign ||
      request.alignment_bytes <= kSmallestChunk / 2)
    return bytes;
  const std::uint64_t chunk = saturating_add(bytes, 8 + 15) / 16 * 16;
  return saturating_add(chunk, std::max(request.alignment_bytes, kSmallestChunk) + kSmallestChunk);
}

Capacity ptrdiff_rule(const Allocate& request) {
  Capacity capacity;
  if (!is_malloc_family(request.using_) || library_request(request) <= kPtrdiffMax) return capacity;
  capacity.rule = LimitingRule::ptrdiff_max;
  capacity.surely = capacity.possibly = 0;
  capacity.sentence = "the C library refuses more than PTRDIFF_MAX bytes without asking the kernel";
  capacity.arithmetic = {{"request", literal_bytes(request.size), false, "scenario"},
                         {"PTRDIFF_MAX", kPtrdiffMax, false, "glibc >= 2.30"}};
  capacity.citation = "glibc malloc/malloc.c, checked_request2size";
  return capacity;
}

Capacity rlimit_as_rule(const Situation& situation, const MemoryState& state,
                        const BlockShape& shape) {
  Capacity capacity;
  const std::uint64_t limit = rlimit_of(situation, RlimitResource::address_space);
  if (limit == kUnlimited) return capacity;
  capacity.rule = LimitingRule::rlimit_as;
  fit(capacity, minus(limit, state.vsz_bytes),
      slack_of(situation, RlimitResource::address_space) + heap_slack(state, shape.on_heap),
      shape.mapped_bytes);
  capacity.sentence =
      "RLIMIT_AS counts all address space, reserved or not, and allows " + format_bytes(limit);
  capacity.arithmetic = {{"RLIMIT_AS", limit, false, "scenario"},
                         {"address space in use", state.vsz_bytes, false, in_use(situation)},
                         {"each block", shape.mapped_bytes, false, "scenario, rounded to pages"}};
  capacity.citation = "mm/mmap.c may_expand_vm";
  return capacity;
}

Capacity hugetlb_rule(const Situation& situation, const MemoryState& state, const Allocate& request,
                      const BlockShape& shape) {
  Capacity capacity;
  if (request.using_ != AllocateUsing::hugetlb) return capacity;
  capacity.rule = LimitingRule::hugetlb_pool;
  const std::uint64_t free = saturating_multiply(
      minus(situation.facts.huge_pages_free.value_or(0), state.pool_pages_taken),
      hugetlb_page_bytes(situation.facts));
  capacity.surely = capacity.possibly = free / shape.mapped_bytes;
  capacity.sentence = "huge pages are reserved when they are mapped, and the pool has " +
                      format_bytes(free) + " free";
  capacity.arithmetic = {
      {"free huge pages", free, false, situation.facts.huge_pages_free.source},
      {"each block", shape.mapped_bytes, false, "scenario, rounded to huge pages"}};
  capacity.citation = "mm/hugetlb.c hugetlb_reserve_pages";
  return capacity;
}

// By what the kernel answered when it was asked, or by its version.
bool has_newer_guess(const HostFacts& facts) {
  if (facts.heuristic_limit.known()) return *facts.heuristic_limit.value == "ram_and_swap";
  return facts.kernel_version.value_or(5002) >= 5002;
}

// A container is shown its own limit as RAM; the kernel decides by the host's, which is no less.
bool ram_is_faked(const HostFacts& facts) { return facts.mem_total_faked.value_or(false); }

void open_upwards(Capacity& capacity) {
  capacity.possibly = kUnlimited;
  capacity.open_because = "the container fakes RAM and swap, and the kernel's are not known";
}

Capacity guess_rule(const Situation& situation, std::uint64_t charge_bytes,
                    std::uint64_t more_bytes, std::uint64_t less_bytes) {
  Capacity capacity;
  capacity.rule = LimitingRule::overcommit_guess;
  const HostFacts& facts = situation.facts;
  const std::uint64_t most =
      saturating_add(facts.mem_total_bytes.value_or(0), facts.swap_total_bytes.value_or(0));
  if (saturating_add(charge_bytes, more_bytes) > most) capacity.surely = 0;
  if (minus(charge_bytes, less_bytes) > most) capacity.possibly = 0;
  // The older rule holds the request against what is free or can be freed at that moment, which is
  // never more than RAM + swap.
  const bool newer = has_newer_guess(facts);
  const bool open = !newer && charge_bytes > facts.mem_free_bytes.value_or(0);
  if (open) capacity.surely = 0;
  if (ram_is_faked(facts)) open_upwards(capacity);
  capacity.sentence =
      "one request of " + format_bytes(charge_bytes) +
      (open && capacity.possibly > 0 ? " may be more than what is free or can be freed"
                                     : " is more than RAM + swap = " + format_bytes(most)) +
      (newer ? " (mode 0, kernel >= 5.2)" : " (mode 0, kernel <= 5.1)");
  capacity.arithmetic = {
      {"request", charge_bytes, false, "scenario, rounded to pages"},
      {"RAM", facts.mem_total_bytes.value_or(0), false, facts.mem_total_bytes.source},
      {"swap", facts.swap_total_bytes.value_or(0), false, facts.swap_total_bytes.source}};
  capacity.citation = std::string("mm/util.c __vm_enough_memory, OVERCOMMIT_GUESS, ") +
                      (newer ? ">= 5.2 (8c7829b04c52)" : "<= 5.1");
  if (facts.heuristic_limit.known()) capacity.citation += "; " + facts.heuristic_limit.source;
  return capacity;
}

// mm/util.c vm_commit_limit, from the settings and not from what the kernel prints.
std::uint64_t commit_limit(const HostFacts& facts) {
  if (!facts.overcommit_ratio.known() || !facts.overcommit_kbytes.known() || ram_is_faked(facts))
    return facts.commit_limit_bytes.value_or(0);
  const std::uint64_t page = facts.page_size_bytes.value_or(4096);
  const std::uint64_t swap_pages = facts.swap_total_bytes.value_or(0) / page;
  const std::uint64_t kbytes = *facts.overcommit_kbytes.value;
  if (kbytes != 0) return saturating_multiply(kbytes / (page / 1024) + swap_pages, page);
  const std::uint64_t huge = facts.hugetlb_bytes.value_or(0);
  const std::uint64_t ram_pages = minus(facts.mem_total_bytes.value_or(0), huge) / page;
  return saturating_multiply(
      saturating_multiply(ram_pages, *facts.overcommit_ratio.value) / 100 + swap_pages, page);
}

// Blocks that fit into `room` one after the other: before each, the kernel keeps 1/32 of what the
// process has mapped by then, at most vm.user_reserve_kbytes (mm/util.c __vm_enough_memory,
// total_vm / 32, >= 3.10).
std::uint64_t blocks_beside_reserve(std::uint64_t room, std::uint64_t vsz_bytes,
                                    std::uint64_t most_reserve, std::uint64_t each) {
  const auto holds = [&](std::uint64_t blocks) {
    const std::uint64_t mapped = saturating_add(vsz_bytes, saturating_multiply(blocks - 1, each));
    const std::uint64_t reserve = std::min(mapped / 32, most_reserve);
    return saturating_add(saturating_multiply(blocks, each), reserve) <= room;
  };
  std::uint64_t least = 0;
  std::uint64_t most = room / each;
  while (least < most) {
    const std::uint64_t middle = most - (most - least) / 2;
    if (holds(middle))
      least = middle;
    else
      most = middle - 1;
  }
  return least;
}

// Strict accounting. The counter is per CPU and only summed up approximately; the slop is the band.
Capacity never_rule(const Situation& situation, const MemoryState& state,
                    std::uint64_t charge_bytes) {
  Capacity capacity;
  capacity.rule = LimitingRule::overcommit_never;
  const HostFacts& facts = situation.facts;
  const std::uint64_t limit = commit_limit(facts);
  const std::uint64_t committed =
      saturating_add(facts.committed_as_bytes.value_or(0), state.charged_bytes);
  // Root of a user namespace has no right over the machine (security/commoncap.c
  // cap_vm_enough_memory asks init_user_ns).
  const bool admin = facts.cap_sys_admin.value_or(false) && !situation.setup.uid &&
                     !situation.setup.namespace_root;
  const std::uint64_t admin_reserve = admin ? 0 : facts.admin_reserve_bytes.value_or(0);
  const std::uint64_t most_reserve = facts.user_reserve_bytes.value_or(0);
  const std::uint64_t user_reserve = std::min(state.vsz_bytes / 32, most_reserve);
  const std::uint64_t before_user = minus(limit, committed + admin_reserve);
  const std::uint64_t room = minus(before_user, user_reserve);
  // mm/mm_init.c mm_compute_batch, mode 2: max(2 * cpus, 32, RAM pages / cpus / 256) pages on each
  // CPU (before 5.9 in every mode). `cpus` there are those present; where some are offline, ours
  // are fewer and the batch larger, so that the product stays RAM / 256.
  const std::uint64_t cpus = facts.cpus.value_or(1);
  const std::uint64_t page = facts.page_size_bytes.value_or(4096);
  const std::uint64_t ram_pages = facts.mem_total_bytes.value_or(0) / page;
  const std::uint64_t batch = std::max({2 * cpus, std::uint64_t{32}, ram_pages / cpus / 256});
  const std::uint64_t slop = saturating_multiply(batch * cpus, page);
  const std::uint64_t band = slop + kOtherProcesses;
  const std::uint64_t open = saturating_add(band + state.heap_freed_bytes, state.beside_bytes);
  if (charge_bytes > 0) {
    const auto blocks = [&](std::uint64_t within) {
      return blocks_beside_reserve(within, state.vsz_bytes, most_reserve, charge_bytes);
    };
    capacity.possibly = blocks(saturating_add(before_user, band + state.heap_freed_bytes));
    capacity.surely = blocks(minus(before_user, open));
  }
  if (state.beside_bytes > 0) capacity.open_because = "as the forked processes overlap";
  // lxcfs leaves CommitLimit as the kernel prints it; what is computed from a faked RAM is less.
  const bool printed = facts.commit_limit_bytes.source.find("CommitLimit") != std::string::npos;
  if (ram_is_faked(facts) && !printed) open_upwards(capacity);
  capacity.sentence = "strict accounting (mode 2) leaves " + format_bytes(room) +
                      " of the commit limit " + format_bytes(limit);
  capacity.arithmetic = {
      {"commit limit", limit, false, facts.commit_limit_bytes.source},
      {"committed before", committed, false, "/proc/meminfo Committed_AS and earlier steps"},
      {"admin reserve", admin_reserve, false, facts.admin_reserve_bytes.source},
      {"user reserve", user_reserve, false,
       "min(address space / 32, vm.user_reserve_kbytes), before the first block"},
      {"each charge", charge_bytes, false, "scenario, rounded to pages"},
      {"counter slop", slop, false,
       "batch of " + std::to_string(batch) + " pages x " + std::to_string(cpus) + " CPUs"},
      {"other processes", kOtherProcesses, false, "allowance for what they commit meanwhile"},
      {"surely left", minus(room, band), false, "what is left less slop and allowance"},
      {"surely too much", saturating_add(room, band), false,
       "what is left and both; more is refused"}};
  if (state.beside_bytes > 0)
    capacity.arithmetic.push_back(
        {"other copies", state.beside_bytes, false, "what they may have charged meanwhile"});
  capacity.citation = "mm/util.c __vm_enough_memory, OVERCOMMIT_NEVER";
  return capacity;
}

std::uint64_t limit_value(const ResolvedRlimit& limit, const ProcessBaseline& baseline) {
  if (limit.unlimited) return kUnlimited;
  if (!limit.beyond_own_use) return limit.value;
  const bool is_data = limit.resource == RlimitResource::data;
  return saturating_add(limit.value, is_data ? baseline.data_bytes : baseline.vsz_bytes);
}

}  // namespace

std::uint64_t rlimit_of(const Situation& situation, RlimitResource resource) {
  for (const ResolvedRlimit& limit : situation.setup.rlimits)
    if (limit.resource == resource) return limit_value(limit, situation.baseline);
  const auto found = situation.facts.rlimits.find(std::string(to_word(resource)));
  return found != situation.facts.rlimits.end() ? found->second.value_or(kUnlimited) : kUnlimited;
}

Capacity rlimit_data_rule(const Situation& situation, const MemoryState& state,
                          std::uint64_t data_bytes, bool on_heap) {
  Capacity capacity;
  const std::uint64_t limit = rlimit_of(situation, RlimitResource::data);
  if (limit == kUnlimited || data_bytes == 0) return capacity;
  capacity.rule = LimitingRule::rlimit_data;
  fit(capacity, minus(limit, state.data_bytes),
      slack_of(situation, RlimitResource::data) + heap_slack(state, on_heap), data_bytes);
  capacity.sentence =
      "RLIMIT_DATA counts private writable mappings and allows " + format_bytes(limit);
  capacity.arithmetic = {{"RLIMIT_DATA", limit, false, "scenario"},
                         {"data in use", state.data_bytes, false, in_use(situation)},
                         {"each block", data_bytes, false, "scenario, rounded to pages"}};
  capacity.citation = "mm/mmap.c may_expand_vm, >= 4.7";
  return capacity;
}

Capacity mprotect_data_rule(const Situation& situation, const MemoryState& state,
                            std::uint64_t data_bytes) {
  Capacity data = rlimit_data_rule(situation, state, data_bytes, false);
  if (data_bytes == 0) return data;
  BlockShape again;
  again.mapped_bytes = data_bytes;
  const Capacity address_space = rlimit_as_rule(situation, state, again);
  if (address_space.possibly == 0) return {};
  if (address_space.surely == 0) data.possibly = kUnlimited;
  data.citation = "mm/mprotect.c mprotect_fixup, >= 4.7";
  return data;
}

Capacity overcommit_rule(const Situation& situation, const MemoryState& state,
                         std::uint64_t charge_bytes, std::uint64_t more_bytes,
                         std::uint64_t less_bytes) {
  const std::uint64_t mode = situation.facts.overcommit_memory.value_or(0);
  if (charge_bytes == 0 || mode == 1) return {};
  return mode == 2 ? never_rule(situation, state, charge_bytes)
                   : guess_rule(situation, charge_bytes, more_bytes, less_bytes);
}

std::vector<Capacity> allocation_rules(const Situation& situation, const MemoryState& state,
                                       const Allocate& request, const BlockShape& shape) {
  const std::uint64_t less =
      shape.charge_less_bytes == 0 || (!shape.on_heap && !state.heap_extended)
          ? 0
          : shape.charge_less_bytes + state.heap_freed_bytes;
  const Capacity charge =
      overcommit_rule(situation, state, shape.charged_bytes, shape.charge_slack_bytes, less);
  // mm/mmap.c brk, do_brk_flags: the data segment is looked at first, the mappings late.
  if (request.using_ == AllocateUsing::brk)
    return {rlimit_data_rule(situation, state, shape.data_bytes, true),
            address_space_rule(situation, state, shape), rlimit_as_rule(situation, state, shape),
            break_count_rule(situation, state), charge};
  return {ptrdiff_rule(request),
          map_count_rule(situation, state, shape),
          address_space_rule(situation, state, shape),
          rlimit_as_rule(situation, state, shape),
          rlimit_data_rule(situation, state, shape.data_bytes, shape.on_heap),
          charge,
          hugetlb_rule(situation, state, request, shape)};
}

}  // namespace memqual::oracle
