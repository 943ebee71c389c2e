// SPDX-License-Identifier: Apache-2.0
// Of memqual-child, which the harness does not ask to run on a device.
#include <cerrno>

#include "harness/child/kernel_device.h"

namespace memqual::child {

kernels::Result<std::unique_ptr<PassDevice>> open_pass_device() {
  return kernels::Error{"this is memqual-child, which runs nothing on a GPU",
                        "use memqual-child-cuda", ENODEV};
}

}  // namespace memqual::child
