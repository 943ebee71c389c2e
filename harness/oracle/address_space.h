// SPDX-License-Identifier: Apache-2.0
// Where mappings may lie, and the holes between what is there already. Linux.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/oracle/capacity.h"
#include "harness/oracle/memory_state.h"

namespace memqual::oracle {

/// The room between two things that are mapped before a program begins. What is random makes the
/// band.
struct Hole {
  std::uint64_t least_bytes = 0;
  std::uint64_t most_bytes = 0;
};

/// Where Linux puts mappings on a 64-bit machine without a hint.
struct AddressSpace {
  std::uint64_t window_bytes = 0;       ///< mappings lie below, however many bits the CPU has
  std::uint64_t random_most_bytes = 0;  ///< by how much mmap's base is moved down at most
  std::uint64_t stack_gap_bytes = 0;    ///< kept for the stack below the window's end
  std::vector<Hole> holes;              ///< the larger ones first
  std::string layout;                   ///< in words: "not position independent, ..."
};

/// nullopt for machines whose address space is not modelled. `position_independent` is a property
/// of the program: memqual-child is not (a static ET_EXEC), most others are. The stack limit that
/// counts is the one in force when the program was started.
std::optional<AddressSpace> address_space_of(const HostFacts& facts,
                                             bool position_independent = false);

/// mm/mmap.c vm_unmapped_area about blocks of `shape`: is there a hole for each?
Capacity address_space_rule(const Situation& situation, const MemoryState& state,
                            const BlockShape& shape);

}  // namespace memqual::oracle
