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
  bool any() const { return memory_max || memory_high || swap_max || oom_group; }
  bool operator==(const CgroupSettings&) const = default;
};

struct Environment {
  OvercommitSettings overcommit;
  std::vector<RlimitSetting> rlimits;  ///< one per resource, in the order of RlimitResource
  CgroupSettings cgroup;
  std::optional<int> oom_score_adj;    ///< -1000..1000; 1000 where unsaid
  std::optional<bool> aslr;            ///< false: ADDR_NO_RANDOMIZE
  std::optional<std::string> user;     ///< run as this user; "unprivileged" picks nobody
  std::optional<std::string> machine;  ///< of the lab, NAME or NAME@KERNEL; unsaid: this host
  std::map<std::string, std::string> variables;  ///< `env:`; these need a fresh process image
  bool operator==(const Environment&) const = default;
};

/// True where the case changes something that other processes see: such a case runs alone.
inline bool is_machine_scope(const Environment& environment) {
  return environment.overcommit.any();
}

std::string_view to_word(OvercommitMode value);
std::string_view to_word(RlimitResource value);

}  // namespace memqual
