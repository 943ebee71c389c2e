// SPDX-License-Identifier: Apache-2.0
#include "kernels/read_ahead.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

namespace memqual::kernels {

void ReadAhead::Free::operator()(std::byte* memory) const {
  ::operator delete (memory, std::align_val_t{kDirectAlignment});
}

ReadAhead::ReadAhead(File file, std::uint64_t length, const ReadAheadOptions& options)
    : file_(std::move(file)),
      length_(length),
      options_(options),
      count_((length + options.block - 1) / options.block),
      memory_(static_cast<std::byte*>(
          ::operator new (options.block* options.blocks, std::align_val_t{kDirectAlignment}))),
      slots_(options.blocks) {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    slots_[i].data = memory_.get() + i * options.block;
  const std::uint64_t readers = std::min<std::uint64_t>(options.readers, count_);
  for (std::uint64_t i = 0; i < readers; ++i) readers_.emplace_back([this] { read_blocks(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  freed_.notify_all();
  for (std::thread& reader : readers_) reader.join();
}

void ReadAhead::read_blocks() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    freed_.wait(lock, [&] {
      return stop_ || to_read_ == count_ || to_read_ < released_ + options_.blocks;
    });
    if (stop_ || to_read_ == count_) return;
    const std::uint64_t block = to_read_++;
    lock.unlock();
    read_one(block);
    lock.lock();
    slots_[block % options_.blocks].ready = block;
    filled_.notify_all();
  }
}

// The slot is this reader's alone until it is marked ready.
void ReadAhead::read_one(std::uint64_t block) {
  Slot& slot = slots_[block % options_.blocks];
  const std::uint64_t offset = block * options_.block;
  // Whole blocks: a direct read of less than the alignment is refused, also at the end.
  const Result<std::size_t> got = file_.read_some_at(offset, slot.data, options_.block);
  const std::uint64_t wanted = std::min<std::uint64_t>(options_.block, length_ - offset);
  if (!got) {
    slot.error = got.error();
  } else if (*got < wanted) {
    slot.error =
        Error{"cannot read " + file_.path() + ": it ends at byte " + std::to_string(offset + *got) +
                  ", before byte " + std::to_string(length_) + " that the array needs",
              "the file is incomplete: write it again"};
  }
}

Result<std::optional<ReadAhead::Block>> ReadAhead::next() {
  std::unique_lock<std::mutex> lock(mutex_);
  released_ = to_use_;
  freed_.notify_all();
  if (to_use_ == count_) return std::optional<Block>();
  const std::uint64_t block = to_use_;
  Slot& slot = slots_[block % options_.blocks];
  filled_.wait(lock, [&] { return slot.ready == block; });
  if (slot.error) return *slot.error;
  ++to_use_;
  const std::uint64_t offset = block * options_.block;
  const auto bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(options_.block, length_ - offset));
  return std::optional<Block>(Block{slot.data, bytes, offset});
}

}  // namespace memqual::kernels
