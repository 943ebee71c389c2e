// SPDX-License-Identifier: Apache-2.0
#include "kernels/read_ahead.h"

#include <algorithm>
#include <utility>

namespace memqual::kernels {

ReadAhead::ReadAhead(File file, std::uint64_t length, const ReadAheadOptions& options)
    : file_(std::move(file)),
      length_(length),
      options_(options),
      count_((length + options.block - 1) / options.block) {
  // A read into huge pages is a few pieces for the device, into base pages one for each of them:
  // a disk gave 3.4 GB/s and 1.4.
  const std::size_t bytes = options.block * options.blocks;
  Result<PageMemory> memory =
      PageMemory::map(bytes, bytes >= PageMemory::kSpareBytes ? PageKind::huge : PageKind::base);
  if (memory)
    memory_ = *std::move(memory);
  else
    trouble_ = memory.error();
  choose_engine();
}

void ReadAhead::choose_engine() {
  if (options_.by != ReadBy::threads) {
    Result<std::unique_ptr<ReadEngine>> ring = uring_engine(file_, options_.blocks);
    if (ring) {
      engine_ = *std::move(ring);
      how_ = "io_uring";
      return;
    }
    how_ = "threads: " + ring.error().message;
    if (options_.by == ReadBy::io_uring) trouble_ = ring.error();
  } else {
    how_ = "threads";
  }
  engine_ = thread_engine(file_, options_.blocks, std::max<std::size_t>(options_.readers, 1));
}

std::byte* ReadAhead::slot_of(std::uint64_t block) const {
  return memory_.data() + block % options_.blocks * options_.block;
}

Result<std::optional<ReadAhead::Block>> ReadAhead::next() {
  if (trouble_) return *trouble_;
  // Whole blocks: a direct read of less than the alignment is refused, also at the end.
  for (; started_ < std::min(count_, to_use_ + options_.blocks); ++started_)
    engine_->start(started_ % options_.blocks,
                   {slot_of(started_), options_.block, started_ * options_.block});
  if (to_use_ == count_) return std::optional<Block>();
  const std::uint64_t block = to_use_++;
  const std::uint64_t offset = block * options_.block;
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(options_.block, length_ - offset));
  const Result<std::size_t> got = engine_->wait(block % options_.blocks);
  if (!got)
    trouble_ = got.error();
  else if (*got < wanted)
    trouble_ =
        Error{"cannot read " + file_.path() + ": it ends at byte " + std::to_string(offset + *got) +
                  ", before byte " + std::to_string(length_) + " that the array needs",
              "the file is incomplete: write it again"};
  if (trouble_) return *trouble_;
  return std::optional<Block>(Block{slot_of(block), wanted, offset});
}

}  // namespace memqual::kernels
