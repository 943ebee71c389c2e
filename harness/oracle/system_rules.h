// SPDX-License-Identifier: Apache-2.0
// Where operating systems differ. Which rules hold is decided by the host that the facts describe,
// not by the system that this program was built for.
#pragma once

#include <string>
#include <vector>

#include "harness/oracle/capacity.h"
#include "harness/oracle/memory_state.h"
#include "harness/oracle/touch_rules.h"

namespace memqual::oracle {

/// The questions that the model asks of an operating system. Every function is pure.
struct SystemRules {
  const char* completes;  ///< why a workload completes where nothing limits it, in words
  /// What a process owns before its first step; `given` is that of memqual-child on Linux.
  ProcessBaseline (*baseline)(const HostFacts& facts, ProcessBaseline given);
  /// One block of a request as the system sees it. The threshold is glibc's.
  BlockShape (*shape)(const Allocate& request, const HostFacts& facts,
                      std::uint64_t mmap_threshold_bytes);
  /// Every rule about `request.count` blocks, in the system's order of checks.
  std::vector<Capacity> (*allocation)(const Situation& situation, const MemoryState& state,
                                      const Allocate& request, const BlockShape& shape);
  /// What is promised to the memory that a call makes writable, or copies, by `charge_bytes`.
  Capacity (*charge)(const Situation& situation, const MemoryState& state,
                     std::uint64_t charge_bytes);
  /// RLIMIT_DATA about `data_bytes` more.
  Capacity (*data)(const Situation& situation, const MemoryState& state, std::uint64_t data_bytes);
  /// RLIMIT_MEMLOCK about the blocks of `set`.
  Capacity (*lock)(const Situation& situation, const MemoryState& state, const BlockSet& set);
  /// What holds the resident pages, and whether `least..most` of them fit: see residency_rule().
  MemoryLimit (*limit)(const Situation& situation);
  Capacity (*residency)(const Situation& situation, std::uint64_t least_bytes,
                        std::uint64_t most_bytes);
  /// True where mprotect to read-only gives back the charge of what was never written.
  bool (*takes_charge_back)(const HostFacts& facts);
  /// Settings of the situation that this system does not have or that are outside the model, in
  /// words; and the same for a step: empty where it is inside.
  std::vector<std::string> (*settings_left_out)(const Situation& situation);
  std::string (*step_left_out)(const WorkloadStep& step);
  /// What posix_spawn maps at least for the new process, up to twice as much; 0: nothing.
  std::uint64_t spawn_stack_bytes = 0;
};

/// Linux where the facts do not name their system.
const SystemRules& rules_of(const HostFacts& facts);

const SystemRules& linux_rules();
/// gVisor: a kernel of its own in user space, inside which Linux's settings are shown and not used.
const SystemRules& gvisor_rules();
const SystemRules& macos_rules();
const SystemRules& windows_rules();

}  // namespace memqual::oracle
