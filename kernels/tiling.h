// SPDX-License-Identifier: Apache-2.0
// An array cut into tiles that fit a budget of memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/result.h"

namespace memqual::kernels {

/// Rows [row, row + rows) and columns [col, col + cols) of an array.
struct Rect {
  std::size_t row = 0;
  std::size_t col = 0;
  std::size_t rows = 0;
  std::size_t cols = 0;
  bool operator==(const Rect&) const = default;
};

/// Bytes; 0 where not known. The caller reads them from the machine.
struct CacheSizes {
  std::size_t l1 = 0;  ///< data, of one core
  std::size_t l2 = 0;  ///< of one core
  std::size_t l3 = 0;
};

struct TileRequest {
  std::size_t rows = 0;  ///< of the array
  std::size_t cols = 0;
  /// Bytes that one element costs while its tile is worked on: inputs and results together.
  std::size_t bytes_per_element = 0;
  /// Bytes that a tile costs for each of its rows besides, unless it is as wide as the array.
  std::size_t bytes_per_row = 0;
  std::size_t halo = 0;    ///< rows and columns of neighbours that a tile needs on each side
  std::size_t budget = 0;  ///< bytes for all threads together
  std::size_t threads = 1;
  /// What `threads` counts, for the reason and for errors.
  std::string_view holders = "threads";
  CacheSizes caches;
  /// Bytes that a tile aims at where the caches are not what matters; 0: by cache size.
  std::size_t target = 0;
  /// Why `target`, for the reason.
  std::string_view target_reason = "what suits the file";
  /// Tiles begin at multiples of this many columns: kSumUnit where the result is summed.
  std::size_t col_multiple = 1;
  /// A shape that somebody asked for, instead of one by cache size; its columns are rounded up to
  /// col_multiple, and both are cut to the array.
  std::optional<std::size_t> tile_rows;
  std::optional<std::size_t> tile_cols;
};

struct TileChoice {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t bytes = 0;  ///< of one thread's tile with its halo, as the request counts them
  std::string reason;     ///< one sentence: what was chosen and why
};

/// Whole rows where some of them fit, because memory is fastest in long runs; else parts of rows. A
/// tile aims at half of the second cache (256 KiB where that is not known) and never exceeds its
/// share of the budget. An Error where not even the smallest tile fits, or where the
/// shape that was asked for does not.
Result<TileChoice> choose_tile(const TileRequest& request);

/// The tiles of an array in row-major order. Values, cheap to copy.
class Tiling {
 public:
  Tiling(std::size_t rows, std::size_t cols, std::size_t tile_rows, std::size_t tile_cols,
         std::size_t halo = 0);

  std::size_t count() const { return down_ * across_; }
  /// Tile `index` < count(): what it makes. The last ones of a row or column may be smaller.
  Rect core(std::size_t index) const;
  /// What it needs for that: the core and its halo, as far as the array goes.
  Rect with_halo(std::size_t index) const;

 private:
  std::size_t rows_, cols_, tile_rows_, tile_cols_, halo_;
  std::size_t down_, across_;
};

}  // namespace memqual::kernels
