// SPDX-License-Identifier: Apache-2.0
#include "harness/run/clock.h"

#include <fmt/chrono.h>

#include <chrono>
#include <random>

namespace memqual {
namespace {

std::uint64_t now_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

std::string now_rfc3339() {
  const std::uint64_t ms = now_ms();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

std::string new_run_id() {
  std::random_device random;
  const std::uint64_t ms = now_ms();
  const std::uint32_t a = random();
  const std::uint64_t b = (std::uint64_t{random()} << 32U) | random();
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", ms >> 16U & 0xffffffffU, ms & 0xffffU,
                     a & 0xfffU, 0x8000U | (b >> 48U & 0x3fffU), b & 0xffffffffffffULL);
}

}  // namespace memqual
