// SPDX-License-Identifier: Apache-2.0
// The innermost loops, one table of functions per target. They work on runs of elements that lie
// side by side; what a run is a part of is the business of the operations above.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/target.h"

namespace memqual::kernels {

/// How results are stored. `streaming` goes past the caches, which pays where the result is larger
/// than they are and hurts where it is read again soon.
enum class Store { cached, streaming };

/// `rows` runs of `n` elements, whose first ones are so many bytes apart; x, y and to are those of
/// the first row.
struct Runs {
  /// One run: a number of elements says all.
  Runs(std::size_t elements) : n(elements) {}  // NOLINT: implicit
  Runs(std::size_t elements, std::size_t row_count, std::size_t x_bytes, std::size_t y_bytes,
       std::size_t to_bytes)
      : n(elements), rows(row_count), x_stride(x_bytes), y_stride(y_bytes), to_stride(to_bytes) {}

  std::size_t n;
  std::size_t rows = 1;
  std::size_t x_stride = 0;
  std::size_t y_stride = 0;
  std::size_t to_stride = 0;
};

/// Input and output are the same runs or do not overlap. Any alignment; n may be 0.
struct ElementwiseOps {
  void (*copy)(const std::byte* from, std::byte* to, const Runs& bytes, Store store);
  /// Repeats the eight bytes of `word`, from its first byte on.
  void (*fill)(std::byte* to, std::size_t bytes, std::uint64_t word, Store store);
  /// Words first_word, first_word + 1, ... of the random sequence (random.h).
  void (*random_words)(std::uint64_t seed, std::uint64_t first_word, std::uint64_t* to,
                       std::size_t n, Store store);
  void (*random_f64)(std::uint64_t seed, std::uint64_t first_word, double* to, std::size_t n,
                     Store store);
  /// n is even: two elements to a word.
  void (*random_f32)(std::uint64_t seed, std::uint64_t first_word, float* to, std::size_t n,
                     Store store);
  void (*sqrt_f64)(const double* x, double* to, const Runs& runs, Store store);
  void (*sqrt_f32)(const float* x, float* to, const Runs& runs, Store store);
  /// a * x + b, rounded twice.
  void (*scale_offset_f64)(const double* x, double* to, const Runs& runs, double a, double b,
                           Store store);
  void (*scale_offset_f32)(const float* x, float* to, const Runs& runs, float a, float b,
                           Store store);
  void (*scale_offset_i32)(const std::int32_t* x, std::int32_t* to, const Runs& runs,
                           std::int32_t a, std::int32_t b, Store store);
  /// x + a * y, rounded twice.
  void (*triad_f64)(const double* x, const double* y, double* to, const Runs& runs, double a,
                    Store store);
  void (*triad_f32)(const float* x, const float* y, float* to, const Runs& runs, float a,
                    Store store);
  void (*triad_i32)(const std::int32_t* x, const std::int32_t* y, std::int32_t* to,
                    const Runs& runs, std::int32_t a, Store store);
  void (*half_from_f32)(const float* x, std::uint16_t* to, const Runs& runs, Store store);
  void (*f32_from_half)(const std::uint16_t* x, float* to, const Runs& runs, Store store);
  void (*bfloat_from_f32)(const float* x, std::uint16_t* to, const Runs& runs, Store store);
  void (*f32_from_bfloat)(const std::uint16_t* x, float* to, const Runs& runs, Store store);
};

/// The table for a target of built_targets(); null for any other.
const ElementwiseOps* elementwise_ops(Target target);

}  // namespace memqual::kernels
