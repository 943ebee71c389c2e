// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device.h"

namespace memqual::kernels::cuda {

Error as_error(const std::string& doing, const ApiError& error) {
  return {"cannot " + doing + ": " + error.call + " said " + error.name + " (" +
              std::to_string(error.code) + "): " + error.words,
          error.no_memory ? "ask for less, or free what others hold"
                          : "see what the driver logged (dmesg, nvidia-smi -q)"};
}

}  // namespace memqual::kernels::cuda
