// SPDX-License-Identifier: Apache-2.0
// Compiled once per target. Each element of a result is made by the same operations in the same
// order wherever it lies in a row, so a tile's result does not depend on where the tile begins.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/simd_config.h"
#include "kernels/stencil_ops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd_stencil.cc"
#include <hwy/foreach_target.h>  // before highway.h
//
#include <hwy/highway.h>

#include "kernels/simd_walk.h"

HWY_BEFORE_NAMESPACE();
namespace memqual::kernels {
namespace HWY_NAMESPACE {
namespace {

// ------------------------------------------------------------------------- 5 and 9 points

template <class T, bool kCorners>
struct Stencil {
  using Out = T;
  const T* above;
  const T* here;
  const T* below;
  T* out;
  T centre, side, corner;

  static constexpr int kInputs = 1;
  static constexpr std::size_t kPages = 0;
  template <int>
  HWY_INLINE void fetch(std::size_t i) const {
    // The two upper rows were read for the results before this one.
    fetch_line(below, i);
  }
  template <bool kStream>
  HWY_INLINE void make(std::size_t i) const {
    const hn::ScalableTag<T> d;
    for (std::size_t k = i; k < i + kLine<T>; k += hn::Lanes(d)) {
      const auto vertical = hn::Add(hn::LoadU(d, above + k), hn::LoadU(d, below + k));
      const auto horizontal = hn::Add(hn::LoadU(d, here + k - 1), hn::LoadU(d, here + k + 1));
      auto sum = hn::Add(hn::Mul(hn::Set(d, centre), hn::LoadU(d, here + k)),
                         hn::Mul(hn::Set(d, side), hn::Add(vertical, horizontal)));
      if constexpr (kCorners) {
        const auto upper = hn::Add(hn::LoadU(d, above + k - 1), hn::LoadU(d, above + k + 1));
        const auto lower = hn::Add(hn::LoadU(d, below + k - 1), hn::LoadU(d, below + k + 1));
        sum = hn::Add(sum, hn::Mul(hn::Set(d, corner), hn::Add(upper, lower)));
      }
      put<kStream>(d, sum, out + k);
    }
  }
  HWY_INLINE void make_some(std::size_t i, std::size_t n) const {
    T rows[3][kLine<T> + 2] = {};
    const T* from[3] = {above, here, below};
    for (int r = 0; r < 3; ++r) std::memcpy(rows[r], from[r] + i - 1, (n + 2) * sizeof(T));
    T line[kLine<T>];
    Stencil<T, kCorners>{rows[0] + 1, rows[1] + 1, rows[2] + 1, line, centre, side, corner}
        .template make<false>(0);
    std::memcpy(out + i, line, n * sizeof(T));
  }
};

// Four rows side by side: the rows that they share are read once, and each is a stream of its own.
// `head` elements lead to where the results begin a line; that is the same in all rows.
template <class T, bool kCorners>
HWY_INLINE void four_rows(const Stencil<T, kCorners> (&rows)[4], std::size_t head, std::size_t n) {
  constexpr std::size_t line = kLine<T>;
  std::size_t i = head;
  if (head != 0)
    for (const auto& row : rows) row.make_some(0, head);
  for (; n - i >= line; i += line) {
    for (const auto& row : rows) {
      fetch_ahead(row, i);
      row.template make<true>(i);
    }
  }
  if (i != n)
    for (const auto& row : rows) row.make_some(i, n - i);
}

template <class T, bool kCorners>
void stencil(const T* x, std::size_t x_stride, T* to, std::size_t to_stride, std::size_t rows,
             std::size_t n, const StencilWeights& weights, Store store) {
  const auto row = [&](std::size_t r) {
    const T* here = x + r * x_stride;
    return Stencil<T, kCorners>{here - x_stride,
                                here,
                                here + x_stride,
                                to + r * to_stride,
                                static_cast<T>(weights.centre),
                                static_cast<T>(weights.side),
                                static_cast<T>(weights.corner)};
  };
  const std::size_t off_line = reinterpret_cast<std::uintptr_t>(to) % kLineBytes;
  const bool in_fours = store == Store::streaming && n >= 2 * kLine<T> &&
                        off_line % sizeof(T) == 0 && to_stride % kLine<T> == 0;
  std::size_t r = 0;
  if (in_fours) {
    const std::size_t head = (kLineBytes - off_line) % kLineBytes / sizeof(T);
    for (; rows - r >= 4; r += 4)
      four_rows<T, kCorners>({row(r), row(r + 1), row(r + 2), row(r + 3)}, head, n);
    hwy::FlushStream();
  }
  for (; r < rows; ++r) walk(row(r), n, store);
}

// ------------------------------------------------------------------------- box

// Sums of columns first, then of neighbours among them: 2 * (2 * radius + 1) additions instead of
// their square.
template <class T>
void box(const T* top, std::size_t stride, std::size_t radius, T* to, std::size_t n) {
  constexpr std::size_t kPiece = 1024;
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t width = 2 * radius + 1;
  const T scale = static_cast<T>(1.0 / static_cast<double>(width * width));
  T columns[2 * kPiece + kLine<T>];
  // What does not leave room for a piece is left to the caller: radius < kPiece / 2.
  for (std::size_t i = 0; i < n; i += kPiece) {
    const std::size_t count = std::min(kPiece, n - i);
    const std::size_t needed = count + 2 * radius;
    for (std::size_t c = 0; c < needed; c += lanes) {
      const bool whole = c + lanes <= needed;
      const std::size_t some = whole ? lanes : needed - c;
      T last[kLine<T>] = {};
      auto sum = hn::Zero(d);
      for (std::size_t r = 0; r < width; ++r) {
        const T* from = top + r * stride + i - radius + c;
        if (!whole) std::memcpy(last, from, some * sizeof(T));
        sum = hn::Add(sum, hn::LoadU(d, whole ? from : last));
      }
      hn::StoreU(sum, d, columns + c);
    }
    // The last vector may begin before the end and reach beyond what was summed.
    std::fill_n(columns + (needed + lanes - 1) / lanes * lanes, lanes, T{0});
    for (std::size_t c = 0; c < count; c += lanes) {
      auto sum = hn::Zero(d);
      for (std::size_t k = 0; k < width; ++k) sum = hn::Add(sum, hn::LoadU(d, columns + c + k));
      sum = hn::Mul(sum, hn::Set(d, scale));
      if (c + lanes <= count) {
        hn::StoreU(sum, d, to + i + c);
      } else {
        T last[kLine<T>];
        hn::StoreU(sum, d, last);
        std::memcpy(to + i + c, last, (count - c) * sizeof(T));
      }
    }
  }
}

// ------------------------------------------------------------------------- transpose

template <class T>
HWY_INLINE T get(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
HWY_INLINE void put_line(const T* line, std::byte* to, bool stream) {
  const hn::ScalableTag<T> d;
  T* out = reinterpret_cast<T*>(to);
  for (std::size_t k = 0; k < kLine<T>; k += hn::Lanes(d)) {
    if (stream)
      put<true>(d, hn::LoadU(d, line + k), out + k);
    else
      put<false>(d, hn::LoadU(d, line + k), out + k);
  }
}

// A square of lines: as many rows as a line has elements.
template <class T>
HWY_INLINE void transpose_square(const std::byte* x, std::size_t x_stride, std::byte* to,
                                 std::size_t to_stride, bool stream) {
  constexpr std::size_t kSide = kLine<T>;
  alignas(kLineBytes) T turned[kSide][kSide];
  for (std::size_t r = 0; r < kSide; ++r) {
    T line[kSide];
    std::memcpy(line, x + r * x_stride, sizeof line);
    for (std::size_t c = 0; c < kSide; ++c) turned[c][r] = line[c];
  }
  for (std::size_t c = 0; c < kSide; ++c) put_line(turned[c], to + c * to_stride, stream);
}

#if HWY_TARGET == HWY_AVX3
HWY_INLINE void put_512(__m512d line, std::byte* to, bool stream) {
  auto* out = reinterpret_cast<double*>(to);
  if (stream)
    _mm512_stream_pd(out, line);
  else
    _mm512_storeu_pd(out, line);
}

// Pairs within 128 bits, then quarters of registers, twice.
template <>
HWY_INLINE void transpose_square<std::uint64_t>(const std::byte* x, std::size_t x_stride,
                                                std::byte* to, std::size_t to_stride, bool stream) {
  __m512d row[8];
  for (std::size_t r = 0; r < 8; ++r) row[r] = _mm512_loadu_pd(x + r * x_stride);
  __m512d even[4], odd[4];
  for (std::size_t p = 0; p < 4; ++p) {
    even[p] = _mm512_unpacklo_pd(row[2 * p], row[2 * p + 1]);
    odd[p] = _mm512_unpackhi_pd(row[2 * p], row[2 * p + 1]);
  }
  for (std::size_t parity = 0; parity < 2; ++parity) {
    const __m512d* pair = parity == 0 ? even : odd;
    const __m512d low01 = _mm512_shuffle_f64x2(pair[0], pair[1], 0x88);
    const __m512d high01 = _mm512_shuffle_f64x2(pair[0], pair[1], 0xDD);
    const __m512d low23 = _mm512_shuffle_f64x2(pair[2], pair[3], 0x88);
    const __m512d high23 = _mm512_shuffle_f64x2(pair[2], pair[3], 0xDD);
    std::byte* out = to + parity * to_stride;
    put_512(_mm512_shuffle_f64x2(low01, low23, 0x88), out, stream);
    put_512(_mm512_shuffle_f64x2(high01, high23, 0x88), out + 2 * to_stride, stream);
    put_512(_mm512_shuffle_f64x2(low01, low23, 0xDD), out + 4 * to_stride, stream);
    put_512(_mm512_shuffle_f64x2(high01, high23, 0xDD), out + 6 * to_stride, stream);
  }
}
#endif

template <class T>
HWY_INLINE void transpose_rest(const std::byte* x, std::size_t x_stride, std::byte* to,
                               std::size_t to_stride, std::size_t rows, std::size_t cols) {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) {
      const T value = get<T>(x + r * x_stride + c * sizeof(T));
      std::memcpy(to + c * to_stride + r * sizeof(T), &value, sizeof value);
    }
  }
}

// Bands of a few squares' height are walked along their rows, so that each page of the input is
// left once and each visit to a row of the result writes several lines.
template <class T>
void transpose(const std::byte* x, std::size_t x_stride, std::byte* to, std::size_t to_stride,
               std::size_t rows, std::size_t cols, Store store) {
  constexpr std::size_t kSide = kLine<T>;
  constexpr std::size_t kBand = std::max<std::size_t>(32, kSide);
  constexpr std::size_t kAhead = 4 * kLineBytes;
  const bool stream = store == Store::streaming &&
                      reinterpret_cast<std::uintptr_t>(to) % kLineBytes == 0 &&
                      to_stride % kLineBytes == 0;
  const std::size_t square_cols = cols / kSide * kSide;
  const std::size_t square_rows = rows / kSide * kSide;
  for (std::size_t band = 0; band < square_rows; band += kBand) {
    const std::size_t band_end = std::min(band + kBand, square_rows);
    for (std::size_t c = 0; c < square_cols; c += kSide) {
      for (std::size_t r = band; r < band_end; r += kSide) {
        const std::byte* from = x + r * x_stride + c * sizeof(T);
        for (std::size_t k = 0; k < kSide; ++k) fetch_line(from + k * x_stride, kAhead);
        transpose_square<T>(from, x_stride, to + c * to_stride + r * sizeof(T), to_stride, stream);
      }
    }
  }
  transpose_rest<T>(x + square_cols * sizeof(T), x_stride, to + square_cols * to_stride, to_stride,
                    square_rows, cols - square_cols);
  transpose_rest<T>(x + square_rows * x_stride, x_stride, to + square_rows * sizeof(T), to_stride,
                    rows - square_rows, cols);
  if (stream) hwy::FlushStream();
}

}  // namespace

constexpr StencilOps kStencil = {
    stencil<double, false>,
    stencil<float, false>,
    stencil<double, true>,
    stencil<float, true>,
    box<double>,
    box<float>,
    transpose<std::uint64_t>,
    transpose<std::uint32_t>,
    transpose<std::uint16_t>,
    transpose<std::uint8_t>,
};

}  // namespace HWY_NAMESPACE
}  // namespace memqual::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace memqual::kernels {

const StencilOps* stencil_ops(Target target) {
  static constexpr PerTarget<StencilOps> kTables = MEMQUAL_PER_TARGET(kStencil);
  return kTables.of(target);
}

}  // namespace memqual::kernels
#endif
