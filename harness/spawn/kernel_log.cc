// SPDX-License-Identifier: Apache-2.0
#include "harness/spawn/kernel_log.h"

#include <array>

#include "scenarios/model/refusal.h"

namespace memqual {

bool names_process(std::string_view line, std::int64_t pid) {
  if (pid <= 0) return false;  // not known; and 0 is the kernel's own idle task
  const std::string number = std::to_string(pid);
  constexpr std::array<std::string_view, 4> kPrefixes{"pid: ", "pid:", "pid=", "process "};
  for (const std::string_view prefix : kPrefixes) {
    const std::string wanted = std::string(prefix) + number;
    for (std::size_t at = line.find(wanted); at != std::string_view::npos;
         at = line.find(wanted, at + 1)) {
      const std::size_t end = at + wanted.size();
      if (end == line.size() || line[end] < '0' || line[end] > '9') return true;
    }
  }
  return line.find("(" + number + "): VmData") != std::string_view::npos;
}

bool is_about_a_probe(std::string_view line) {
  return line.find(kProbeThreadName) != std::string_view::npos;
}

}  // namespace memqual
