// SPDX-License-Identifier: Apache-2.0
// Windows keeps every promise: what is committed is charged against RAM and page file when it is
// asked for, and a touch of it never fails. So there is no OOM killer, and a refusal comes early.
// Read on Microsoft Learn; nothing of this was run.
#include "harness/oracle/system_rules.h"

namespace memqual::oracle {
namespace {

constexpr std::uint64_t kPage = 4 * kKiB;          // x64 and Arm64
constexpr std::uint64_t kGranularity = 64 * kKiB;  // GetSystemInfo dwAllocationGranularity
constexpr std::uint64_t kUserSpace = 128 * kTiB;   // since Windows 8.1, x64 and Arm64
constexpr std::uint64_t kHeapHeader = 64;          // of a block that the heap takes from the system
constexpr std::uint64_t kOthers = 64 * kMiB;       // what other processes commit meanwhile
constexpr std::uint64_t kHeapMaxRequest = 0xFFFFFFFFFFFFFFE0;  // _HEAP_MAXREQ of the UCRT

ProcessBaseline baseline(const HostFacts& facts, ProcessBaseline given) {
  given.vsz_bytes = facts.process_vsz_bytes.value_or(8 * kGiB);  // control flow guard's bitmap
  given.data_bytes = 2 * kMiB;                                   // committed
  given.slack_bytes = 2 * kMiB;
  return given;
}

// malloc and `mmap` are VirtualAlloc(MEM_RESERVE | MEM_COMMIT), mmap_none is MEM_RESERVE alone and
// protect to read_write commits it, shared memory is a section backed by the page file.
BlockShape shape(const Allocate& request, const HostFacts& facts, std::uint64_t) {
  const std::uint64_t page = facts.page_size_bytes.value_or(kPage);
  const bool heap = is_malloc_family(request.using_);
  const std::uint64_t bytes = saturating_add(literal_bytes(request.size), heap ? kHeapHeader : 0);
  BlockShape shape;
  shape.mapped_bytes = round_up(bytes, page);
  shape.behind_header = heap;
  shape.always_own_mapping = request.using_ == AllocateUsing::mmap_shared ||
                             request.using_ == AllocateUsing::memfd ||
                             request.using_ == AllocateUsing::file;
  shape.is_private_writable =
      !shape.always_own_mapping && request.using_ != AllocateUsing::mmap_none;
  const bool reserved_only = request.using_ == AllocateUsing::mmap_none;
  const bool in_a_file = request.using_ == AllocateUsing::file;
  shape.charged_bytes = reserved_only || in_a_file ? 0 : shape.mapped_bytes;
  return shape;
}

Capacity malloc_rule(const Allocate& request) {
  Capacity capacity;
  if (!is_malloc_family(request.using_) || literal_bytes(request.size) <= kHeapMaxRequest)
    return capacity;
  capacity.rule = LimitingRule::ptrdiff_max;
  capacity.surely = capacity.possibly = 0;
  capacity.sentence = "the C library refuses more than _HEAP_MAXREQ bytes without asking";
  capacity.arithmetic = {{"request", literal_bytes(request.size), false, "scenario"},
                         {"_HEAP_MAXREQ", kHeapMaxRequest, false, "UCRT malloc.h"}};
  capacity.citation = "Microsoft Learn: malloc (Universal C runtime)";
  return capacity;
}

// Every reservation begins at a multiple of 64 KiB.
Capacity address_space_rule(const Situation& situation, const MemoryState& state,
                            const BlockShape& shape) {
  constexpr std::uint64_t kScattered = 1 * kTiB;
  Capacity capacity;
  capacity.rule = LimitingRule::address_space;
  const std::uint64_t each = round_up(shape.mapped_bytes, kGranularity);
  const std::uint64_t room = minus(kUserSpace, state.vsz_bytes);
  if (each > 0) {
    capacity.surely = minus(room, kScattered) / each;
    capacity.possibly = room / each;
  }
  capacity.sentence = "no hole of this size is left in the address space of 128 TiB";
  capacity.arithmetic = {
      {"address space", kUserSpace, false,
       situation.facts.address_space_bits.known() ? situation.facts.address_space_bits.source
                                                  : "64-bit Windows"},
      {"in use", state.vsz_bytes, false, "baseline and earlier steps"},
      {"each block", each, false, "scenario, rounded to 64 KiB"}};
  capacity.citation = "Microsoft Learn: Memory Limits for Windows and Windows Server Releases";
  return capacity;
}

Capacity job_rule(const Situation& situation, const MemoryState& state, const char* name,
                  const Fact<std::uint64_t>& limit, std::uint64_t charge_bytes) {
  Capacity capacity;
  if (!limit.known() || charge_bytes == 0) return capacity;
  const std::uint64_t before =
      saturating_add(baseline(situation.facts, situation.baseline).data_bytes, state.charged_bytes);
  const std::uint64_t room = minus(*limit.value, before);
  const std::uint64_t slack = baseline(situation.facts, situation.baseline).slack_bytes;
  capacity.rule = LimitingRule::job_memory;
  capacity.surely = minus(room, slack) / charge_bytes;
  capacity.possibly = saturating_add(room, slack) / charge_bytes;
  capacity.sentence = std::string(name) + " of the job allows to commit " +
                      format_bytes(*limit.value) + ", " + format_bytes(room) + " are left";
  capacity.arithmetic = {{name, *limit.value, false, limit.source},
                         {"committed before", before, false, "baseline and earlier steps"},
                         {"each commit", charge_bytes, false, "scenario, rounded to pages"}};
  capacity.citation = "Microsoft Learn: JOBOBJECT_EXTENDED_LIMIT_INFORMATION";
  return capacity;
}

// What the page file can still grow by while the request waits: all of it is open.
std::uint64_t growth(const HostFacts& facts) {
  return minus(facts.swap_max_bytes.value_or(0), facts.swap_total_bytes.value_or(0));
}

Capacity commit_rule(const Situation& situation, const MemoryState& state,
                     std::uint64_t charge_bytes) {
  Capacity capacity;
  const HostFacts& facts = situation.facts;
  if (charge_bytes == 0 || !facts.commit_limit_bytes.known()) return capacity;
  const std::uint64_t limit = *facts.commit_limit_bytes.value;
  const std::uint64_t committed =
      saturating_add(facts.committed_as_bytes.value_or(0), state.charged_bytes);
  const std::uint64_t room = minus(limit, committed);
  const std::uint64_t more = growth(facts);
  capacity.rule = LimitingRule::commit_limit;
  capacity.surely = minus(room, kOthers) / charge_bytes;
  capacity.possibly = saturating_add(saturating_add(room, more), kOthers) / charge_bytes;
  capacity.sentence = "the commit charge may not exceed RAM + page file = " + format_bytes(limit) +
                      ", of which " + format_bytes(room) + " are left" +
                      (more > 0 ? ", and the page file can grow by " + format_bytes(more) : "");
  capacity.open_because = "the page file may grow in time, and other processes commit too";
  capacity.arithmetic = {
      {"commit limit", limit, false, facts.commit_limit_bytes.source},
      {"committed before", committed, false,
       facts.committed_as_bytes.source + " and earlier steps"},
      {"page file can grow by", more, false,
       facts.swap_max_bytes.known() ? facts.swap_max_bytes.source : "its maximum is not known"},
      {"each commit", charge_bytes, false, "scenario, rounded to pages"}};
  capacity.citation = "Microsoft Learn: VirtualAlloc (MEM_COMMIT); Introduction to page files";
  return capacity;
}

// The stricter of the job's limits and the system's.
Capacity charge_rule(const Situation& situation, const MemoryState& state,
                     std::uint64_t charge_bytes) {
  const HostFacts& facts = situation.facts;
  const std::vector<Capacity> rules{
      job_rule(situation, state, "ProcessMemoryLimit", facts.job_process_limit_bytes, charge_bytes),
      job_rule(situation, state, "JobMemoryLimit", facts.job_limit_bytes, charge_bytes),
      commit_rule(situation, state, charge_bytes)};
  const Decision decision = decide(rules);
  return decision.limit != nullptr ? *decision.limit : Capacity{};
}

std::vector<Capacity> allocation(const Situation& situation, const MemoryState& state,
                                 const Allocate& request, const BlockShape& shape) {
  const HostFacts& facts = situation.facts;
  const std::uint64_t charge = shape.charged_bytes;
  return {malloc_rule(request), address_space_rule(situation, state, shape),
          job_rule(situation, state, "ProcessMemoryLimit", facts.job_process_limit_bytes, charge),
          job_rule(situation, state, "JobMemoryLimit", facts.job_limit_bytes, charge),
          commit_rule(situation, state, charge)};
}

Capacity no_data_limit(const Situation&, const MemoryState&, std::uint64_t) { return {}; }
Capacity lock_left_out(const Situation&, const MemoryState&, const BlockSet&) { return {}; }

MemoryLimit limit(const Situation&) {
  MemoryLimit limit;
  limit.least_bytes = limit.most_bytes = kUnlimited;
  return limit;
}

// What is committed has its place in RAM or page file; working sets are trimmed to make room.
Capacity residency(const Situation&, std::uint64_t, std::uint64_t) { return {}; }

bool takes_no_charge_back(const HostFacts&) { return false; }

std::vector<std::string> settings_left_out(const Situation& situation) {
  std::vector<std::string> out;
  if (!situation.setup.rlimits.empty()) out.emplace_back("rlimits: Windows has jobs instead");
  if (situation.facts.overcommit_memory.known())
    out.emplace_back("vm.overcommit_memory: Windows does not overcommit");
  if (situation.cgroup_memory_max_bytes || situation.cgroup_swap_max_bytes)
    out.emplace_back("cgroup: Windows has jobs instead");
  if (!situation.facts.commit_limit_bytes.known())
    out.emplace_back("the commit limit, which this captured machine does not name");
  return out;
}

struct StepWords {
  std::string operator()(const Allocate& step) const {
    if (is_hugetlb(step.using_))
      return "hugetlb: large pages of Windows need a privilege and unbroken RAM";
    if (step.using_ == AllocateUsing::brk) return "brk: Windows has no such call";
    return {};
  }
  std::string operator()(const Advise&) const { return "madvise: Windows has no such call"; }
  std::string operator()(const Fork&) const { return "fork: Windows has no such call"; }
  std::string operator()(const Lock&) const {
    return "VirtualLock: the least working set, which limits it, is not modelled";
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

std::string step_left_out(const WorkloadStep& step) { return std::visit(StepWords{}, step.action); }

}  // namespace

const SystemRules& windows_rules() {
  static constexpr SystemRules kRules{
      "RAM and page file cover it, and a touch of what is committed never fails",
      baseline,
      shape,
      allocation,
      charge_rule,
      no_data_limit,
      lock_left_out,
      limit,
      residency,
      takes_no_charge_back,
      settings_left_out,
      step_left_out};
  return kRules;
}

}  // namespace memqual::oracle
