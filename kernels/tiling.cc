// SPDX-License-Identifier: Apache-2.0
#include "kernels/tiling.h"

#include <algorithm>
#include <cstdint>

namespace memqual::kernels {
namespace {

constexpr std::size_t kDefaultTile = std::size_t{256} << 10;

std::size_t ceil_div(std::size_t a, std::size_t b) { return (a + b - 1) / b; }
std::size_t round_up(std::size_t a, std::size_t b) { return ceil_div(a, b) * b; }

std::string size_text(std::size_t bytes) {
  if (bytes >= std::size_t{10} << 20) return std::to_string(bytes >> 20) + " MiB";
  if (bytes >= std::size_t{10} << 10) return std::to_string(bytes >> 10) + " KiB";
  return std::to_string(bytes) + " B";
}

// With its halo on both sides.
std::size_t bytes_of_row(const TileRequest& request, std::size_t cols) {
  return (cols + 2 * request.halo) * request.bytes_per_element +
         (cols < request.cols ? request.bytes_per_row : 0);
}
std::size_t bytes_of(const TileRequest& request, std::size_t rows, std::size_t cols) {
  return (rows + 2 * request.halo) * bytes_of_row(request, cols);
}

TileChoice chosen(const TileRequest& request, std::size_t rows, std::size_t cols,
                  const std::string& why) {
  const std::size_t bytes = bytes_of(request, rows, cols);
  return {rows, cols, bytes,
          std::to_string(rows) + "x" + std::to_string(cols) + " tiles of " + size_text(bytes) +
              (request.threads > 1 ? " for each of " + std::to_string(request.threads) + " " +
                                         std::string(request.holders)
                                   : "") +
              ": " + why};
}

Error too_small(const TileRequest& request, std::size_t rows, std::size_t cols) {
  return {"a budget of " + size_text(request.budget) + " for " + std::to_string(request.threads) +
              " " + std::string(request.holders) + " does not hold one " + std::to_string(rows) +
              "x" + std::to_string(cols) + " tile each, which takes " +
              size_text(bytes_of(request, rows, cols)),
          "raise the budget, or use smaller tiles or fewer " + std::string(request.holders)};
}

// The most rows of `cols` columns within `limit` bytes; 0 if none.
std::size_t rows_within(const TileRequest& request, std::size_t cols, std::size_t limit) {
  const std::size_t fit = limit / bytes_of_row(request, cols);
  return fit > 2 * request.halo ? std::min(fit - 2 * request.halo, request.rows) : 0;
}

Result<TileChoice> as_asked(const TileRequest& request, std::size_t share) {
  const std::size_t wanted = request.tile_cols.value_or(request.cols);
  const std::size_t cols =
      std::clamp<std::size_t>(round_up(wanted, request.col_multiple), 1, request.cols);
  const std::size_t most = rows_within(request, cols, share);
  const std::size_t rows =
      std::min(request.tile_rows.value_or(std::max<std::size_t>(most, 1)), request.rows);
  if (rows == 0 || rows > most) return too_small(request, std::max<std::size_t>(rows, 1), cols);
  const bool rounded = cols != wanted && cols != request.cols;
  return chosen(
      request, rows, cols,
      "the shape that was asked for" + (rounded ? ", its columns rounded up to a multiple of " +
                                                      std::to_string(request.col_multiple)
                                                : std::string()));
}

}  // namespace

Result<TileChoice> choose_tile(const TileRequest& request) {
  if (request.rows == 0 || request.cols == 0 || request.bytes_per_element == 0)
    return Error{"cannot cut an array of no elements into tiles",
                 "give it at least one row and one column"};
  const std::size_t share = request.budget / std::max<std::size_t>(request.threads, 1);
  if (request.tile_rows || request.tile_cols) return as_asked(request, share);

  const std::size_t aim = request.target != 0      ? request.target
                          : request.caches.l2 != 0 ? request.caches.l2 / 2
                                                   : kDefaultTile;
  const std::size_t target = std::min(aim, share);
  const std::string limit = target == share          ? "its share of the budget"
                            : request.target != 0    ? std::string(request.target_reason)
                            : request.caches.l2 != 0 ? "half of the second cache"
                                                     : "256 KiB, as no cache size is known";
  // Halos are read again by the next tile: rows are whole only if that is at most a half.
  const std::size_t enough = std::min(request.rows, std::max<std::size_t>(1, 4 * request.halo));
  if (const std::size_t rows = rows_within(request, request.cols, target); rows >= enough)
    return chosen(request, rows, request.cols, "whole rows within " + limit);

  // As square as it goes: for given bytes that is the least halo.
  std::size_t cols = round_up(std::min<std::size_t>(request.cols, 64), request.col_multiple);
  while (
      rows_within(request, std::min(2 * cols, request.cols), target) >=
          std::min(request.rows, std::max<std::size_t>(enough, request.halo == 0 ? 1 : 2 * cols)) &&
      cols < request.cols)
    cols *= 2;
  cols = std::min(cols, request.cols);
  const std::size_t rows = rows_within(request, cols, target);
  if (rows == 0) return too_small(request, 1, cols);
  return chosen(request, rows, cols, "parts of rows within " + limit);
}

Tiling::Tiling(std::size_t rows, std::size_t cols, std::size_t tile_rows, std::size_t tile_cols,
               std::size_t halo)
    : rows_(rows),
      cols_(cols),
      tile_rows_(std::max<std::size_t>(tile_rows, 1)),
      tile_cols_(std::max<std::size_t>(tile_cols, 1)),
      halo_(halo),
      down_(cols == 0 ? 0 : ceil_div(rows, tile_rows_)),
      across_(ceil_div(cols, tile_cols_)) {}

Rect Tiling::core(std::size_t index) const {
  const std::size_t row = index / across_ * tile_rows_;
  const std::size_t col = index % across_ * tile_cols_;
  return {row, col, std::min(tile_rows_, rows_ - row), std::min(tile_cols_, cols_ - col)};
}

Rect Tiling::with_halo(std::size_t index) const {
  const Rect inner = core(index);
  const std::size_t row = inner.row - std::min(halo_, inner.row);
  const std::size_t col = inner.col - std::min(halo_, inner.col);
  return {row, col, std::min(inner.row + inner.rows + halo_, rows_) - row,
          std::min(inner.col + inner.cols + halo_, cols_) - col};
}

}  // namespace memqual::kernels
