// SPDX-License-Identifier: Apache-2.0
// Compiled once per target: how fast memory can be read at all.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/read_ops.h"
#include "kernels/simd_config.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd_read.cc"
#include <hwy/foreach_target.h>  // before highway.h
//
#include <hwy/highway.h>

#include "kernels/simd_walk.h"

HWY_BEFORE_NAMESPACE();
namespace memqual::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<std::uint64_t>;
using V = hn::Vec<D>;
constexpr std::size_t kPerVector = hn::MaxLanes(D());
constexpr std::size_t kWords = kLineBytes / sizeof(std::uint64_t);
constexpr std::size_t kVectors = kWords / kPerVector;

struct Line {
  V part[kVectors];
};

HWY_INLINE void clear(Line& line) {
  for (std::size_t k = 0; k < kVectors; ++k) line.part[k] = hn::Zero(D());
}

HWY_INLINE void take(Line& line, const std::uint64_t* from) {
  for (std::size_t k = 0; k < kVectors; ++k)
    line.part[k] = hn::Xor(line.part[k], hn::LoadU(D(), from + k * kPerVector));
}

HWY_INLINE std::uint64_t fold(const Line& line) {
  std::uint64_t words[kWords];
  std::uint64_t all = 0;
  for (std::size_t k = 0; k < kVectors; ++k) hn::StoreU(line.part[k], D(), words + k * kPerVector);
  for (const std::uint64_t word : words) all ^= word;
  return all;
}

// What is left behind the last whole line.
HWY_INLINE std::uint64_t rest(const std::byte* from, std::size_t bytes) {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < bytes; i += sizeof all) {
    std::uint64_t word = 0;
    std::memcpy(&word, from + i, bytes - i < sizeof word ? bytes - i : sizeof word);
    all ^= word;
  }
  return all;
}

// The compiler cannot see through this, so that loads and prefetches stay in the order in which
// they are written: bursts of prefetches fill the queue of misses.
HWY_INLINE void in_this_order(const std::uint64_t*& address) {
  asm volatile("" : "+r"(address) : : "memory");
}

std::uint64_t in_order(const std::byte* from, std::size_t bytes) {
  const std::size_t lines = bytes / kLineBytes;
  const auto* x = reinterpret_cast<const std::uint64_t*>(from);
  Line sum;
  clear(sum);
  for (std::size_t i = 0; i < lines; ++i, x += kWords) {
    in_this_order(x);
    fetch_ahead_of(x);
    take(sum, x);
  }
  return fold(sum) ^ rest(from + lines * kLineBytes, bytes - lines * kLineBytes);
}

std::uint64_t four_pages(const std::byte* from, std::size_t bytes) {
  constexpr std::size_t page = kPageBytes / sizeof(std::uint64_t);
  const std::size_t groups = bytes / (4 * kPageBytes);
  const auto* x = reinterpret_cast<const std::uint64_t*>(from);
  Line sum[4];
  for (Line& one : sum) clear(one);
  for (std::size_t group = 0; group < groups; ++group, x += 4 * page) {
    const std::uint64_t* at = x;
    for (std::size_t i = 0; i < page; i += kWords, at += kWords) {
      for (std::size_t p = 0; p < 4; ++p) {
        in_this_order(at);
        fetch_line(at, (p + 4) * page);
        take(sum[p], at + p * page);
      }
    }
  }
  const std::size_t seen = groups * 4 * kPageBytes;
  return fold(sum[0]) ^ fold(sum[1]) ^ fold(sum[2]) ^ fold(sum[3]) ^
         in_order(from + seen, bytes - seen);
}

}  // namespace

constexpr ReadOps kRead = {in_order, four_pages};

}  // namespace HWY_NAMESPACE
}  // namespace memqual::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace memqual::kernels {

const ReadOps* read_ops(Target target) {
  static constexpr PerTarget<ReadOps> kTables = MEMQUAL_PER_TARGET(kRead);
  return kTables.of(target);
}

}  // namespace memqual::kernels
#endif
