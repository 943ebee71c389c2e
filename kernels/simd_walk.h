// SPDX-License-Identifier: Apache-2.0
// How an innermost loop walks its result, for the sources that are compiled once per target.
//
// A Body has: Out and `Out* out`; fetch(i), which asks for the input of the line at element i;
// make<kStream>(i), which makes the whole line at i; make_some(i, n), which makes less than a line.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "kernels/elementwise_ops.h"

// Seen once by each target.
#if defined(MEMQUAL_KERNELS_SIMD_WALK) == defined(HWY_TARGET_TOGGLE)
#ifdef MEMQUAL_KERNELS_SIMD_WALK
#undef MEMQUAL_KERNELS_SIMD_WALK
#else
#define MEMQUAL_KERNELS_SIMD_WALK
#endif

HWY_BEFORE_NAMESPACE();
namespace memqual::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kLinesAhead = 16;

template <class T>
inline constexpr std::size_t kLine = kLineBytes / sizeof(T);

// The element may lie behind the end of the array: it is asked for, never read.
template <class T>
HWY_INLINE void fetch_line(const T* x, std::size_t i) {
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(x) + i * sizeof(T);
  hwy::Prefetch(reinterpret_cast<const char*>(address));
}

template <bool kStream, class D, class V, class T>
HWY_INLINE void put(D d, V v, T* to) {
  // Less than 16 bytes cannot be streamed.
  if constexpr (kStream && hn::MaxLanes(D()) * sizeof(T) >= 16) {
    hn::Stream(v, d, to);
  } else {
    hn::StoreU(v, d, to);
  }
}

// Four pages side by side: one core then has four streams under way, where one does not reach the
// memory's rate. Each line is fetched a group of pages ahead.
template <class Body>
HWY_INLINE std::size_t walk_pages(const Body& body, std::size_t i, std::size_t n) {
  constexpr std::size_t line = kLine<typename Body::Out>;
  constexpr std::size_t page = kPageBytes / sizeof(typename Body::Out);
  for (; n - i >= 4 * page; i += 4 * page) {
    for (std::size_t at = i; at < i + page; at += line) {
      for (std::size_t p = 0; p < 4; ++p) {
        body.fetch(at + (p + 4) * page);
        body.template make<true>(at + p * page);
      }
    }
  }
  return i;
}

/// Makes elements [0, n) of body.out.
template <class Body>
HWY_INLINE void walk(const Body& body, std::size_t n, Store store) {
  using Out = typename Body::Out;
  constexpr std::size_t line = kLine<Out>;
  const std::size_t off_line = reinterpret_cast<std::uintptr_t>(body.out) % kLineBytes;
  std::size_t i = 0;
  if (store == Store::streaming && off_line % sizeof(Out) == 0 && n >= 2 * line) {
    i = (kLineBytes - off_line) % kLineBytes / sizeof(Out);
    if (i != 0) body.make_some(0, i);
    i = walk_pages(body, i, n);
    for (; n - i >= line; i += line) {
      body.fetch(i + kLinesAhead * line);
      body.template make<true>(i);
    }
    hwy::FlushStream();
  }
  for (; n - i >= line; i += line) body.template make<false>(i);
  if (i != n) body.make_some(i, n - i);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace memqual::kernels
HWY_AFTER_NAMESPACE();

#endif
