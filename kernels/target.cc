// SPDX-License-Identifier: Apache-2.0
#include "kernels/target.h"

#include <cstdlib>
#include <string>

#include "kernels/cpu.h"

namespace memqual::kernels {
namespace {

std::string list(const std::vector<Target>& targets) {
  std::string text;
  for (const Target target : targets) {
    if (!text.empty()) text += ", ";
    text += to_string(target);
  }
  return text;
}

bool contains(const std::vector<Target>& targets, std::string_view name) {
  for (const Target target : targets)
    if (to_string(target) == name) return true;
  return false;
}

Error refusal(std::string_view name) {
  const std::string what = "cannot use the instructions \"" + std::string(name) + "\": ";
  if (!contains(built_targets(), name))
    return {what + "this build has " + list(built_targets()),
            "use one of these, or do not force any"};
  return {what + "this CPU does not have them",
          "it has " + list(supported_targets()) + "; use one of these, or do not force any"};
}

}  // namespace

std::string_view to_string(Target target) {
  switch (target) {
    case Target::portable:
      return "portable";
    case Target::sse2:
      return "sse2";
    case Target::sse4:
      return "sse4";
    case Target::avx2:
      return "avx2";
    case Target::avx512:
      return "avx512";
    case Target::neon:
      return "neon";
  }
  return "?";
}

std::vector<Target> supported_targets() {
  const CpuFeatures cpu = cpu_features();
  std::vector<Target> supported;
  for (const Target target : built_targets()) {
    const bool missing = (target == Target::sse4 && !cpu.sse4) ||
                         (target == Target::avx2 && !cpu.avx2) ||
                         (target == Target::avx512 && !cpu.avx512);
    if (!missing) supported.push_back(target);
  }
  return supported;
}

Result<Target> choose_target(std::optional<std::string_view> forced) {
  const std::vector<Target> supported = supported_targets();
  if (!forced) return supported.back();
  for (const Target target : supported)
    if (to_string(target) == *forced) return target;
  return refusal(*forced);
}

Result<Target> target_from_environment() {
  const char* name = std::getenv("MEMQUAL_FORCE_TARGET");
  if (name == nullptr || *name == '\0') return choose_target(std::nullopt);
  Result<Target> target = choose_target(std::string_view(name));
  if (target) return target;
  return Error{"MEMQUAL_FORCE_TARGET: " + target.error().message, target.error().hint};
}

}  // namespace memqual::kernels
