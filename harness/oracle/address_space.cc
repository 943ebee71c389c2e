// SPDX-License-Identifier: Apache-2.0
// arch/x86/mm/mmap.c and mm/util.c mmap_base: mappings are put below a base, which lies a gap for
// the stack and a random number of pages under the end of the window, and where no hole is left
// there from a third of the window upwards (mm/mmap.c arch_get_unmapped_area_topdown, which then
// asks arch_get_unmapped_area). Measured on 6.18, x86-64, with programs of both kinds; elsewhere
// derived.
#include "harness/oracle/address_space.h"

#include <algorithm>

namespace memqual::oracle {
namespace {

constexpr std::uint64_t kLeastGap = 128 * kMiB;
constexpr std::uint64_t kGuardGap = 256;  // pages: mm/mmap.c stack_guard_gap
// Program, its heap and what the C library maps for itself: 5 MiB were seen.
constexpr std::uint64_t kProgram = 16 * kMiB;
constexpr std::uint64_t kRandomHeap = 1 * kGiB;  // arch_randomize_brk, the most of all machines

struct Machine {
  const char* arch;
  std::uint64_t most_random_bits;    // ARCH_MMAP_RND_BITS_MAX with pages of 4 KiB
  std::uint64_t random_stack_bytes;  // STACK_RND_MASK
};
constexpr Machine kMachines[] = {{"x86_64", 32, 16 * kGiB},
                                 {"aarch64", 33, 1 * kGiB},
                                 {"ppc64le", 33, 1 * kGiB},
                                 {"riscv64", 24, 1 * kGiB}};

const Machine* machine_of(const HostFacts& facts) {
  const std::string arch = facts.arch.value_or("");
  for (const Machine& machine : kMachines)
    if (arch == machine.arch) return &machine;
  return nullptr;
}

// Without a hint no mapping lies above, also where the CPU has more bits: DEFAULT_MAP_WINDOW.
std::uint64_t window_of(const HostFacts& facts) {
  const std::string arch = facts.arch.value_or("");
  const std::uint64_t page = facts.page_size_bytes.value_or(4096);
  const auto power = [](std::uint64_t bits) { return std::uint64_t{1} << bits; };
  if (arch == "aarch64")
    return power(std::min<std::uint64_t>(facts.address_space_bits.value_or(48), 48));
  if (arch == "ppc64le") return power(page > 4096 ? 47 : 46);
  if (arch == "riscv64")
    return power(std::min<std::uint64_t>(facts.address_space_bits.value_or(39), 48) - 1);
  return power(47) - page;  // x86-64, with and without 5-level paging
}

std::uint64_t log2_of(std::uint64_t page) {
  std::uint64_t bits = 0;
  while ((std::uint64_t{1} << bits) < page) ++bits;
  return bits;
}

// The bits count pages, and their bounds in Kconfig go down with the size of a page.
void set_random(AddressSpace& space, const HostFacts& facts, const Machine& machine) {
  if (facts.randomize_va_space.value_or(2) == 0) return;
  const std::uint64_t page_bits = log2_of(facts.page_size_bytes.value_or(4096));
  const auto bytes = [&](std::uint64_t log2) {
    return std::min(space.window_bytes / 3, std::uint64_t{1} << std::min<std::uint64_t>(log2, 62));
  };
  space.random_most_bytes =
      bytes(facts.mmap_rnd_bits.known() ? *facts.mmap_rnd_bits.value + page_bits
                                        : machine.most_random_bits + 12);
}

std::uint64_t stack_limit(const HostFacts& facts) {
  const auto found = facts.rlimits.find("stack");
  return found == facts.rlimits.end() ? 8 * kMiB : found->second.value_or(kUnlimited);
}

Hole hole(std::uint64_t most, std::uint64_t random) { return {minus(most, random), most}; }

// From below the base down to the program, or to what is left of the window for one that is itself
// loaded at two thirds of it (asm/elf.h ELF_ET_DYN_BASE), which is random too.
void add_holes(AddressSpace& space, bool position_independent, std::uint64_t random_stack,
               bool upwards) {
  const std::uint64_t window = space.window_bytes;
  const std::uint64_t random = space.random_most_bytes;
  const std::uint64_t random_heap = random == 0 ? 0 : kRandomHeap;
  const std::uint64_t base = window - space.stack_gap_bytes;
  const std::uint64_t dynamic = window / 3 * 2;
  const std::uint64_t third = window / 3;
  if (position_independent) {
    const std::uint64_t below = std::min(base, dynamic + random);
    if (!upwards)
      space.holes.push_back({minus(std::min(minus(base, random), dynamic), kProgram), below});
    if (!upwards && base > dynamic)
      space.holes.push_back(hole(base - dynamic, 2 * random + random_heap + kProgram));
    space.holes.push_back({minus(third, random + kProgram), third + random});
  } else {
    if (!upwards) space.holes.push_back(hole(base, random + random_heap + kProgram));
    space.holes.push_back(hole(window - third, random + random_stack + kProgram));
  }
  std::sort(space.holes.begin(), space.holes.end(),
            [](const Hole& a, const Hole& b) { return a.most_bytes > b.most_bytes; });
}

}  // namespace

std::optional<AddressSpace> address_space_of(const HostFacts& facts, bool position_independent) {
  const Machine* machine = machine_of(facts);
  if (machine == nullptr) return std::nullopt;
  AddressSpace space;
  space.window_bytes = window_of(facts);
  set_random(space, facts, *machine);
  const std::uint64_t stack = stack_limit(facts);
  const std::uint64_t random_stack = space.random_most_bytes == 0 ? 0 : machine->random_stack_bytes;
  const std::uint64_t guard = kGuardGap * facts.page_size_bytes.value_or(4096);
  space.stack_gap_bytes = std::clamp(saturating_add(stack, random_stack + guard), kLeastGap,
                                     space.window_bytes / 6 * 5);
  const bool upwards = facts.legacy_va_layout.value_or(0) != 0;
  add_holes(space, position_independent, random_stack, upwards);
  space.layout = position_independent ? "position independent" : "not position independent";
  if (upwards) space.layout += ", mappings grow upwards (vm.legacy_va_layout)";
  if (stack == kUnlimited) space.layout += ", unlimited stack";
  if (space.random_most_bytes == 0) space.layout += ", not randomised";
  return space;
}

Capacity address_space_rule(const Situation& situation, const MemoryState& state,
                            const BlockShape& shape) {
  Capacity capacity;
  const auto space = address_space_of(situation.facts);
  if (!space || shape.mapped_bytes == 0) return capacity;
  capacity.rule = LimitingRule::address_space;
  const std::uint64_t used = minus(state.vsz_bytes, situation.baseline.vsz_bytes);
  const std::uint64_t each = shape.mapped_bytes;
  // The upper and the lower hole overlap where mappings grow both ways, so only the largest is
  // sure.
  const Hole largest = space->holes.front();
  std::uint64_t least = 0;
  std::uint64_t most_blocks = 0;
  for (const Hole& one : space->holes) {
    least = std::max(least, one.least_bytes);
    most_blocks = saturating_add(most_blocks, one.most_bytes / each);
  }
  capacity.surely = minus(least, used) / each;
  capacity.possibly = std::min(most_blocks, minus(space->window_bytes, used) / each);
  capacity.sentence = "the largest hole in the address space of " +
                      format_bytes(space->window_bytes) + " has " + format_bytes(least) + " to " +
                      format_bytes(largest.most_bytes) + " (" + space->layout + ")";
  capacity.arithmetic = {
      {"address space", space->window_bytes, false,
       situation.facts.arch.value_or("") + ", without a hint"},
      {"gap for the stack", space->stack_gap_bytes, false, "stack limit when it was started"},
      {"random, at most", space->random_most_bytes, false,
       situation.facts.mmap_rnd_bits.known() ? situation.facts.mmap_rnd_bits.source
                                             : "the most of any kernel: vm.mmap_rnd_bits not read"},
      {"largest hole, at least", least, false, space->layout},
      {"largest hole, at most", largest.most_bytes, false, space->layout},
      {"used by earlier steps", used, false, "earlier steps"},
      {"each block", each, false, "scenario, rounded to pages"}};
  capacity.open_because = "where the kernel puts things is random";
  capacity.citation = "arch/x86/mm/mmap.c mmap_base, mm/mmap.c vm_unmapped_area";
  return capacity;
}

}  // namespace memqual::oracle
