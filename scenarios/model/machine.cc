// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/machine.h"

#include "scenarios/model/bytes.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

// A Debian kernel with this program in its first file system needs about 120 MiB.
constexpr std::uint64_t kLeastMemory = 256 * kMiB;
// MIN_MEMORY_BLOCK_SIZE of x86-64 (arch/x86/mm/init_64.c); large machines have larger blocks.
constexpr std::uint64_t kMemoryBlock = 128 * kMiB;
// What numa_distance of the kernel takes: 10 is local, 255 unreachable (include/linux/topology.h).
constexpr std::uint32_t kLocalDistance = 10;
constexpr std::uint32_t kMostDistance = 254;

Status check_distances(const Machine& machine, std::size_t node) {
  const std::vector<std::uint32_t>& distances = machine.nodes[node].distances;
  const std::string what = "node " + std::to_string(node) + ": ";
  if (distances.empty()) return done();
  if (distances.size() != machine.nodes.size())
    return Error{what + std::to_string(distances.size()) + " distances for " +
                     std::to_string(machine.nodes.size()) + " nodes",
                 "write one to each node, its own (10) included"};
  for (std::size_t to = 0; to < distances.size(); ++to) {
    const std::uint32_t distance = distances[to];
    if ((to == node) == (distance == kLocalDistance) && distance >= kLocalDistance &&
        distance <= kMostDistance)
      continue;
    return Error{what + "distance " + std::to_string(distance) + " to node " + std::to_string(to),
                 "10 to itself, 11 to 254 to others"};
  }
  return done();
}

bool is_word(const std::string& text) {
  if (text.empty() || text.front() == '.' || text.front() == '-') return false;
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
         std::string::npos;
}

}  // namespace

std::uint64_t memory_bytes(const Machine& machine) {
  std::uint64_t sum = 0;
  for (const MachineNode& node : machine.nodes) sum += node.memory_bytes;
  return sum;
}

std::uint32_t cpu_count(const Machine& machine) {
  std::uint32_t sum = 0;
  for (const MachineNode& node : machine.nodes) sum += node.cpus;
  return sum;
}

Status check_machine(const Machine& machine) {
  if (machine.nodes.empty()) return Error{"the machine has no node", "write nodes, or memory"};
  if (cpu_count(machine) == 0) return Error{"no node has a CPU", "give one node cpus: 1"};
  if (memory_bytes(machine) < kLeastMemory)
    return Error{format_bytes(memory_bytes(machine)) + " of memory cannot boot a kernel",
                 "at least " + format_bytes(kLeastMemory)};
  if (machine.hotplug_bytes % kMemoryBlock != 0)
    return Error{"hotplug: " + format_bytes(machine.hotplug_bytes) + " is not in whole blocks",
                 "memory comes in blocks of " + format_bytes(kMemoryBlock)};
  for (std::size_t i = 0; i < machine.nodes.size(); ++i) {
    const MachineNode& node = machine.nodes[i];
    if (node.memory_bytes == 0 && node.cpus == 0)
      return Error{"node " + std::to_string(i) + " has neither memory nor CPUs", "leave it out"};
    if (node.memory_bytes % kMiB != 0)
      return Error{"node " + std::to_string(i) + ": memory is not a whole number of MiB", ""};
    if (node.huge_pages * 2 * kMiB > node.memory_bytes)
      return Error{"node " + std::to_string(i) + ": huge_pages take more than the node has", ""};
    if (Status status = check_distances(machine, i); !status) return status;
  }
  return done();
}

std::string describe_machine(const Machine& machine) {
  std::string text = format_bytes(memory_bytes(machine));
  if (machine.nodes.size() > 1) text += " in " + std::to_string(machine.nodes.size()) + " nodes";
  const std::uint32_t cpus = cpu_count(machine);
  text += ", " + std::to_string(cpus) + (cpus == 1 ? " CPU" : " CPUs");
  text += machine.swap_bytes > 0 ? ", swap " + format_bytes(machine.swap_bytes) : ", no swap";
  if (machine.hotplug_bytes > 0) text += ", " + format_bytes(machine.hotplug_bytes) + " offline";
  if (machine.cgroup == MachineCgroup::v1) text += ", cgroup v1";
  if (machine.five_level_paging) text += ", 5-level paging";
  return text;
}

Result<MachineWord> parse_machine_word(const std::string& text) {
  const std::size_t at = text.find('@');
  MachineWord word{text.substr(0, at), at == std::string::npos ? "" : text.substr(at + 1)};
  if (is_word(word.machine) && (at == std::string::npos || is_word(word.kernel))) return word;
  return Error{in_quotes(text) + " names no machine",
               "write a name of `memqual lab list`, with another kernel as NAME@debian-5.10"};
}

std::string to_string(const MachineWord& word) {
  return word.kernel.empty() ? word.machine : word.machine + "@" + word.kernel;
}

}  // namespace memqual
