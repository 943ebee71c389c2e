// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/holdings.h"

#include <algorithm>

namespace memqual::kernels::cuda {

ApiStatus Holdings::stream(std::size_t& made) {
  ApiStatus status = device_.make_stream(made);
  if (!status) streams_.push_back(made);
  return status;
}

ApiStatus Holdings::block(std::size_t bytes, std::byte*& memory) {
  ApiStatus status = device_.allocate(bytes, memory);
  if (!status) blocks_.push_back(memory);
  return status;
}

ApiStatus Holdings::pinned(std::size_t bytes, std::byte*& memory) {
  ApiStatus status = device_.allocate_pinned(bytes, memory);
  if (!status) buffers_.push_back(memory);
  return status;
}

ApiStatus Holdings::pin(std::byte* memory, std::size_t bytes) {
  if (std::find(pins_.begin(), pins_.end(), memory) != pins_.end()) return std::nullopt;
  ApiStatus status = device_.pin(memory, bytes);
  if (!status) pins_.push_back(memory);
  return status;
}

void Holdings::give_back() {
  for (const std::size_t stream : streams_) device_.drop_stream(stream);
  for (std::byte* memory : pins_) device_.unpin(memory);
  for (std::byte* memory : buffers_) device_.release_pinned(memory);
  for (std::byte* memory : blocks_) device_.release(memory);
  streams_.clear();
  pins_.clear();
  buffers_.clear();
  blocks_.clear();
}

}  // namespace memqual::kernels::cuda
