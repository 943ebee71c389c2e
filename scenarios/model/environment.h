// SPDX-License-Identifier: Apache-2.0
// The settings a case runs under. An empty optional means: as the host has it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/bytes.h"

namespace memqual {

/// vm.overcommit_memory. The values are the kernel's (include/uapi/linux/mman.h).
enum class OvercommitMode : std::uint8_t { heuristic = 0, always = 1, never = 2 };

/// System-wide: changing any of these changes every process on the host.
struct OvercommitSettings {
  std::optional<OvercommitMode> memory;
  std::optional<std::uint64_t> ratio;   ///< percent; excludes kbytes
  std::optional<std::uint64_t> kbytes;  ///< excludes ratio
  bool any() const { return memory || ratio || kbytes; }
  bool operator==(const OvercommitSettings&) const = default;
};

enum class RlimitResource { address_space, data, stack, memlock, core, nproc, nofile };

struct RlimitSetting {
  RlimitResource resource = RlimitResource::address_space;
  bool unlimited = false;
  Size value;  ///< bytes; a plain count for nproc and nofile. Sets soft and hard limit.
  bool beyond_own_use = false;  ///< `own_use + value`: on top of what the process has itself
  bool operator==(const RlimitSetting&) const = default;
};

struct CgroupSettings {
  std::optional<Size> memory_max;
  std::optional<Size> memory_high;  ///< v2 only
  std::optional<Size> swap_max;     ///< v1: memory.memsw.limit_in_bytes = memory_max + swap_max
  std::optional<bool> oom_group;    ///< v2 only
  std::vector<std::uint32_t> cpuset_mems;  ///< NUMA nodes it may use; empty: as the host has it
  bool any() const {
    return memory_max || memory_high || swap_max || oom_group || !cpuset_mems.empty();
  }
  bool operator==(const CgroupSettings&) const = default;
};

/// set_mempolicy(2): from which nodes the pages of the case come.
enum class NumaPolicy {
  default_,    ///< "default" in YAML: the node of the processor that touches
  bind,        ///< these nodes and no others
  preferred,   ///< this node, others where it is full
  interleave,  ///< these nodes in turn
  local,       ///< the node of the processor that touches, whatever was inherited
};

struct NumaSettings {
  std::optional<NumaPolicy> policy;
  std::vector<std::uint32_t> nodes;  ///< of bind, preferred (one) and interleave
  bool each_node = false;            ///< `nodes: each`: one case for every node with memory
  bool any() const { return policy.has_value(); }
  bool operator==(const NumaSettings&) const = default;
};

/// sched_setaffinity(2). At most one of the two says something.
struct CpuSettings {
  std::vector<std::uint32_t> cpus;
  std::optional<std::uint32_t> of_node;  ///< all processors of this NUMA node
  bool any() const { return !cpus.empty() || of_node; }
  bool operator==(const CpuSettings&) const = default;
};

enum class ThpMode { always, madvise, never };
/// What a fault does for a huge page that is not at hand. "defer+madvise" is one word of the
/// kernel.
enum class ThpDefrag { always, defer, defer_madvise, madvise, never };

/// A pool of reserved huge pages, set for the case: exactly so many.
struct HugetlbSettings {
  std::uint64_t pages = 0;
  std::optional<Size> size;           ///< of a page; the default size where unsaid
  std::optional<std::uint32_t> node;  ///< of this NUMA node only; of all where unsaid
  bool operator==(const HugetlbSettings&) const = default;
};

enum class SwapOn { file, zram };

/// Swap space that is made for the case, on top of what the host has.
struct SwapSettings {
  Size size;
  SwapOn on = SwapOn::file;
  bool operator==(const SwapSettings&) const = default;
};

/// System-wide, like OvercommitSettings.
struct MachineSettings {
  std::optional<std::uint64_t> max_map_count;
  std::optional<std::uint64_t> swappiness;
  std::optional<ThpMode> thp;
  std::optional<ThpDefrag> thp_defrag;
  std::optional<HugetlbSettings> hugetlb;
  std::optional<SwapSettings> swap;
  std::optional<bool> zswap;  ///< a compressed cache before the swap space
  bool any() const {
    return max_map_count || swappiness || thp || thp_defrag || hugetlb || swap || zswap;
  }
  bool operator==(const MachineSettings&) const = default;
};

struct Environment {
  OvercommitSettings overcommit;
  MachineSettings machine_settings;
  std::vector<RlimitSetting> rlimits;  ///< one per resource, in the order of RlimitResource
  CgroupSettings cgroup;
  NumaSettings numa;
  CpuSettings cpus;
  std::optional<int> oom_score_adj;    ///< -1000..1000; 1000 where unsaid
  std::optional<bool> aslr;            ///< false: ADDR_NO_RANDOMIZE
  std::optional<std::string> user;     ///< run as this user; "unprivileged" picks nobody
  std::optional<std::string> machine;  ///< of the lab, NAME or NAME@KERNEL; unsaid: this host
  /// Root of a user namespace of its own, which is nobody outside of it.
  bool namespace_root = false;
  std::map<std::string, std::string> variables;  ///< `env:`; these need a fresh process image
  bool operator==(const Environment&) const = default;
};

/// True where the case changes something that other processes see: such a case runs alone.
inline bool is_machine_scope(const Environment& environment) {
  return environment.overcommit.any() || environment.machine_settings.any();
}

std::string_view to_word(OvercommitMode value);
std::string_view to_word(RlimitResource value);
std::string_view to_word(NumaPolicy value);
std::string_view to_word(ThpMode value);
std::string_view to_word(ThpDefrag value);
std::string_view to_word(SwapOn value);

}  // namespace memqual
