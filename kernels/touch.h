// SPDX-License-Identifier: Apache-2.0
// First touch and read-back of memory: what turns granted address space into a resident set.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace memqual::kernels {

/// What to touch: one 64-bit value at the start of every `stride` bytes of [begin, begin + bytes).
struct TouchRange {
  std::byte* begin = nullptr;  ///< not owned; 8-byte aligned
  std::size_t bytes = 0;
  std::size_t stride = 4096;  ///< > 0, a multiple of 8
  std::uint64_t pattern = 1;  ///< seed; equal seeds write equal values at equal offsets
};

/// Writes a value that differs from place to place, so that neither page merging nor compression
/// makes the memory cheaper than real data. `progress` grows by `stride` (the last one by what is
/// left) as each place is written, so an observer sees how far a killed process got; it may be
/// null.
void touch_write(const TouchRange& range, std::atomic<std::uint64_t>* progress);

/// Reads every place. Returns a sum of what was read, so that the reads cannot be removed.
std::uint64_t touch_read(const TouchRange& range, std::atomic<std::uint64_t>* progress);

/// The same with `threads` threads (>= 1) over equal contiguous parts. Throws std::system_error,
/// before anything is touched, where a thread cannot be made.
void touch_write_threads(const TouchRange& range, unsigned threads,
                         std::atomic<std::uint64_t>* progress);
std::uint64_t touch_read_threads(const TouchRange& range, unsigned threads,
                                 std::atomic<std::uint64_t>* progress);

/// Offset of the first place that does not hold what touch_write wrote; `range.bytes` if all do.
std::size_t find_difference(const TouchRange& range);

}  // namespace memqual::kernels
