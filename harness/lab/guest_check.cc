// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/lab/guest.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

// Kernel image, initramfs and tables of a guest's kernel, beside its page structures: 90 to 190 MiB
// measured with 5.10, 6.1 and 6.12.
constexpr std::uint64_t kKernelTakes = 256 * kMiB;

}  // namespace

std::uint64_t boot_limit_ms(const Machine& machine) {
  return 120000 + memory_bytes(machine) / kGiB * 300;
}

std::string missing_from(const HostFacts& facts, const Machine& machine) {
  const std::uint64_t promised = memory_bytes(machine);
  const std::uint64_t has = facts.mem_total_bytes.value_or(0);
  if (has + promised / 64 + std::min(kKernelTakes, promised / 2) < promised)
    return format_bytes(has) + " of memory where " + format_bytes(promised) + " were promised";
  // The header page of a swap area is not part of it.
  const std::uint64_t swap = facts.swap_total_bytes.value_or(0);
  if (swap + kMiB < machine.swap_bytes)
    return format_bytes(swap) + " of swap where " + format_bytes(machine.swap_bytes) +
           " were promised";
  if (machine.nodes.size() > 1 && facts.numa_nodes.size() < machine.nodes.size())
    return std::to_string(facts.numa_nodes.size()) + " NUMA nodes where " +
           std::to_string(machine.nodes.size()) + " were promised";
  return "";
}

}  // namespace memqual
