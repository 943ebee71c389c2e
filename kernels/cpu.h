// SPDX-License-Identifier: Apache-2.0
// What this CPU offers beyond its architecture's baseline.
#pragma once

namespace memqual::kernels {

/// Each means everything that the target of that name uses, and that the kernel saves the
/// registers.
struct CpuFeatures {
  bool sse4 = false;    ///< up to SSE4.2, AES, PCLMUL
  bool avx2 = false;    ///< sse4, AVX2, FMA, BMI2, F16C
  bool avx512 = false;  ///< avx2, AVX-512 F, BW, DQ, VL
};

/// Asks the CPU: a few microseconds where a hypervisor answers. All false where the architecture
/// has none of them.
CpuFeatures cpu_features();

}  // namespace memqual::kernels
