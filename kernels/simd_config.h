// SPDX-License-Identifier: Apache-2.0
// First include of every source that is compiled once per target: which targets, and that nothing
// of Highway's run-time library is needed (memqual-child is static and Debian has libhwy shared
// only).
#pragma once

// Emulated 128-bit vectors come out wrong from GCC before 12.3; lane by lane is right everywhere.
#define HWY_BROKEN_EMU128 1
// Three steps between SSE2 and AVX-512 are enough; each more costs build time in every source.
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#ifndef HWY_IS_DEBUG_BUILD
#define HWY_IS_DEBUG_BUILD 0
#endif

#include "kernels/target.h"

namespace memqual::kernels {

/// What one source offers for each target; null where the target was not built.
template <class Ops>
struct PerTarget {
  const Ops* baseline;
  const Ops* sse4;
  const Ops* avx2;
  const Ops* avx512;

  const Ops* of(Target target) const {
    switch (target) {
      case Target::sse4:
        return sse4;
      case Target::avx2:
        return avx2;
      case Target::avx512:
        return avx512;
      case Target::portable:
      case Target::sse2:
      case Target::neon:
        return baseline;
    }
    return nullptr;
  }
};

// The table NAME of each target's namespace, behind the loop over targets.
#define MEMQUAL_PER_TARGET(NAME) \
  { HWY_CHOOSE_FALLBACK(NAME), HWY_CHOOSE_SSE4(NAME), HWY_CHOOSE_AVX2(NAME), HWY_CHOOSE_AVX3(NAME) }

}  // namespace memqual::kernels
