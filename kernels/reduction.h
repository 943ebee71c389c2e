// SPDX-License-Identifier: Apache-2.0
// Sums, extremes and checksums of an array that arrives in parts: in any order, cut in any way that
// respects the unit of a sum, by any number of threads; the result has the same bits.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/result.h"
#include "kernels/view.h"

namespace memqual::kernels {

struct ReductionResult {
  /// The sum, or the sum of squares. With u = 2^-53 and N the number of units (below), the error is
  /// at most (12 + ceil(log2 N)) * u * sum(|x|) to first order, x being what is added; for the
  /// squares of float64 and int32, which are rounded themselves, one u more. Elements narrower than
  /// float64 are added as float64, and sums of integers or of their squares are exact up to 2^53.
  /// The sum of nothing, and of nothing but -0, is +0.
  double sum = 0;
  std::int64_t integer_sum = 0;  ///< int32 and uint8 (Reduce::sum, summary): exact, modulo 2^64
  /// Reduce::summary only. NaN where an element is NaN; a zero has no sign; +inf and -inf where
  /// there are no elements.
  double least = 0;
  double most = 0;
};

/// What one unit of kSumUnit elements comes to, where somebody else reduced it.
struct UnitResult {
  double sum = 0;    ///< in the order that reduce_ops.h says
  double least = 0;  ///< NaN where an element is NaN
  double most = 0;
};

/// Elements are summed in units of kSumUnit columns of one row (the last unit of a row may be
/// shorter), and the units pairwise as leaves of one binary tree, in row-major order. Nothing but
/// the array's shape decides the order of additions. Keeps 24 bytes for each gap-free run of units
/// that was added, times twice the logarithm of its length at most: tiles that are narrower than
/// the array leave such a run in each of their rows until their neighbours come.
class Reduction {
 public:
  /// Of an array of rows x cols.
  Reduction(const Kernels& kernels, Reduce what, Element element, std::size_t rows,
            std::size_t cols);

  /// The most that it keeps, and needs to take in a tile, for each row of tiles that are narrower
  /// than an array of `cols` and come in their order.
  static std::size_t bytes_per_row(std::size_t cols);

  /// Takes in a part: its first column is a multiple of kSumUnit, its last one ends a unit or the
  /// row. No element may be given twice.
  Status add(const ConstView& part, const Position& at);

  /// Takes in a part of `rows` x `cols` elements whose units were reduced already: `units` holds
  /// those of its first row, then those of the next. Places as in add().
  Status add_units(const UnitResult* units, std::size_t rows, std::size_t cols, const Position& at);

  /// Takes in what another Reduction of the same array has seen.
  void merge(const Reduction& other);

  /// An error as long as elements are missing.
  Result<ReductionResult> result() const;

 private:
  /// The sum of units [first, first + 2^level), `first` a multiple of 2^level.
  struct Node {
    std::uint64_t first;
    unsigned level;
    double sum;
  };
  static void append(std::vector<Node>& nodes, Node node);
  static void append_units(std::vector<Node>& nodes, std::uint64_t first, double* sums,
                           std::size_t units);
  void merge_nodes(const std::vector<Node>& fresh);
  void add_run(const std::byte* x, std::size_t n, std::uint64_t first_unit,
               std::vector<Node>& fresh);
  void reduce_run(const std::byte* x, std::size_t n, double* sums);
  void add_unit_run(const UnitResult* units, std::size_t count, std::uint64_t first_unit,
                    std::vector<Node>& fresh);
  void look_at_units(const std::byte* x, std::size_t n, const double* sums);
  bool has_nan(const std::byte* x, std::size_t n) const;

  Kernels kernels_;
  Reduce what_;
  Element element_;
  std::size_t rows_;
  std::size_t cols_;
  std::uint64_t units_per_row_;
  std::uint64_t units_seen_ = 0;
  std::uint64_t integer_sum_ = 0;
  bool nan_ = false;
  Extremes extremes_;
  std::vector<Node> nodes_;  // by `first`, no two of them siblings
};

/// The checksum of an array, for any element: not cryptographic, but every bit and its place count.
/// Parts as in Reduction::add.
class Checksum {
 public:
  Checksum(const Kernels& kernels, Element element, std::size_t cols);
  Status add(const ConstView& part, const Position& at);
  void merge(const Checksum& other) { sum_ += other.sum_; }
  std::uint64_t result() const;

 private:
  Kernels kernels_;
  Element element_;
  std::size_t cols_;
  std::uint64_t words_per_row_;
  std::uint64_t sum_ = 0;
};

}  // namespace memqual::kernels
