// SPDX-License-Identifier: Apache-2.0
// How an innermost loop walks its result, for the sources that are compiled once per target.
//
// A Body has: Out and `Out* out`; kInputs, and fetch<k>(i), which asks for what the line at element
// i needs of input k; make<kStream>(i), which makes the whole line at i; make_some(i, n), which
// makes less than a line; kPages; and, for walk_rows, row(r, runs), the Body of another row.
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
// A second input is asked for further ahead: arrays that begin at equal places within their pages
// would otherwise ask the same bank of the memory at the same time.
constexpr std::size_t kSecondLinesAhead = 48;

template <class T>
inline constexpr std::size_t kLine = kLineBytes / sizeof(T);

// The element may lie behind the end of the array: it is asked for, never read.
template <class T>
HWY_INLINE void fetch_line(const T* x, std::size_t i) {
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(x) + i * sizeof(T);
  hwy::Prefetch(reinterpret_cast<const char*>(address));
}

// Half a page: enough lines are under way then, and the unit that fetches ahead by itself, page by
// page, is in step with it. With a page, or an odd multiple of 256 bytes, reading in order is a
// fifth slower.
constexpr std::size_t kReadAheadBytes = 2048;

// For loops that read one array in order and write nothing: into the second cache, because the
// first one has few misses under way at a time.
HWY_INLINE void fetch_ahead_of(const void* x) {
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(x) + kReadAheadBytes;
  __builtin_prefetch(reinterpret_cast<const void*>(address), 0, 2);
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

// Asks for what comes a few lines behind the line at i.
template <class Body>
HWY_INLINE void fetch_ahead(const Body& body, std::size_t i) {
  constexpr std::size_t line = kLine<typename Body::Out>;
  if constexpr (Body::kInputs >= 1) body.template fetch<0>(i + kLinesAhead * line);
  if constexpr (Body::kInputs >= 2) body.template fetch<1>(i + kSecondLinesAhead * line);
}

template <class Body>
HWY_INLINE void fetch_here(const Body& body, std::size_t i) {
  if constexpr (Body::kInputs >= 1) body.template fetch<0>(i);
  if constexpr (Body::kInputs >= 2) body.template fetch<1>(i);
}

// Pages side by side, Body::kPages of them: where an element's arithmetic is a long chain, one core
// then has several of them under way. Each line is fetched a group of pages ahead.
template <class Body>
HWY_INLINE std::size_t walk_pages(const Body& body, std::size_t i, std::size_t n) {
  constexpr std::size_t line = kLine<typename Body::Out>;
  constexpr std::size_t page = kPageBytes / sizeof(typename Body::Out);
  constexpr std::size_t count = Body::kPages;
  for (; n - i >= count * page; i += count * page) {
    for (std::size_t at = i; at < i + page; at += line) {
      for (std::size_t p = 0; p < count; ++p) {
        fetch_here(body, at + (p + count) * page);
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
    if constexpr (Body::kPages != 0) i = walk_pages(body, i, n);
    for (; n - i >= line; i += line) {
      fetch_ahead(body, i);
      body.template make<true>(i);
    }
    hwy::FlushStream();
  }
  // What lies behind the end may be nobody's: it is not asked for.
  for (; n - i >= line; i += line) {
    if (n - i > kSecondLinesAhead * line) fetch_ahead(body, i);
    body.template make<false>(i);
  }
  if (i != n) body.make_some(i, n - i);
}

// Four rows of a tile side by side, `head` elements of which lead to where a line of the result
// begins. At the end of a row the beginnings of the four `next` ones are fetched: what lies behind
// a tile's row is not the tile's.
template <class Body>
HWY_INLINE void walk_four(const Body (&rows)[4], const Body (&next)[4], std::size_t head,
                          std::size_t n) {
  constexpr std::size_t line = kLine<typename Body::Out>;
  constexpr std::size_t ahead = kLinesAhead * line;
  std::size_t i = head;
  if (head != 0)
    for (const Body& row : rows) row.make_some(0, head);
  for (; n - i >= line; i += line) {
    const std::size_t at = i + ahead;
    for (std::size_t k = 0; k < 4; ++k) {
      if (at < n)
        fetch_here(rows[k], at);
      else
        fetch_here(next[k], at - n);
      rows[k].template make<true>(i);
    }
  }
  if (i != n)
    for (const Body& row : rows) row.make_some(i, n - i);
}

/// Makes all rows of `runs`, the first of which is `first`.
template <class Body>
HWY_INLINE void walk_rows(const Body& first, const Runs& runs, Store store) {
  using Out = typename Body::Out;
  const std::size_t off_line = reinterpret_cast<std::uintptr_t>(first.out) % kLineBytes;
  const bool in_fours = store == Store::streaming && runs.n >= 2 * kLine<Out> &&
                        off_line % sizeof(Out) == 0 && runs.to_stride % kLineBytes == 0;
  std::size_t r = 0;
  if (in_fours && runs.rows >= 4) {
    const std::size_t head = (kLineBytes - off_line) % kLineBytes / sizeof(Out);
    const auto row = [&](std::size_t k) { return first.row(k, runs); };
    for (; runs.rows - r >= 4; r += 4)
      walk_four<Body>({row(r), row(r + 1), row(r + 2), row(r + 3)},
                      {row(r + 4), row(r + 5), row(r + 6), row(r + 7)}, head, runs.n);
    hwy::FlushStream();
  }
  for (; r < runs.rows; ++r) walk(first.row(r, runs), runs.n, store);
}

// The element `bytes` behind x. Rows behind the last one are pointed at to be fetched, never read.
template <class T>
HWY_INLINE T* moved(T* x, std::size_t bytes) {
  return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(x) + bytes);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace memqual::kernels
HWY_AFTER_NAMESPACE();

#endif
