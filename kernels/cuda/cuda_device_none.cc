// SPDX-License-Identifier: Apache-2.0
// Instead of cuda_device.cu, where CUDA's compiler is missing.
#include "kernels/cuda/cuda_device.h"

namespace memqual::kernels::cuda {

Result<std::unique_ptr<Device>> open_cuda_device() {
  return Error{"no CUDA device: this program was built without CUDA",
               "install the CUDA toolkit (nvcc) and build with -DMEMQUAL_CUDA=ON"};
}

}  // namespace memqual::kernels::cuda
