// SPDX-License-Identifier: Apache-2.0
// The random sequence: word w of a seed is SplitMix64's output number w, computed from w alone, so
// every way of cutting an array, and every number of threads, writes the same values.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/element.h"

namespace memqual::kernels {

inline constexpr std::uint64_t kRandomStep = 0x9E3779B97F4A7C15ull;

/// Word `index` (from 0) of the sequence of `seed`.
constexpr std::uint64_t random_word(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t x = seed + (index + 1) * kRandomStep;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

/// How many elements one word makes: as many as fit into its eight bytes, the low bytes first.
constexpr std::size_t elements_per_word(Element element) { return 8 / element_size(element); }

/// Uniform in [0, 1), a multiple of 2^-52.
constexpr double random_f64(std::uint64_t word) {
  return std::bit_cast<double>(word >> 12 | 0x3FF0000000000000ull) - 1.0;
}
/// Uniform in [0, 1), a multiple of 2^-23.
constexpr float random_f32(std::uint32_t half_word) {
  return std::bit_cast<float>(half_word >> 9 | 0x3F800000u) - 1.0f;
}
/// Uniform in [0, 1), a multiple of 2^-10 (2^-7 for bfloat16), which both hold exactly.
constexpr float random_f16(std::uint16_t bits) { return static_cast<float>(bits >> 6) * 0x1p-10f; }
constexpr float random_bf16(std::uint16_t bits) { return static_cast<float>(bits >> 9) * 0x1p-7f; }

}  // namespace memqual::kernels
