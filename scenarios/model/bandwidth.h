// SPDX-License-Identifier: Apache-2.0
// How fast a machine moves memory: what a step asks for, and what it found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/bytes.h"

namespace memqual {

enum class BandwidthOperation {
  read,             ///< every byte of an array
  write,            ///< through the caches, which read a line before they write it
  nt_write,         ///< past the caches
  copy,             ///< one array to another, the fastest way we know
  triad,            ///< c = a + x * b
  page_fault,       ///< first touch of base pages
  huge_page_fault,  ///< first touch of memory for which huge pages were asked by madvise
};
std::string_view to_word(BandwidthOperation value);
/// True for the two that touch fresh memory; the others stream through arrays.
bool is_fault(BandwidthOperation operation);
/// Arrays that an operation reads and writes, each counted once: 1, 2 (copy) or 3 (triad).
std::uint64_t arrays_of(BandwidthOperation operation);

/// Which pages the kernel is asked for; it may give others.
enum class PageChoice { base, huge };
std::string_view to_word(PageChoice value);

/// A step: measures what the machine can do, each operation with each number of threads.
struct Bandwidth {
  std::vector<BandwidthOperation> operations = {
      BandwidthOperation::read, BandwidthOperation::write, BandwidthOperation::nt_write,
      BandwidthOperation::copy, BandwidthOperation::triad};
  Size size = Size::of_bytes(256 * kMiB);    ///< of one array; rounded up to whole pages
  std::vector<std::uint32_t> threads = {1};  ///< each 1..1024
  std::uint32_t rounds = 5;                  ///< of which the median counts; one more warms up
  PageChoice pages = PageChoice::huge;       ///< of the arrays
  /// Threads run on these in turn; empty: on those that the process may use.
  std::vector<std::uint32_t> cpus = {};
  std::optional<std::uint32_t> memory_node = {};  ///< NUMA node that the arrays lie on
  bool operator==(const Bandwidth&) const = default;
};

/// Arrays of `size` that are resident at the peak: as many as the greediest operation streams
/// through (read and write 1, copy 2, triad 3), and one more where faults are measured.
std::uint64_t bandwidth_arrays(const Bandwidth& step);
/// "0-3,8" -> 0, 1, 2, 3, 8; empty where that is no list of CPUs. At most 4096 of them.
std::vector<std::uint32_t> cpus_of_list(std::string_view list);
/// The other way round, of ascending CPUs.
std::string list_of_cpus(const std::vector<std::uint32_t>& cpus);

/// What an array occupies beside its size, so that it can begin at a huge page.
inline constexpr std::uint64_t kArraySpareBytes = 2 * kMiB;

/// What one operation reached with one number of threads.
struct BandwidthFigure {
  BandwidthOperation operation = BandwidthOperation::read;
  std::uint32_t threads = 1;
  std::string way;                ///< the fastest of the ways that were tried: "memcpy"
  std::uint64_t moved_bytes = 0;  ///< read and written in one round
  std::uint32_t rounds = 0;
  std::uint64_t median_ns = 0;  ///< of one round
  std::uint64_t least_ns = 0;
  std::uint64_t most_ns = 0;
  std::uint64_t faults = 0;          ///< of one round; faults only
  std::uint64_t first_ns = 0;        ///< first touch, before any memory was recycled; faults only
  std::uint32_t pinned_threads = 0;  ///< that kept to a CPU of their own
  bool operator==(const BandwidthFigure&) const = default;

  /// 0 where nothing was measured.
  double bytes_per_second() const;
};

/// The figure for an operation and a number of threads; nullptr where there is none.
const BandwidthFigure* find_figure(const std::vector<BandwidthFigure>& figures,
                                   BandwidthOperation operation, std::uint32_t threads);

/// How many times as fast two threads copy as one; nothing where that was not measured. Memory
/// that one core cannot saturate gives about 1.9.
std::optional<double> thread_control(const std::vector<BandwidthFigure>& figures);
/// Below it, figures of more than one thread say more about other work on the machine, or about two
/// hardware threads of one core, than about memory.
inline constexpr double kLeastThreadControl = 1.7;
/// Above it, one thread was disturbed more than two.
inline constexpr double kMostThreadControl = 2.3;
inline bool control_is_off(double control) {
  return control < kLeastThreadControl || control > kMostThreadControl;
}

}  // namespace memqual
