// SPDX-License-Identifier: Apache-2.0
// Where a pass takes its tiles from and where it leaves them: memory, mapped files, files read
// piece by piece. Sources and sinks are values that share what they hold.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/file.h"
#include "kernels/result.h"
#include "kernels/tiling.h"
#include "kernels/view.h"

namespace memqual::kernels {

/// Where an array lies in a file.
struct ArrayLayout {
  Element element = Element::float64;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::uint64_t data_offset = 0;  ///< bytes
  /// As NumPy sees it: rows * cols elements. None: {rows, cols}.
  std::optional<std::vector<std::uint64_t>> shape = std::nullopt;

  std::uint64_t row_bytes() const { return std::uint64_t{cols} * element_size(element); }
  std::uint64_t bytes() const { return rows * row_bytes(); }
};

/// Some tiles of an array one after the other, read before they are asked for. For one thread.
class TileStream {
 public:
  virtual ~TileStream() = default;
  /// The next tile, with its halo; valid until the next call. An Error behind the last one.
  virtual Result<ConstView> next() = 0;
};

struct ArraySource {
  ArrayLayout layout;
  /// The elements of `rect`, either in place or copied into `scratch`, which has rect's size (it
  /// may be empty where none is needed). Called by several threads for different tiles.
  std::function<Result<ConstView>(const Rect& rect, View scratch)> load;
  /// What was loaded as rect is not needed any more. An Error where what was read of them was not
  /// what the file held. May be empty.
  std::function<Status(const Rect& rect)> release;
  bool needs_scratch = false;
  /// Only for tiles that are narrower than the array.
  bool narrow_needs_scratch = false;
  /// Tiles [first, last) of a tiling of this array, read ahead; then a pass takes each thread's
  /// tiles from a stream of its own instead of load(). Empty where nothing is to be gained.
  std::function<Result<std::unique_ptr<TileStream>>(const Tiling& tiles, std::size_t first,
                                                    std::size_t last)>
      stream;
  /// Tiles that a stream has in memory at the same time.
  std::size_t tiles_held = 0;
  /// Bytes that a tile should aim at; 0 where the caches decide.
  std::size_t tile_target = 0;
  /// All of it, where it can be read at any place at any time.
  std::optional<ConstView> whole;
};

struct ArraySink {
  ArrayLayout layout;
  /// Where the elements of a tile are to be written; none where store() takes a copy.
  std::optional<View> whole;
  std::function<Status(const Rect& rect, const ConstView& tile)> store;
};

/// Memory that outlives it.
ArraySource memory_source(const ConstView& array);
ArraySink memory_sink(const View& array);

/// A mapped file, resident only where tiles are under way. Tiles that are narrower than the array
/// are read instead, because the system may map 2 MiB around each of their rows. Refuses a file
/// that is shorter than the layout, and notices before and after each tile if it was shortened
/// since.
Result<ArraySource> mapped_source(const std::string& path, const ArrayLayout& layout);

/// Read into tiles with pread. Holes of a sparse file read as zeros and cost no disk.
Result<ArraySource> file_source(const std::string& path, const ArrayLayout& layout);

/// The layout of an .npy file, checked against the file's length.
Result<ArrayLayout> read_npy_layout(const std::string& path);

/// An Error where a file of nothing but elements is not exactly as long as `layout` says.
Status check_raw_file(const std::string& path, const ArrayLayout& layout);

/// A file that appears when finish() succeeds and never before.
class ArrayWriter {
 public:
  static Result<ArrayWriter> create_npy(const std::string& path, Element element, std::size_t rows,
                                        std::size_t cols);
  /// The same for an array of any dimensions.
  static Result<ArrayWriter> create_npy(const std::string& path, const ArrayLayout& layout);
  static Result<ArrayWriter> create_raw(const std::string& path, Element element, std::size_t rows,
                                        std::size_t cols);
  /// Shares the writer's file; must not be used after finish().
  ArraySink sink() const;
  Status finish();

 private:
  ArrayWriter(std::shared_ptr<NewFile> file, const ArrayLayout& layout);
  std::shared_ptr<NewFile> file_;
  ArrayLayout layout_;
};

}  // namespace memqual::kernels
