// SPDX-License-Identifier: Apache-2.0
// What a process can read about its own memory.
#pragma once

#include <cstdint>

namespace memqual::child {

struct MemoryNow {
  std::uint64_t rss_bytes = 0;
  std::uint64_t vsz_bytes = 0;
};

struct MemoryFinal {
  std::uint64_t rss_peak_bytes = 0;  ///< VmHWM: per address space, so clean of any parent
  std::uint64_t rss_bytes = 0;
  std::uint64_t vsz_peak_bytes = 0;  ///< VmPeak
  std::uint64_t vsz_bytes = 0;
  std::uint64_t page_tables_bytes = 0;  ///< VmPTE
  std::uint64_t swap_bytes = 0;         ///< VmSwap
};

/// What the process owns before its first step.
struct MemoryStart {
  std::uint64_t rss_bytes = 0;
  std::uint64_t vsz_bytes = 0;     ///< what RLIMIT_AS counts
  std::uint64_t data_bytes = 0;    ///< VmData: what RLIMIT_DATA counts
  std::uint64_t locked_bytes = 0;  ///< VmLck
  std::uint64_t map_count = 0;     ///< what vm.max_map_count counts
};

/// Keeps the files open: they must stay readable under a descriptor limit of zero and after the
/// user has changed. Uses no heap.
class SelfStats {
 public:
  SelfStats();
  ~SelfStats();
  SelfStats(const SelfStats&) = delete;
  SelfStats& operator=(const SelfStats&) = delete;
  /// All zero where the system does not tell.
  MemoryNow now() const;
  std::uint64_t data_bytes() const;  ///< VmData
  /// Once: the list of mappings is read to its end.
  MemoryStart start() const;
  MemoryFinal final_state() const;

 private:
  int statm_ = -1;
  int status_ = -1;
  int maps_ = -1;
};

}  // namespace memqual::child
