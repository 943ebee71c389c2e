// SPDX-License-Identifier: Apache-2.0
// What a guest is told before it boots: a JSON file in its initramfs. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/loadline/load_line_cases.h"
#include "scenarios/model/machine.h"
#include "scenarios/model/result.h"

namespace memqual {

inline constexpr int kLabProtocol = 1;

/// Where the guest's cases come from. They travel as what they were made from, and are made again:
/// the loader is in the guest too, and a case's id says whether it is the same.
struct LabSources {
  std::vector<std::string> paths;  ///< scenario files and folders
  std::map<std::string, std::string> variables;
  std::optional<LoadLineQuestion> question;  ///< of `loadline`, instead of paths
  std::vector<MachineWord> machines;         ///< see place_on()
};

struct LabJob {
  int protocol = kLabProtocol;
  std::string run_id;
  LabSources sources;  ///< paths as they are in the guest
  bool swap = false;   ///< there is a disk for it
  MachineCgroup cgroup = MachineCgroup::v2;
  std::vector<std::uint64_t> huge_pages;  ///< of 2 MiB, to take from each node
  /// What cases may make resident together on the host's account; 0: all that the guest has.
  std::uint64_t touch_budget_bytes = 0;
  std::uint32_t time_scale = 1;  ///< an emulated CPU needs so many times longer
};

std::string encode_lab_job(const LabJob& job);
/// Errors: not JSON, a field missing, another protocol.
Result<LabJob> decode_lab_job(std::string_view json);

}  // namespace memqual
