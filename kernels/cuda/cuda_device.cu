// SPDX-License-Identifier: Apache-2.0
// Everything that calls CUDA. The arithmetic is cell.h's.
#include <cuda_runtime.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "kernels/cuda/cell.h"
#include "kernels/cuda/cuda_device.h"

namespace memqual::kernels::cuda {
namespace {

constexpr unsigned kThreads = 256;
constexpr unsigned kWarp = 32;
static_assert(kWarp == kLanes, "a warp is what a unit's lanes are added in");

// Each thread makes every stride-th element: neighbours read neighbours, whatever the grid's size.
__global__ void chain_kernel(const Chain chain, const std::byte* in, std::byte* out,
                             std::size_t n) {
  const std::size_t stride = std::size_t{gridDim.x} * blockDim.x;
  for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += stride)
    apply_chain(chain, in, out, i);
}

__device__ UnitResult from_lane(const UnitResult& lane, unsigned below) {
  constexpr unsigned kAll = 0xFFFFFFFFu;
  return {__shfl_down_sync(kAll, lane.sum, below), __shfl_down_sync(kAll, lane.least, below),
          __shfl_down_sync(kAll, lane.most, below)};
}

// One warp for each unit: lane l adds elements l, l + 32, ... in order, then halves are folded.
__global__ void units_kernel(Element element, Reduce what, const std::byte* x, std::size_t rows,
                             std::size_t cols, UnitResult* units) {
  const std::size_t in_row = (cols + kSumUnit - 1) / kSumUnit;
  const std::size_t warps = std::size_t{gridDim.x} * (blockDim.x / kWarp);
  const std::size_t lane = threadIdx.x % kWarp;
  std::size_t unit = std::size_t{blockIdx.x} * (blockDim.x / kWarp) + threadIdx.x / kWarp;
  for (; unit < rows * in_row; unit += warps) {
    const std::size_t col = unit % in_row * kSumUnit;
    const std::size_t first = unit / in_row * cols + col;
    const std::size_t n = cols - col < kSumUnit ? cols - col : kSumUnit;
    UnitResult mine = empty_lane();
    for (std::size_t i = lane; i < n; i += kWarp)
      add_to_lane(what, as_double(element, load_cell(element, x, first + i)), mine);
    for (unsigned half = kWarp / 2; half != 0; half /= 2) fold_lane(from_lane(mine, half), mine);
    if (lane == 0) units[unit] = mine;
  }
}

// An error is said once: left where it is, it would be the next launch's.
ApiStatus status_of(const char* call, cudaError_t code) {
  if (code == cudaSuccess) return std::nullopt;
  (void)cudaGetLastError();
  return ApiError{call, static_cast<int>(code), cudaGetErrorName(code), cudaGetErrorString(code),
                  code == cudaErrorMemoryAllocation};
}

class CudaDevice : public Device {
 public:
  ~CudaDevice() override {
    for (const auto& [id, lane] : lanes_) end(lane);
  }

  /// Context and kernels into the device's memory.
  ApiStatus start() {
    if (ApiStatus status = status_of("cudaSetDevice", cudaSetDevice(0))) return status;
    cudaDeviceProp properties;
    if (ApiStatus status =
            status_of("cudaGetDeviceProperties", cudaGetDeviceProperties(&properties, 0)))
      return status;
    name_ = properties.name;
    most_blocks_ = static_cast<unsigned>(properties.multiProcessorCount) * 8;
    cudaFuncAttributes attributes;
    if (ApiStatus status =
            status_of("cudaFuncGetAttributes", cudaFuncGetAttributes(&attributes, chain_kernel)))
      return status;
    if (ApiStatus status =
            status_of("cudaFuncGetAttributes", cudaFuncGetAttributes(&attributes, units_kernel)))
      return status;
    // The first launch of each makes what the driver makes late.
    chain_kernel<<<1, kThreads>>>(Chain{}, nullptr, nullptr, 0);
    units_kernel<<<1, kThreads>>>(Element::float64, Reduce::sum, nullptr, 0, 1, nullptr);
    if (ApiStatus status = status_of("a kernel's launch", cudaGetLastError())) return status;
    return status_of("cudaDeviceSynchronize", cudaDeviceSynchronize());
  }

  std::string name() const override { return name_; }
  std::size_t granularity() const override { return std::size_t{2} << 20; }

  ApiStatus memory(DeviceMemory& now) override {
    std::size_t free = 0;
    std::size_t total = 0;
    ApiStatus status = status_of("cudaMemGetInfo", cudaMemGetInfo(&free, &total));
    now = {free, total};
    return status;
  }

  ApiStatus allocate(std::size_t bytes, std::byte*& memory) override {
    void* made = nullptr;
    ApiStatus status = status_of("cudaMalloc", cudaMalloc(&made, bytes));
    memory = static_cast<std::byte*>(made);
    return status;
  }
  void release(std::byte* memory) override { (void)cudaFree(memory); }

  ApiStatus allocate_pinned(std::size_t bytes, std::byte*& memory) override {
    void* made = nullptr;
    ApiStatus status = status_of("cudaMallocHost", cudaMallocHost(&made, bytes));
    memory = static_cast<std::byte*>(made);
    return status;
  }
  void release_pinned(std::byte* memory) override { (void)cudaFreeHost(memory); }

  ApiStatus pin(std::byte* memory, std::size_t bytes) override {
    return status_of("cudaHostRegister", cudaHostRegister(memory, bytes, cudaHostRegisterDefault));
  }
  void unpin(std::byte* memory) override { (void)cudaHostUnregister(memory); }

  ApiStatus make_stream(std::size_t& stream) override {
    Lane lane;
    if (ApiStatus status =
            status_of("cudaStreamCreateWithFlags",
                      cudaStreamCreateWithFlags(&lane.stream, cudaStreamNonBlocking)))
      return status;
    // A wait sleeps: the processor has tiles to fill meanwhile.
    if (ApiStatus status =
            status_of("cudaEventCreateWithFlags",
                      cudaEventCreateWithFlags(&lane.event,
                                               cudaEventBlockingSync | cudaEventDisableTiming))) {
      end(lane);
      return status;
    }
    stream = next_++;
    lanes_[stream] = lane;
    return std::nullopt;
  }
  void drop_stream(std::size_t stream) override {
    end(lanes_[stream]);
    lanes_.erase(stream);
  }

  ApiStatus copy_in(std::size_t stream, std::byte* device, const std::byte* host,
                    const CopyShape& shape) override {
    return copy(stream, device, shape.row_bytes, host, shape.stride, shape, cudaMemcpyHostToDevice);
  }
  ApiStatus copy_out(std::size_t stream, std::byte* host, const std::byte* device,
                     const CopyShape& shape) override {
    return copy(stream, host, shape.stride, device, shape.row_bytes, shape, cudaMemcpyDeviceToHost);
  }

  ApiStatus run_chain(std::size_t stream, const Chain& chain, const std::byte* in, std::byte* out,
                      std::size_t n) override {
    chain_kernel<<<blocks(n, kThreads), kThreads, 0, lanes_[stream].stream>>>(chain, in, out, n);
    return status_of("a kernel's launch", cudaGetLastError());
  }
  ApiStatus run_units(std::size_t stream, Element element, Reduce what, const std::byte* x,
                      std::size_t rows, std::size_t cols, UnitResult* units) override {
    const std::size_t count = rows * ((cols + kSumUnit - 1) / kSumUnit);
    units_kernel<<<blocks(count, kThreads / kWarp), kThreads, 0, lanes_[stream].stream>>>(
        element, what, x, rows, cols, units);
    return status_of("a kernel's launch", cudaGetLastError());
  }

  ApiStatus mark(std::size_t stream) override {
    const Lane& lane = lanes_[stream];
    return status_of("cudaEventRecord", cudaEventRecord(lane.event, lane.stream));
  }
  ApiStatus wait(std::size_t stream) override {
    return status_of("cudaEventSynchronize", cudaEventSynchronize(lanes_[stream].event));
  }

 private:
  struct Lane {
    cudaStream_t stream = nullptr;
    cudaEvent_t event = nullptr;
  };

  static void end(const Lane& lane) {
    (void)cudaStreamSynchronize(lane.stream);
    if (lane.event != nullptr) (void)cudaEventDestroy(lane.event);
    (void)cudaStreamDestroy(lane.stream);
    (void)cudaGetLastError();
  }

  unsigned blocks(std::size_t things, std::size_t each) const {
    const std::size_t wanted = (things + each - 1) / each;
    return wanted < most_blocks_ ? static_cast<unsigned>(wanted) : most_blocks_;
  }

  ApiStatus copy(std::size_t stream, std::byte* to, std::size_t to_stride, const std::byte* from,
                 std::size_t from_stride, const CopyShape& shape, cudaMemcpyKind kind) {
    const cudaStream_t on = lanes_[stream].stream;
    if (shape.rows <= 1 || shape.stride == shape.row_bytes)
      return status_of("cudaMemcpyAsync", cudaMemcpyAsync(to, from, shape.bytes(), kind, on));
    return status_of("cudaMemcpy2DAsync", cudaMemcpy2DAsync(to, to_stride, from, from_stride,
                                                            shape.row_bytes, shape.rows, kind, on));
  }

  std::string name_;
  unsigned most_blocks_ = 1;
  std::size_t next_ = 0;
  std::map<std::size_t, Lane> lanes_;
};

Error no_device(const ApiError& error) {
  return {"no CUDA device: " + error.call + " said " + error.name + " (" +
              std::to_string(error.code) + "): " + error.words,
          "run it on a machine with an NVIDIA GPU and its driver"};
}

}  // namespace

Result<std::unique_ptr<Device>> open_cuda_device() {
  int count = 0;
  if (const ApiStatus status = status_of("cudaGetDeviceCount", cudaGetDeviceCount(&count)))
    return no_device(*status);
  if (count == 0)
    return Error{"no CUDA device: the driver knows of none",
                 "see nvidia-smi and CUDA_VISIBLE_DEVICES"};
  auto device = std::make_unique<CudaDevice>();
  if (const ApiStatus status = device->start()) return no_device(*status);
  return Result<std::unique_ptr<Device>>(std::move(device));
}

}  // namespace memqual::kernels::cuda
