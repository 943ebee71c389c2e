// SPDX-License-Identifier: Apache-2.0
// Reads a file from front to back past the page cache, several blocks ahead of who uses them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kernels/file.h"
#include "kernels/page_memory.h"
#include "kernels/read_engine.h"
#include "kernels/result.h"

namespace memqual::kernels {

/// io_uring costs no threads. `automatic` takes it where it was built in and the kernel allows it.
enum class ReadBy { automatic, threads, io_uring };

struct ReadAheadOptions {
  std::size_t block = std::size_t{1} << 20;  ///< bytes, a multiple of kDirectAlignment
  /// In memory at once: all that this costs, rounded up to 2 MiB where it is more than that.
  std::size_t blocks = 8;
  std::size_t readers = 4;  ///< threads, where threads do it
  ReadBy by = ReadBy::automatic;
};

/// Blocks are aligned to kDirectAlignment from the start of the file. Not for several users.
class ReadAhead {
 public:
  /// Begins to read [0, length) of the file. Where io_uring was demanded and is not there, next()
  /// is an Error.
  ReadAhead(File file, std::uint64_t length, const ReadAheadOptions& options = {});
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

  /// How it is done: "io_uring", or "threads" and why not io_uring.
  const std::string& how() const { return how_; }

 private:
  std::byte* slot_of(std::uint64_t block) const;
  void choose_engine();

  File file_;
  std::uint64_t length_;
  ReadAheadOptions options_;
  std::uint64_t count_;
  PageMemory memory_;
  std::string how_;
  std::optional<Error> trouble_;
  std::uint64_t started_ = 0;           // blocks below are being read or have been
  std::uint64_t to_use_ = 0;            // the next block that next() hands out
  std::unique_ptr<ReadEngine> engine_;  // last: it waits for reads into memory_
};

}  // namespace memqual::kernels
