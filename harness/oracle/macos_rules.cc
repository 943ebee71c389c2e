// SPDX-License-Identifier: Apache-2.0
// macOS promises everything that fits into the address space: xnu has no commit limit. What a
// promise is worth shows when it is used: pages are compressed, then written to swap files, and at
// the end the process is paused by its user or killed. Read in apple-oss-distributions/xnu; nothing
// of this was run.
#include "harness/oracle/allocation_rules.h"
#include "harness/oracle/system_rules.h"

namespace memqual::oracle {
namespace {

// Both bounds of what a process maps before main, where the captured machine does not say:
// eclipse-omr/omr#7069 (arm64, macOS 13: between 408 000 000 and 409 000 000 KiB), giampaolo/psutil
// #1908 (arm64, macOS 11: 389.4 GiB).
constexpr std::uint64_t kUsualVszArm64 = std::uint64_t{389} * kGiB;
constexpr std::uint64_t kUsualVszX86 = std::uint64_t{17} * kGiB;
constexpr std::uint64_t kMeasuredVszSlack = 2 * kGiB;  // one process maps more than another
constexpr std::uint64_t kUsualVszSlack = 16 * kGiB;

std::uint64_t page_of(const HostFacts& facts) {
  // Apple silicon has 16 KiB, Intel 4 KiB (osfmk/arm64/proc_reg.h, osfmk/mach/i386/vm_param.h).
  const std::uint64_t usual = facts.arch.value_or("arm64") == "x86_64" ? 4 * kKiB : 16 * kKiB;
  return facts.page_size_bytes.value_or(usual);
}

ProcessBaseline baseline(const HostFacts& facts, ProcessBaseline given) {
  const bool intel = facts.arch.value_or("arm64") == "x86_64";
  given.vsz_bytes = facts.process_vsz_bytes.value_or(intel ? kUsualVszX86 : kUsualVszArm64);
  given.data_bytes = given.vsz_bytes;  // RLIMIT_DATA compares the same map->size
  given.slack_bytes = facts.process_vsz_bytes.known() ? kMeasuredVszSlack : kUsualVszSlack;
  return given;
}

BlockShape shape(const Allocate& request, const HostFacts& facts, std::uint64_t) {
  BlockShape shape;
  shape.mapped_bytes = round_up(literal_bytes(request.size), page_of(facts));
  const bool object = request.using_ == AllocateUsing::mmap_shared ||
                      request.using_ == AllocateUsing::memfd ||
                      request.using_ == AllocateUsing::file;
  shape.always_own_mapping = object;
  shape.is_private_writable = !object && request.using_ != AllocateUsing::mmap_none &&
                              request.using_ != AllocateUsing::mmap_readonly;
  shape.data_bytes = shape.mapped_bytes;
  return shape;
}

Capacity malloc_rule(const Allocate& request, const HostFacts& facts) {
  Capacity capacity;
  const std::uint64_t most = kUnlimited - 2 * page_of(facts);
  if (!is_malloc_family(request.using_) || literal_bytes(request.size) <= most) return capacity;
  capacity.rule = LimitingRule::ptrdiff_max;
  capacity.surely = capacity.possibly = 0;
  capacity.sentence = "the C library refuses more than SIZE_MAX less two pages without asking";
  capacity.arithmetic = {{"request", literal_bytes(request.size), false, "scenario"},
                         {"SIZE_MAX less two pages", most, false, "libmalloc"}};
  capacity.citation = "libmalloc src/malloc.c, MALLOC_ABSOLUTE_MAX_SIZE";
  return capacity;
}

// The largest hole is what the shared cache and the reservations of dyld and malloc leave; the
// largest block that was seen granted, 127.6 TiB on macOS 15 (python/cpython#138552), is 448 GiB
// below the end.
Capacity address_space_rule(const Situation& situation, const MemoryState& state,
                            const BlockShape& shape) {
  constexpr std::uint64_t kMaxArm64 = 0x7FFFFE000000;  // MACH_VM_MAX_ADDRESS_RAW
  constexpr std::uint64_t kMaxX86 = 0x7FFFFFE00000;    // VM_MAX_USER_PAGE_ADDRESS
  constexpr std::uint64_t kScattered = 1 * kTiB;
  const bool intel = situation.facts.arch.value_or("arm64") == "x86_64";
  const std::uint64_t window = intel ? kMaxX86 : kMaxArm64;
  Capacity capacity;
  capacity.rule = LimitingRule::address_space;
  const std::uint64_t room = minus(window, state.vsz_bytes);
  if (shape.mapped_bytes > 0) {
    capacity.surely = minus(room, kScattered) / shape.mapped_bytes;
    capacity.possibly = room / shape.mapped_bytes;
  }
  capacity.sentence =
      "no hole of this size is left in the address space of " + format_bytes(window);
  capacity.arithmetic = {{"address space", window, false, "osfmk/mach, vm_param.h"},
                         {"in use", state.vsz_bytes, false, "baseline and earlier steps"},
                         {"each block", shape.mapped_bytes, false, "scenario, rounded to pages"}};
  capacity.citation = intel ? "xnu osfmk/vm/vm_map.c, VM_MAX_USER_PAGE_ADDRESS"
                            : "xnu osfmk/vm/vm_map.c, MACH_VM_MAX_ADDRESS";
  return capacity;
}

// setrlimit refuses (EINVAL) what the map already exceeds, so such a limit is never in force.
bool can_be_set(const Situation& situation, std::uint64_t limit) {
  return limit >= baseline(situation.facts, situation.baseline).vsz_bytes;
}

// Darwin 21 is macOS 12: before, dosetrlimit stored RLIMIT_AS and nothing looked at it.
bool enforces_limits(const HostFacts& facts) {
  return facts.kernel_version.value_or(21000) >= 21000;
}

Capacity map_size_rule(const Situation& situation, const MemoryState& state,
                       RlimitResource resource, std::uint64_t bytes) {
  Capacity capacity;
  const std::uint64_t limit = rlimit_of(situation, resource);
  if (limit == kUnlimited || bytes == 0 || !enforces_limits(situation.facts) ||
      !can_be_set(situation, limit))
    return capacity;
  const bool data = resource == RlimitResource::data;
  const std::string name = data ? "RLIMIT_DATA" : "RLIMIT_AS";
  const std::uint64_t slack = baseline(situation.facts, situation.baseline).slack_bytes;
  const std::uint64_t room = minus(limit, state.vsz_bytes);
  capacity.rule = data ? LimitingRule::rlimit_data : LimitingRule::rlimit_as;
  capacity.surely = minus(room, slack) / bytes;
  capacity.possibly = saturating_add(room, slack) / bytes;
  capacity.sentence = name +
                      " counts the whole address map, the shared cache included, and allows " +
                      format_bytes(limit);
  capacity.arithmetic = {{name, limit, false, "scenario or host"},
                         {"map size", state.vsz_bytes, false, "baseline and earlier steps"},
                         {"each block", bytes, false, "scenario, rounded to pages"}};
  capacity.citation = "xnu osfmk/vm/vm_map.c vm_map_enter, >= 8020 (macOS 12)";
  return capacity;
}

Capacity data_rule(const Situation& situation, const MemoryState& state, std::uint64_t bytes) {
  return map_size_rule(situation, state, RlimitResource::data, bytes);
}

std::vector<Capacity> allocation(const Situation& situation, const MemoryState& state,
                                 const Allocate& request, const BlockShape& shape) {
  return {malloc_rule(request, situation.facts), address_space_rule(situation, state, shape),
          map_size_rule(situation, state, RlimitResource::address_space, shape.mapped_bytes),
          data_rule(situation, state, shape.mapped_bytes)};
}

Capacity nothing_is_charged(const Situation&, const MemoryState&, std::uint64_t) { return {}; }
Capacity lock_left_out(const Situation&, const MemoryState&, const BlockSet&) { return {}; }

MemoryLimit limit(const Situation& situation) {
  const HostFacts& facts = situation.facts;
  MemoryLimit limit;
  limit.least_bytes = facts.mem_available_bytes.value_or(kUnlimited);
  limit.most_bytes = kUnlimited;  // what compresses well takes next to nothing
  limit.name = "available memory";
  limit.source = facts.mem_available_bytes.source;
  return limit;
}

Capacity residency(const Situation& situation, std::uint64_t least_bytes,
                   std::uint64_t most_bytes) {
  const HostFacts& facts = situation.facts;
  const MemoryLimit memory = limit(situation);
  Capacity capacity;
  capacity.rule = memory.rule;
  const std::uint64_t slack = memory.least_bytes / 8;  // other programs use it meanwhile
  const std::uint64_t need =
      saturating_add(saturating_add(most_bytes, situation.baseline.rss_bytes), slack);
  capacity.surely = need <= memory.least_bytes ? 1 : 0;
  capacity.possibly = 1;
  capacity.open_because = "it depends on how well the content compresses and on what else runs";
  capacity.sentence =
      format_bytes(least_bytes) + " is more than the available " +
      format_bytes(memory.least_bytes) + ": pages are compressed, then written to swap files" +
      (facts.swap_max_bytes.known() ? " (at most " + format_bytes(*facts.swap_max_bytes.value) + ")"
                                    : "") +
      ", and when these are full processes are killed";
  capacity.arithmetic = {
      {"resident and page tables", least_bytes, false, "touched pages and their tables"},
      {memory.name, memory.least_bytes, false, memory.source}};
  if (facts.swap_max_bytes.known())
    capacity.arithmetic.push_back({"swap files can grow to", *facts.swap_max_bytes.value, false,
                                   facts.swap_max_bytes.source});
  capacity.citation =
      "xnu osfmk/vm/vm_compressor.c, vm_compressor_backing_store.c; bsd/kern/kern_memorystatus.c";
  return capacity;
}

bool takes_no_charge_back(const HostFacts&) { return false; }

void leave_out_limit(std::vector<std::string>& out, const Situation& situation,
                     RlimitResource resource, const char* name) {
  const std::uint64_t limit = rlimit_of(situation, resource);
  if (limit == kUnlimited) return;
  if (!enforces_limits(situation.facts))
    out.push_back(std::string(name) + ": stored and not enforced before macOS 12");
  else if (!can_be_set(situation, limit))
    out.push_back(std::string(name) + " of " + format_bytes(limit) +
                  ": macOS refuses to set it (EINVAL), a process maps " +
                  format_bytes(baseline(situation.facts, situation.baseline).vsz_bytes) +
                  " before it begins");
}

std::vector<std::string> settings_left_out(const Situation& situation) {
  std::vector<std::string> out;
  leave_out_limit(out, situation, RlimitResource::address_space, "RLIMIT_AS");
  leave_out_limit(out, situation, RlimitResource::data, "RLIMIT_DATA");
  if (situation.facts.overcommit_memory.known())
    out.emplace_back("vm.overcommit_memory: macOS has no commit limit to set");
  if (situation.cgroup_memory_max_bytes || situation.cgroup_swap_max_bytes)
    out.emplace_back("cgroup: macOS has no control groups");
  return out;
}

struct StepWords {
  std::string operator()(const Allocate& step) const {
    switch (step.using_) {
      case AllocateUsing::memfd:
        return "memfd: macOS has shm_open instead";
      case AllocateUsing::hugetlb:
      case AllocateUsing::hugetlb_noreserve:
        return "hugetlb: macOS has no pool of huge pages";
      case AllocateUsing::brk:
        return "brk: sbrk of macOS moves inside 4 MiB of its own";
      default:
        return {};
    }
  }
  std::string operator()(const Advise&) const {
    return "madvise: what macOS does with advice is not modelled";
  }
  std::string operator()(const Lock&) const {
    return "mlock: the wired limits of macOS (vm.user_wire_limit) are not modelled";
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

std::string step_left_out(const WorkloadStep& step) { return std::visit(StepWords{}, step.action); }

}  // namespace

const SystemRules& macos_rules() {
  static constexpr SystemRules kRules{
      "macOS grants what fits into the address space: there is no commit limit",
      baseline,
      shape,
      allocation,
      nothing_is_charged,
      data_rule,
      lock_left_out,
      limit,
      residency,
      takes_no_charge_back,
      settings_left_out,
      step_left_out};
  return kRules;
}

}  // namespace memqual::oracle
