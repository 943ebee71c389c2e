// SPDX-License-Identifier: Apache-2.0
// A machine of the lab: what a QEMU guest is made from. Plain values, no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/model/result.h"

namespace memqual {

/// A NUMA node. One without memory or without CPUs is allowed, one without either is not.
struct MachineNode {
  std::uint64_t memory_bytes = 0;  ///< whole MiB
  std::uint32_t cpus = 0;
  /// To every node of the machine, this one included (10); empty: 10 to itself, 20 to the others.
  std::vector<std::uint32_t> distances;
  /// Pages of 2 MiB that are taken out of this node for hugetlb before the first case.
  std::uint64_t huge_pages = 0;
  bool operator==(const MachineNode&) const = default;
};

/// Which hierarchy holds the memory controller in the guest.
enum class MachineCgroup { v2, v1 };

struct Machine {
  std::string name;  ///< [A-Za-z0-9_.-]+, the name of its file
  std::string summary;
  std::vector<MachineNode> nodes;  ///< at least one; one node: no NUMA tables in the guest
  std::uint64_t swap_bytes = 0;    ///< on a disk of its own; 0: none
  /// Memory that is plugged in, and offline until somebody sets it online; whole blocks of 128 MiB.
  std::uint64_t hotplug_bytes = 0;
  std::string kernel = "debian-6.1";  ///< see KernelName
  std::vector<std::string> kernel_arguments;
  bool five_level_paging = false;
  MachineCgroup cgroup = MachineCgroup::v2;
  bool operator==(const Machine&) const = default;
};

std::uint64_t memory_bytes(const Machine& machine);
std::uint32_t cpu_count(const Machine& machine);

/// What is wrong with the values together: no CPU, too little memory to boot, distances that do not
/// fit the nodes. The loader reports each value by itself before.
Status check_machine(const Machine& machine);

/// "128 GiB in 2 nodes, 4 CPUs, swap 8 GiB"
std::string describe_machine(const Machine& machine);

/// What a scenario or the command line calls a machine: NAME or NAME@KERNEL.
struct MachineWord {
  std::string machine;
  std::string kernel;  ///< empty: the machine's own
  bool operator==(const MachineWord&) const = default;
};
/// Errors: an empty part, characters that no name has.
Result<MachineWord> parse_machine_word(const std::string& text);
std::string to_string(const MachineWord& word);

}  // namespace memqual
