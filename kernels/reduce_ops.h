// SPDX-License-Identifier: Apache-2.0
// The innermost loops of sums, extremes and checksums: one table of functions per target.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/target.h"

namespace memqual::kernels {

/// Elements whose sum has a fixed shape. Element i of a unit is added, in the order of i, to lane
/// i % 32, which starts at +0; then lanes 16..31 are added to 0..15, 8..15 to 0..7, and so on.
inline constexpr std::size_t kSumUnit = 256;

enum class Reduce { sum, sum_of_squares, summary };

/// Only ever widened. A NaN does not take part: the sums show it.
struct Extremes {
  double least;
  double most;
};

/// n elements that begin at a unit's first; writes ceil(n / kSumUnit) sums and widens *extremes
/// (summary only). Every element is converted to double first.
struct ReducePerElement {
  void (*f64)(const double* x, std::size_t n, double* sums, Extremes* extremes);
  void (*f32)(const float* x, std::size_t n, double* sums, Extremes* extremes);
  void (*f16)(const std::uint16_t* x, std::size_t n, double* sums, Extremes* extremes);
  void (*bf16)(const std::uint16_t* x, std::size_t n, double* sums, Extremes* extremes);
  void (*i32)(const std::int32_t* x, std::size_t n, double* sums, Extremes* extremes);
  void (*u8)(const std::uint8_t* x, std::size_t n, double* sums, Extremes* extremes);
};

inline constexpr std::uint64_t kChecksumStep = 0xD1342543DE82EF95ull;

/// What word number `index` adds to a checksum.
constexpr std::uint64_t checksum_word(std::uint64_t word, std::uint64_t index) {
  const std::uint64_t masked = word ^ (index + 1) * kChecksumStep;
  return (masked & 0xFFFFFFFFull) * (masked >> 32) + (word << 32 | word >> 32);
}

struct ReduceOps {
  ReducePerElement sum;
  ReducePerElement sum_of_squares;
  ReducePerElement summary;
  /// The sum, modulo 2^64, of checksum_word over `words` words of eight bytes.
  std::uint64_t (*checksum)(const std::byte* bytes, std::size_t words, std::uint64_t first_word);
};

/// The table for a target of built_targets(); null for any other.
const ReduceOps* reduce_ops(Target target);

}  // namespace memqual::kernels
