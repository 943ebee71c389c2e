// SPDX-License-Identifier: Apache-2.0
// x86-64, with GCC or Clang on any system.
#include "kernels/cpu.h"

namespace memqual::kernels {

// F16C is not asked for: every CPU with AVX2 and BMI2 has it.
CpuFeatures cpu_features() {
  __builtin_cpu_init();
  CpuFeatures cpu;
  cpu.sse4 = __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("sse4.2") &&
             __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
  cpu.avx2 = cpu.sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  cpu.avx512 = cpu.avx2 && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
  return cpu;
}

}  // namespace memqual::kernels
