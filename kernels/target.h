// SPDX-License-Identifier: Apache-2.0
// Which instructions the kernels may use. Every kernel exists for every target of the architecture
// the library was built for; one is chosen when the program runs.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "kernels/result.h"

namespace memqual::kernels {

/// sse2 is the baseline of x86-64, neon that of AArch64. avx512 needs F, BW, DQ and VL. On any
/// other architecture the baseline is called portable.
enum class Target { portable, sse2, sse4, avx2, avx512, neon };

std::string_view to_string(Target target);

/// What this library was built with, weakest first. The first runs on every CPU of the
/// architecture.
std::vector<Target> built_targets();

/// Those of built_targets() that this CPU and its kernel can run.
std::vector<Target> supported_targets();

/// The strongest supported target, or the one named `forced`. A name that is not known, not built
/// or not supported here is an error, never a silent fallback.
Result<Target> choose_target(std::optional<std::string_view> forced);

/// choose_target() with the value of MEMQUAL_FORCE_TARGET, if that is set and not empty.
Result<Target> target_from_environment();

}  // namespace memqual::kernels
