// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <optional>

#include "fixtures/proc_reader.h"
#include "harness/lab/guest.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

// What the kernel keeps for itself and does not show in MemTotal: page structures, 1/64; its image
// and tables, 28 to 40 MiB as measured with 5.10, 6.1 and 6.12 on 256 MiB to 384 GiB; hash tables,
// 1/512 of a machine without nodes; and, with memory above 4 GiB (q35 puts there what is more than
// 2 GiB), 64 MiB for devices that cannot reach it (kernel/dma/swiotlb.c).
constexpr std::uint64_t kPageStructShare = 4096 / 64;
constexpr std::uint64_t kKernelTakes = 64 * kMiB;
constexpr std::uint64_t kTablesShare = 400;
constexpr std::uint64_t kLowMemory = 2 * kGiB;
constexpr std::uint64_t kBounceBuffers = 64 * kMiB;
constexpr std::string_view kDebian = "debian-";
constexpr std::uint32_t kLocal = 10;
constexpr std::uint32_t kRemote = 20;

std::string promised(const std::string& has, const std::string& wanted) {
  return has + " where " + wanted + " were promised";
}

std::string number(const std::optional<std::uint64_t>& value, const std::string& what) {
  return value ? std::to_string(*value) + " " + what : "an unknown number of " + what;
}

// Memory that can be plugged in lies above 4 GiB too.
bool may_exceed_low_memory(const Machine& machine) {
  return memory_bytes(machine) > kLowMemory || machine.hotplug_bytes > 0;
}

/// `has` is MemTotal, of the machine or of one of its nodes, which has `wanted`.
bool is_memory_of(std::uint64_t has, std::uint64_t wanted, const Machine& machine) {
  const std::uint64_t taken = wanted / kPageStructShare + wanted / kTablesShare + kKernelTakes +
                              (may_exceed_low_memory(machine) ? kBounceBuffers : 0);
  return has <= wanted && has + taken >= wanted;
}

std::uint32_t distance(const Machine& machine, std::size_t from, std::size_t to) {
  const std::vector<std::uint32_t>& distances = machine.nodes[from].distances;
  if (!distances.empty()) return distances[to];
  return from == to ? kLocal : kRemote;
}

std::string distances_differ(const HostFacts& facts, const Machine& machine, std::size_t from) {
  const std::vector<std::uint64_t>& distances = facts.numa_nodes[from].distances;
  for (std::size_t to = 0; to < machine.nodes.size(); ++to) {
    const std::uint32_t wanted = distance(machine, from, to);
    if (to < distances.size() && distances[to] == wanted) continue;
    return promised(
        "a distance of " +
            (to < distances.size() ? std::to_string(distances[to]) : std::string("unknown size")) +
            " from node " + std::to_string(from) + " to node " + std::to_string(to),
        std::to_string(wanted));
  }
  return "";
}

std::string nodes_differ(const HostFacts& facts, const Machine& machine) {
  if (machine.nodes.size() < 2 && facts.numa_nodes.size() < 2) return "";
  if (facts.numa_nodes.size() != machine.nodes.size())
    return promised(std::to_string(facts.numa_nodes.size()) + " NUMA nodes",
                    std::to_string(machine.nodes.size()));
  for (std::size_t i = 0; i < machine.nodes.size(); ++i) {
    const NumaNodeFacts& node = facts.numa_nodes[i];
    const MachineNode& wanted = machine.nodes[i];
    const std::string name = "node " + std::to_string(i);
    if (node.id != i) return name + " missing";
    if (!is_memory_of(node.memory_bytes, wanted.memory_bytes, machine))
      return promised(name + " with " + format_bytes(node.memory_bytes) + " of memory",
                      format_bytes(wanted.memory_bytes));
    const std::uint64_t cpus = node.cpus.empty() ? 0 : count_of_list(node.cpus).value_or(0);
    if (cpus != wanted.cpus)
      return promised(name + " with " + std::to_string(cpus) + " CPUs",
                      std::to_string(wanted.cpus));
    if (std::string other = distances_differ(facts, machine, i); !other.empty()) return other;
  }
  return "";
}

/// "debian-5.10" -> 5010, as HostFacts::kernel_version.
std::optional<std::uint64_t> version_of(std::string_view kernel_name) {
  if (!kernel_name.starts_with(kDebian)) return std::nullopt;
  kernel_name.remove_prefix(kDebian.size());
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  const char* const end = kernel_name.data() + kernel_name.size();
  const auto first = std::from_chars(kernel_name.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, minor);
  if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
  return 1000 * major + minor;
}

std::string kernel_differs(const HostFacts& facts, const std::string& kernel_name) {
  const std::optional<std::uint64_t> wanted = version_of(kernel_name);
  if (!wanted || facts.kernel_version.value == wanted) return "";
  return "the kernel " + facts.kernel_release.value_or("of an unknown version") + " where " +
         kernel_name + " was promised";
}

}  // namespace

std::uint64_t boot_limit_ms(const Machine& machine) {
  return 120000 + memory_bytes(machine) / kGiB * 300;
}

std::string differs_from(const HostFacts& facts, const Machine& machine,
                         const std::string& kernel_name) {
  const std::uint64_t memory = facts.mem_total_bytes.value_or(0);
  if (!is_memory_of(memory, memory_bytes(machine), machine))
    return promised(format_bytes(memory) + " of memory", format_bytes(memory_bytes(machine)));
  // The header page of a swap area is not part of it.
  const std::uint64_t swap = facts.swap_total_bytes.value_or(0);
  if (swap > machine.swap_bytes || swap + kMiB < machine.swap_bytes)
    return promised(format_bytes(swap) + " of swap", format_bytes(machine.swap_bytes));
  if (facts.cpus.value_or(0) != cpu_count(machine))
    return promised(number(facts.cpus.value, "CPUs"), std::to_string(cpu_count(machine)));
  if (std::string other = nodes_differ(facts, machine); !other.empty()) return other;
  const std::string cgroup = machine.cgroup == MachineCgroup::v1 ? "v1" : "v2";
  if (facts.cgroup_version.value_or("") != cgroup)
    return "control groups of version " + facts.cgroup_version.value_or("unknown") + " where " +
           cgroup + " was promised";
  const std::uint64_t bits = machine.five_level_paging ? 57 : 48;
  if (facts.address_space_bits.value_or(0) != bits)
    return promised(number(facts.address_space_bits.value, "bits of address"),
                    std::to_string(bits));
  return kernel_differs(facts, kernel_name);
}

}  // namespace memqual
