// SPDX-License-Identifier: Apache-2.0
// A GPU for kernel steps. memqual-child has none: it is static, and CUDA's driver is a shared
// library; memqual-child-cuda is the same program with one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kernels/kernels.h"
#include "kernels/pass.h"
#include "kernels/result.h"
#include "kernels/thread_pool.h"
#include "scenarios/model/observation.h"

namespace memqual::child {

struct DeviceRun {
  kernels::PassReport pass;
  DeviceReport device;
};

class PassDevice {
 public:
  virtual ~PassDevice() = default;
  /// request.budget is memory of the device. An Error with ENOMEM where the device, or the host for
  /// pinned buffers, refuses memory.
  virtual kernels::Result<DeviceRun> run(const kernels::Kernels& kernels, kernels::ThreadPool& pool,
                                         const kernels::PassRequest& request) = 0;
};

/// An Error with ENODEV where this program or this machine has none.
kernels::Result<std::unique_ptr<PassDevice>> open_pass_device();

}  // namespace memqual::child
