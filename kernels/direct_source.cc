// SPDX-License-Identifier: Apache-2.0
#include "kernels/direct_source.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "kernels/page_memory.h"
#include "kernels/read_engine.h"

namespace memqual::kernels {
namespace {

// What one read should be: enough for the disk, little enough that several are a small budget.
constexpr std::size_t kReadTarget = std::size_t{1} << 20;

std::uint64_t round_up(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b * b; }

/// The pages of a file that hold some rows of an array.
struct Pages {
  std::uint64_t offset;  ///< of the first page
  std::size_t bytes;     ///< of all of them
  std::size_t skip;      ///< bytes before the rows
  std::size_t wanted;    ///< bytes that must come: to the end of the rows

  Pages(const ArrayLayout& layout, std::size_t row, std::size_t rows) {
    const std::uint64_t begin = layout.data_offset + row * layout.row_bytes();
    const std::uint64_t end = begin + rows * layout.row_bytes();
    offset = begin / kDirectAlignment * kDirectAlignment;
    skip = static_cast<std::size_t>(begin - offset);
    wanted = static_cast<std::size_t>(end - offset);
    bytes = static_cast<std::size_t>(round_up(wanted, kDirectAlignment));
  }
};

class DirectTiles final : public TileStream {
 public:
  DirectTiles(std::shared_ptr<const File> file, const ArrayLayout& layout, const Tiling& tiles,
              std::size_t first, std::size_t last, const DirectOptions& options)
      : file_(std::move(file)),
        layout_(layout),
        tiles_(tiles),
        next_(first),
        started_(first),
        last_(last),
        held_(std::min(std::max<std::size_t>(options.tiles, 2),
                       std::max<std::size_t>(last - first, 1))) {}

  Status open(const DirectOptions& options);
  Result<ConstView> next() override;

 private:
  Pages pages_of(std::size_t tile) const {
    const Rect rect = tiles_.with_halo(tile);
    return {layout_, rect.row, rect.rows};
  }
  std::byte* slot_of(std::size_t tile) const { return memory_.data() + tile % held_ * slot_bytes_; }

  std::shared_ptr<const File> file_;
  const ArrayLayout layout_;
  const Tiling tiles_;
  std::size_t next_;
  std::size_t started_;
  const std::size_t last_;
  const std::size_t held_;
  std::size_t slot_bytes_ = 0;
  PageMemory memory_;
  std::unique_ptr<ReadEngine> engine_;  // last: it waits for reads into memory_
};

Status DirectTiles::open(const DirectOptions& options) {
  for (std::size_t tile = next_; tile < last_; ++tile) {
    if (tiles_.with_halo(tile).cols != layout_.cols)
      return Error{"direct reads of " + file_->path() + " take whole rows, not parts of them",
                   "use wider tiles, a larger budget, or reads through the page cache"};
    slot_bytes_ = std::max(slot_bytes_, pages_of(tile).bytes);
  }
  const std::size_t bytes = held_ * slot_bytes_;
  Result<PageMemory> memory =
      PageMemory::map(bytes, bytes >= PageMemory::kSpareBytes ? PageKind::huge : PageKind::base);
  if (!memory) return memory.error();
  memory_ = *std::move(memory);
  if (options.by != ReadBy::threads) {
    Result<std::unique_ptr<ReadEngine>> ring = uring_engine(*file_, held_);
    if (!ring && options.by == ReadBy::io_uring) return ring.error();
    if (ring) engine_ = *std::move(ring);
  }
  if (!engine_) engine_ = thread_engine(*file_, held_, std::max<std::size_t>(options.readers, 1));
  return done();
}

Result<ConstView> DirectTiles::next() {
  if (next_ == last_)
    return Error{"no tile of " + file_->path() + " is left", "ask for as many as were announced"};
  // The slot of the tile that was used before this one is free now.
  for (; started_ < std::min(last_, next_ + held_); ++started_) {
    const Pages pages = pages_of(started_);
    engine_->start(started_ % held_, {slot_of(started_), pages.bytes, pages.offset});
  }
  const std::size_t tile = next_++;
  const Pages pages = pages_of(tile);
  const Result<std::size_t> got = engine_->wait(tile % held_);
  if (!got) return got.error();
  if (*got < pages.wanted)
    return Error{"cannot read " + file_->path() + ": it ends at byte " +
                     std::to_string(pages.offset + *got) + ", before byte " +
                     std::to_string(pages.offset + pages.wanted) + " that the array needs",
                 "the file is incomplete: write it again"};
  const Rect rect = tiles_.with_halo(tile);
  return ConstView(slot_of(tile) + pages.skip, rect.rows, rect.cols, layout_.element);
}

}  // namespace

Result<ArraySource> direct_source(const std::string& path, const ArrayLayout& layout,
                                  const DirectOptions& options) {
  // What takes single tiles, in any order, reads them through the page cache.
  Result<ArraySource> source = file_source(path, layout);
  if (!source) return source.error();
  if (layout.data_offset % element_size(layout.element) != 0)
    return Error{"cannot read " + path + " directly: its elements are not aligned in the file",
                 "read it through the page cache"};
  Result<File> direct = File::open(path, Caching::direct);
  if (!direct) return direct.error();
  const auto file = std::make_shared<const File>(*std::move(direct));
  source->tiles_held = std::max<std::size_t>(options.tiles, 2);
  source->tile_target = source->tiles_held * kReadTarget;
  source->stream = [file, layout, options](
                       const Tiling& tiles, std::size_t first,
                       std::size_t last) -> Result<std::unique_ptr<TileStream>> {
    auto stream = std::make_unique<DirectTiles>(file, layout, tiles, first, last, options);
    if (Status status = stream->open(options); !status) return status.error();
    return Result<std::unique_ptr<TileStream>>(std::move(stream));
  };
  return source;
}

}  // namespace memqual::kernels
