// SPDX-License-Identifier: Apache-2.0
// The kernel's own words about a case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace memqual {

/// Reads /dev/kmsg from the moment it was opened or last read. Where it may not be read there is no
/// evidence, which is not evidence of absence.
class KernelLog {
 public:
  KernelLog();
  ~KernelLog();
  KernelLog(const KernelLog&) = delete;
  KernelLog& operator=(const KernelLog&) = delete;

  bool readable() const { return fd_ >= 0; }
  /// Forgets everything logged so far.
  void skip_to_now();
  /// Messages since the last call that name one of `pids` as a whole number and are not about a
  /// probe, at most 20.
  std::vector<std::string> lines_about(const std::vector<std::int64_t>& pids);

 private:
  int fd_ = -1;
};

/// True where the line is about a question that the case asked after a refusal (scenarios/model/
/// refusal.h), and so about nothing that its workload did.
bool is_about_a_probe(std::string_view line);

/// True where `line` contains `pid` as a whole number that the kernel printed as a process id
/// ("pid: 17", "pid=17", "process 17", and "(17): VmData" of RLIMIT_DATA).
bool names_process(std::string_view line, std::int64_t pid);

}  // namespace memqual
