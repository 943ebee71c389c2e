// SPDX-License-Identifier: Apache-2.0
// The pass of kernels/pass.h on a GPU: an array of the host, as large as it may be, goes through a
// budget of device memory, tile by tile; each is copied in, goes through the chain, is summed, and
// is copied out while the next one comes in.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/cuda/device.h"
#include "kernels/cuda/plan.h"
#include "kernels/kernels.h"
#include "kernels/pass.h"
#include "kernels/result.h"
#include "kernels/thread_pool.h"

namespace memqual::kernels::cuda {

/// The device gave no memory: an observation, not an error of ours.
struct Refusal {
  std::uint64_t bytes = 0;  ///< what was asked for
  DeviceMemory memory;      ///< as it was then
  ApiError error;
};

/// Bytes of the device, as it says itself. Where others use it too, their changes show here.
struct DeviceUse {
  DeviceMemory before;
  DeviceMemory after;
  std::uint64_t peak = 0;  ///< the most that was taken above `before` whenever it was looked at
};

struct DevicePassReport {
  PassReport pass;
  DevicePlan plan;
  DeviceUse use;
  std::uint64_t copied_in = 0;   ///< bytes to the device
  std::uint64_t copied_out = 0;  ///< bytes from it
  /// Then nothing was computed, and nothing written.
  std::optional<Refusal> refused;
};

/// request.budget is device memory; request.caches does not matter. What element-wise steps make is
/// the same, bit for bit, as from run_pass, and so are sums, extremes and checksums; a NaN is a
/// NaN, of whatever payload. After an Error nothing of the device is held, and the sink is as
/// run_pass leaves it: memory holds some tiles, a file does not appear.
Result<DevicePassReport> run_device_pass(const Kernels& kernels, ThreadPool& pool, Device& device,
                                         const PassRequest& request,
                                         const DeviceOptions& options = {});

}  // namespace memqual::kernels::cuda
