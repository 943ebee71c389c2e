// SPDX-License-Identifier: Apache-2.0
#include "kernels/sweep.h"

#include <algorithm>
#include <string>

#include "kernels/operations.h"
#include "kernels/transpose.h"

namespace memqual::kernels {
namespace {

// Lines of 64 elements and more of each type that a band's columns become.
constexpr std::size_t kBandRows = 64;

Status make_elements(const Kernels& kernels, const Content& content, View out, const Rect& rect,
                     std::size_t array_cols, Store store) {
  if (const auto* random = std::get_if<RandomElements>(&content))
    return fill_random(kernels, out, random->seed, {rect.row, rect.col, array_cols}, store);
  return fill(kernels, out, std::get<EqualElements>(content).value, store);
}

Store store_for(std::uint64_t bytes, const CacheSizes& caches) {
  const std::size_t cache = caches.l2 != 0 ? caches.l2 : std::size_t{1} << 20;
  return bytes > cache ? Store::streaming : Store::cached;
}

Result<TileChoice> choose(const ArrayLayout& layout, std::size_t bytes_per_element,
                          std::size_t threads, const SweepOptions& options) {
  TileRequest tile;
  tile.rows = layout.rows;
  tile.cols = layout.cols;
  tile.bytes_per_element = bytes_per_element;
  tile.budget = options.budget;
  tile.threads = threads;
  tile.caches = options.caches;
  tile.tile_rows = options.tile_rows;
  tile.tile_cols = options.tile_cols;
  return choose_tile(tile);
}

PassReport report_of(const TileChoice& choice, const Tiling& tiles, std::uint64_t bytes_read,
                     std::uint64_t bytes_written) {
  PassReport report;
  report.tile = choice;
  report.tiles = tiles.count();
  report.bytes_read = bytes_read;
  report.bytes_written = bytes_written;
  report.bytes_useful = bytes_read + bytes_written;
  return report;
}

View part_of(const View& array, const Rect& rect) {
  return array.part(rect.row, rect.col, rect.rows, rect.cols);
}
ConstView part_of(const ConstView& array, const Rect& rect) {
  return array.part(rect.row, rect.col, rect.rows, rect.cols);
}

std::string shape_of(std::size_t rows, std::size_t cols, Element element) {
  return std::to_string(rows) + "x" + std::to_string(cols) + " " + std::string(to_string(element));
}

}  // namespace

ArraySource content_source(const Kernels& kernels, const Content& content,
                           const ArrayLayout& layout) {
  ArraySource source;
  source.layout = layout;
  source.needs_scratch = true;
  source.load = [&kernels, content, layout](const Rect& rect, View scratch) -> Result<ConstView> {
    const Status made = make_elements(kernels, content, scratch, rect, layout.cols, Store::cached);
    if (!made) return made.error();
    return ConstView(scratch);
  };
  return source;
}

Result<PassReport> run_content(const Kernels& kernels, ThreadPool& pool, const Content& content,
                               const ArraySink& sink, const SweepOptions& options) {
  const ArrayLayout& layout = sink.layout;
  if (!sink.whole) {
    PassRequest request;
    request.source = content_source(kernels, content, layout);
    request.sink = sink;
    request.budget = options.budget;
    request.caches = options.caches;
    request.tile_rows = options.tile_rows;
    request.tile_cols = options.tile_cols;
    Result<PassReport> report = run_pass(kernels, pool, request);
    if (!report) return report;
    report->bytes_read = 0;  // made, not read
    report->bytes_useful = report->bytes_written;
    return report;
  }
  const auto choice = choose(layout, element_size(layout.element), pool.size(), options);
  if (!choice) return choice.error();
  const Tiling tiles(layout.rows, layout.cols, choice->rows, choice->cols);
  const Store store = store_for(layout.bytes(), options.caches);
  const Status status = pool.for_each(tiles.count(), [&](std::size_t, std::size_t i) {
    const Rect rect = tiles.core(i);
    return make_elements(kernels, content, part_of(*sink.whole, rect), rect, layout.cols, store);
  });
  if (!status) return status.error();
  return report_of(*choice, tiles, 0, layout.bytes());
}

Result<PassReport> run_triad(const Kernels& kernels, ThreadPool& pool, const ConstView& x,
                             const ConstView& y, const View& out, double a,
                             const SweepOptions& options) {
  for (const ConstView& other : {y, ConstView(out)})
    if (other.rows != x.rows || other.cols != x.cols || other.element != x.element)
      return Error{"triad of " + shape_of(x.rows, x.cols, x.element) + " with " +
                       shape_of(other.rows, other.cols, other.element),
                   "give all three arrays the same shape and element"};
  const ArrayLayout layout{x.element, x.rows, x.cols};
  const auto choice = choose(layout, 3 * element_size(x.element), pool.size(), options);
  if (!choice) return choice.error();
  const Tiling tiles(x.rows, x.cols, choice->rows, choice->cols);
  const Store store = store_for(out.bytes(), options.caches);
  const Status status = pool.for_each(tiles.count(), [&](std::size_t, std::size_t i) {
    const Rect rect = tiles.core(i);
    return triad(kernels, part_of(x, rect), part_of(y, rect), part_of(out, rect), a, store);
  });
  if (!status) return status.error();
  return report_of(*choice, tiles, x.bytes() + y.bytes(), out.bytes());
}

Result<PassReport> run_transpose(const Kernels& kernels, ThreadPool& pool, const ConstView& x,
                                 const View& out, const SweepOptions& options) {
  if (out.rows != x.cols || out.cols != x.rows || out.element != x.element)
    return Error{"transpose of " + shape_of(x.rows, x.cols, x.element) + " into " +
                     shape_of(out.rows, out.cols, out.element),
                 "the result needs the source's columns as rows, and its element"};
  SweepOptions banded = options;
  if (!options.tile_rows && !options.tile_cols) {
    const std::size_t bands = (x.rows + kBandRows - 1) / kBandRows;
    banded.tile_rows = (bands + pool.size() - 1) / pool.size() * kBandRows;
    banded.tile_cols = x.cols;
    // Nothing is buffered: a band is as large as its thread's share of the array.
    banded.budget = std::max<std::size_t>(options.budget, 2 * x.bytes() + (std::size_t{1} << 20));
  }
  const ArrayLayout layout{x.element, x.rows, x.cols};
  auto choice = choose(layout, 2 * element_size(x.element), pool.size(), banded);
  if (!choice) return choice.error();
  if (!options.tile_rows && !options.tile_cols)
    choice->reason = "a band of rows for each thread; nothing is buffered";
  const Tiling tiles(x.rows, x.cols, choice->rows, choice->cols);
  const Store store = store_for(out.bytes(), options.caches);
  const Status status = pool.for_each(tiles.count(), [&](std::size_t, std::size_t i) {
    const Rect rect = tiles.core(i);
    const View target = out.part(rect.col, rect.row, rect.cols, rect.rows);
    return transpose(kernels, part_of(x, rect), target, store);
  });
  if (!status) return status.error();
  return report_of(*choice, tiles, x.bytes(), out.bytes());
}

}  // namespace memqual::kernels
