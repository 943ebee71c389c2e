// SPDX-License-Identifier: Apache-2.0
// The first CUDA device of the machine.
#pragma once

#include <memory>

#include "kernels/cuda/device.h"
#include "kernels/result.h"

namespace memqual::kernels::cuda {

/// Starts the device: its context and its kernels are in its memory afterwards, so that what a pass
/// takes is all that changes then. An Error where this program was built without CUDA, where there
/// is no driver, and where there is no device; it says which.
Result<std::unique_ptr<Device>> open_cuda_device();

}  // namespace memqual::kernels::cuda
