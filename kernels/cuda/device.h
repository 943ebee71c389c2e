// SPDX-License-Identifier: Apache-2.0
// What a pass on a GPU needs of one, as few calls as go: the seam between the logic of this folder,
// which is tested without a GPU, and the CUDA calls, which only cuda_device.cu knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "kernels/cuda/chain.h"
#include "kernels/reduction.h"
#include "kernels/result.h"

namespace memqual::kernels::cuda {

/// A call that did not go well, in the API's own words.
struct ApiError {
  std::string call;        ///< "cudaMalloc"
  int code = 0;            ///< 2
  std::string name;        ///< "cudaErrorMemoryAllocation"
  std::string words;       ///< "out of memory"
  bool no_memory = false;  ///< the device or the host had not as much as was asked for
  bool operator==(const ApiError&) const = default;
};

/// Nothing: the call went well.
using ApiStatus = std::optional<ApiError>;

/// "cannot DOING: cudaMalloc said cudaErrorMemoryAllocation (2): out of memory"
Error as_error(const std::string& doing, const ApiError& error);

/// Bytes of the whole device, whoever uses them.
struct DeviceMemory {
  std::uint64_t free = 0;
  std::uint64_t total = 0;
  bool operator==(const DeviceMemory&) const = default;
};

/// A rectangle that is copied: `rows` runs of `row_bytes`, side by side on the device, `stride`
/// bytes apart on the host.
struct CopyShape {
  std::size_t rows = 0;
  std::size_t row_bytes = 0;
  std::size_t stride = 0;
  std::size_t bytes() const { return rows * row_bytes; }
};

/// One device. Streams are numbers that it gave out; what is put on one happens in that order, and
/// later than the call. After an error that the API calls sticky, every later call may fail, too.
class Device {
 public:
  virtual ~Device() = default;

  virtual std::string name() const = 0;
  /// Bytes that memory is given out in: what is taken is a multiple of it.
  virtual std::size_t granularity() const = 0;
  virtual ApiStatus memory(DeviceMemory& now) = 0;

  virtual ApiStatus allocate(std::size_t bytes, std::byte*& memory) = 0;
  virtual void release(std::byte* memory) = 0;
  /// Memory of the host that the device copies from and to by itself.
  virtual ApiStatus allocate_pinned(std::size_t bytes, std::byte*& memory) = 0;
  virtual void release_pinned(std::byte* memory) = 0;
  /// The same for memory that is there already.
  virtual ApiStatus pin(std::byte* memory, std::size_t bytes) = 0;
  virtual void unpin(std::byte* memory) = 0;

  virtual ApiStatus make_stream(std::size_t& stream) = 0;
  /// What is on it happens first.
  virtual void drop_stream(std::size_t stream) = 0;
  virtual ApiStatus copy_in(std::size_t stream, std::byte* device, const std::byte* host,
                            const CopyShape& shape) = 0;
  virtual ApiStatus copy_out(std::size_t stream, std::byte* host, const std::byte* device,
                             const CopyShape& shape) = 0;
  /// n elements of chain.from become n of chain.result.
  virtual ApiStatus run_chain(std::size_t stream, const Chain& chain, const std::byte* in,
                              std::byte* out, std::size_t n) = 0;
  /// What each unit of each of `rows` rows of `cols` elements comes to (reduction.h).
  virtual ApiStatus run_units(std::size_t stream, Element element, Reduce what, const std::byte* x,
                              std::size_t rows, std::size_t cols, UnitResult* units) = 0;
  /// Notes how far the stream is now; wait() returns when that point is reached.
  virtual ApiStatus mark(std::size_t stream) = 0;
  virtual ApiStatus wait(std::size_t stream) = 0;
};

}  // namespace memqual::kernels::cuda
