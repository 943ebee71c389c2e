// SPDX-License-Identifier: Apache-2.0
// What a pass holds of a device, given back in the reverse order whatever happens.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/cuda/device.h"

namespace memqual::kernels::cuda {

/// Everything that was taken through it is given back by its destructor: streams first, so that no
/// copy is under way to memory that goes.
class Holdings {
 public:
  explicit Holdings(Device& device) : device_(device) {}
  ~Holdings() { give_back(); }
  Holdings(const Holdings&) = delete;
  Holdings& operator=(const Holdings&) = delete;

  ApiStatus stream(std::size_t& made);
  ApiStatus block(std::size_t bytes, std::byte*& memory);
  ApiStatus pinned(std::size_t bytes, std::byte*& memory);
  /// A second time for the same memory does nothing.
  ApiStatus pin(std::byte* memory, std::size_t bytes);

  void give_back();

 private:
  Device& device_;
  std::vector<std::size_t> streams_;
  std::vector<std::byte*> blocks_;
  std::vector<std::byte*> buffers_;
  std::vector<std::byte*> pins_;
};

}  // namespace memqual::kernels::cuda
