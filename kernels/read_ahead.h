// SPDX-License-Identifier: Apache-2.0
// Reads a file from front to back past the page cache, several blocks ahead of who uses them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "kernels/file.h"
#include "kernels/result.h"

namespace memqual::kernels {

struct ReadAheadOptions {
  std::size_t block = std::size_t{1} << 20;  ///< bytes, a multiple of kDirectAlignment
  std::size_t blocks = 8;                    ///< in memory at once: all that this costs
  std::size_t readers = 4;                   ///< threads, and so requests under way
};

/// Blocks are aligned to kDirectAlignment from the start of the file. Not for several users.
class ReadAhead {
 public:
  /// Begins to read [0, length) of the file.
  ReadAhead(File file, std::uint64_t length, const ReadAheadOptions& options = {});
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  struct Block {
    const std::byte* data;  ///< valid until the next call of next()
    std::size_t bytes;
    std::uint64_t offset;
  };
  /// The next block, waiting for it if need be; nothing behind the last one. An Error where the
  /// file cannot be read or is shorter than `length`.
  Result<std::optional<Block>> next();

 private:
  struct Slot {
    std::byte* data = nullptr;
    std::optional<std::uint64_t> ready;  // the block it holds
    std::optional<Error> error;
  };
  struct Free {
    void operator()(std::byte* memory) const;
  };
  void read_blocks();
  void read_one(std::uint64_t block);

  File file_;
  std::uint64_t length_;
  ReadAheadOptions options_;
  std::uint64_t count_;
  std::unique_ptr<std::byte, Free> memory_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable freed_;
  std::uint64_t to_read_ = 0;   // the next block that a reader takes
  std::uint64_t to_use_ = 0;    // the next block that next() hands out
  std::uint64_t released_ = 0;  // blocks below are used up
  bool stop_ = false;
  std::vector<std::thread> readers_;
};

}  // namespace memqual::kernels
