// SPDX-License-Identifier: Apache-2.0
// Architectures whose baseline is all that we use.
#include "kernels/cpu.h"

namespace memqual::kernels {

CpuFeatures cpu_features() { return {}; }

}  // namespace memqual::kernels
