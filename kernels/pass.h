// SPDX-License-Identifier: Apache-2.0
// One pass over an array in tiles: each tile is loaded once, goes through a chain of steps in
// buffers that are used again for the next tile, and is stored, summed, or both.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "kernels/array_io.h"
#include "kernels/kernels.h"
#include "kernels/reduction.h"
#include "kernels/result.h"
#include "kernels/stencil.h"
#include "kernels/thread_pool.h"
#include "kernels/tiling.h"

namespace memqual::kernels {

struct SqrtStep {};
struct ScaleOffsetStep {
  double a = 1;
  double b = 0;
};
struct ConvertStep {
  Element to = Element::float32;
};
/// Only as the first step: its halo comes from the source. Boundary::wrap needs a source that is
/// memory as a whole.
struct NeighbourhoodStep {
  Neighbourhood what;
  Edge edge;
};
using Step = std::variant<SqrtStep, ScaleOffsetStep, ConvertStep, NeighbourhoodStep>;

struct PassRequest {
  ArraySource source;
  std::vector<Step> steps;  ///< none: the elements as they are
  /// Where the result goes. Its shape is the source's, its element that behind the last step. It
  /// may be the source's own memory if no step looks at neighbours and the element stays.
  std::optional<ArraySink> sink;
  std::optional<Reduce> reduce;  ///< over the result
  bool checksum = false;         ///< over the result
  /// Bytes for tiles of all threads together: buffers, and what is resident of a mapped file.
  std::size_t budget = std::size_t{64} << 20;
  CacheSizes caches;
  std::optional<std::size_t> tile_rows;
  std::optional<std::size_t> tile_cols;
};

struct PassReport {
  TileChoice tile;
  std::size_t tiles = 0;
  std::uint64_t bytes_read = 0;     ///< from the source, halos counted as often as they are read
  std::uint64_t bytes_written = 0;  ///< to the sink
  /// Each array that was read or written once, however its tiles overlap: what a rate is of.
  std::uint64_t bytes_useful = 0;
  std::optional<ReductionResult> reduction;
  std::optional<std::uint64_t> checksum;
};

/// The result does not depend on tiles, threads or target. After an Error the sink's memory holds
/// some tiles of the result; a file sink is not finished and does not appear.
Result<PassReport> run_pass(const Kernels& kernels, ThreadPool& pool, const PassRequest& request);

}  // namespace memqual::kernels
