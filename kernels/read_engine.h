// SPDX-License-Identifier: Apache-2.0
// Who keeps several reads of a file going at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/file.h"
#include "kernels/result.h"

namespace memqual::kernels {

struct ReadRequest {
  std::byte* to = nullptr;
  std::size_t bytes = 0;
  std::uint64_t offset = 0;
};

/// One request at a time under each slot's number. For one thread. Destruction waits for what is
/// under way, so file and memory must live longer.
class ReadEngine {
 public:
  virtual ~ReadEngine() = default;
  /// `slot` must not be under way.
  virtual void start(std::size_t slot, const ReadRequest& request) = 0;
  /// Waits for the slot. How many bytes came: less than asked for only at the end of the file.
  virtual Result<std::size_t> wait(std::size_t slot) = 0;
};

/// `threads` >= 1 threads read in the order of start(). Throws std::system_error where one cannot
/// be made.
std::unique_ptr<ReadEngine> thread_engine(const File& file, std::size_t slots, std::size_t threads);

/// An Error where this was built without liburing, or the kernel refuses.
Result<std::unique_ptr<ReadEngine>> uring_engine(const File& file, std::size_t slots);

}  // namespace memqual::kernels
