// SPDX-License-Identifier: Apache-2.0
// Operations over whole arrays that are no pass (pass.h): they make an array of nothing, need two
// inputs, or put elements elsewhere. Tile by tile, by all threads.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "kernels/array_io.h"
#include "kernels/kernels.h"
#include "kernels/pass.h"
#include "kernels/result.h"
#include "kernels/thread_pool.h"
#include "kernels/tiling.h"
#include "kernels/view.h"

namespace memqual::kernels {

/// As in PassRequest.
struct SweepOptions {
  std::size_t budget = std::size_t{64} << 20;
  CacheSizes caches;
  std::optional<std::size_t> tile_rows;
  std::optional<std::size_t> tile_cols;
};

/// What an array is made of where there is no source.
struct EqualElements {
  double value = 0;
};
struct RandomElements {
  std::uint64_t seed = 1;
};
using Content = std::variant<EqualElements, RandomElements>;

/// A source of such elements, for passes that compare or store them. `kernels` must outlive it.
ArraySource content_source(const Kernels& kernels, const Content& content,
                           const ArrayLayout& layout);

/// Fills `sink`. The same bits for any tiling, number of threads and target.
Result<PassReport> run_content(const Kernels& kernels, ThreadPool& pool, const Content& content,
                               const ArraySink& sink, const SweepOptions& options);

/// out = x + a * y, all of one shape and element; `out` is x, y or none of their memory.
Result<PassReport> run_triad(const Kernels& kernels, ThreadPool& pool, const ConstView& x,
                             const ConstView& y, const View& out, double a,
                             const SweepOptions& options);

/// out[c][r] = x[r][c]. A tile is a part of x; where none is asked for, each thread takes a band of
/// rows.
Result<PassReport> run_transpose(const Kernels& kernels, ThreadPool& pool, const ConstView& x,
                                 const View& out, const SweepOptions& options);

}  // namespace memqual::kernels
