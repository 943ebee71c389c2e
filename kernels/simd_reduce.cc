// SPDX-License-Identifier: Apache-2.0
// Compiled once per target. The shape of a sum is the same on all of them: 32 lanes, whatever the
// width of a vector, folded in halves.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "kernels/half.h"
#include "kernels/reduce_ops.h"
#include "kernels/simd_config.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd_reduce.cc"
#include <hwy/foreach_target.h>  // before highway.h
//
#include <hwy/highway.h>

#include "kernels/simd_walk.h"

HWY_BEFORE_NAMESPACE();
namespace memqual::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kLanes = 32;

using D64 = hn::ScalableTag<double>;
using V64 = hn::Vec<D64>;
constexpr std::size_t kPerVector = hn::MaxLanes(D64());
constexpr std::size_t kVectors = kLanes / kPerVector;

// The compiler cannot see through this, so what uses the address stays behind it. Unrolled freely,
// the prefetches of many lines are issued in one burst, which fills the queue of misses and lets
// the loads wait behind it: up to a third slower.
template <class T>
HWY_INLINE void in_this_order(const T*& address) {
  asm volatile("" : "+r"(address) : : "memory");
}

// ------------------------------------------------------------------------- loads, as doubles

HWY_INLINE V64 load(const double* x) { return hn::LoadU(D64(), x); }
HWY_INLINE V64 load(const float* x) {
  const hn::Rebind<float, D64> narrow;
  return hn::PromoteTo(D64(), hn::LoadU(narrow, x));
}
HWY_INLINE V64 load(const std::int32_t* x) {
  const hn::Rebind<std::int32_t, D64> narrow;
  return hn::PromoteTo(D64(), hn::LoadU(narrow, x));
}

// A line of elements that are converted is more work than one of doubles: it has to lie in the
// first cache by then, and is asked for earlier.
HWY_INLINE void ask_ahead_of(const double* x) { fetch_ahead_of(x); }
template <class T>
HWY_INLINE void ask_ahead_of(const T* x) {
  fetch_line(x, kPageBytes / sizeof(T));
}

// The square of a float32 is exact in double, so that one rounding or two make no difference.
template <class T>
HWY_INLINE V64 add_square(const T*, V64 v, V64 sum) {
  return hn::Add(sum, hn::Mul(v, v));
}
HWY_INLINE V64 add_square(const float*, V64 v, V64 sum) { return hn::MulAdd(v, v, sum); }

// ------------------------------------------------------------------------- one unit

struct Accumulator {
  V64 sum[kVectors];
  V64 least[kVectors];
  V64 most[kVectors];
};

// The upper half is added to the lower one until one lane is left.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE double fold_halves(D64, V64 lane) { return hn::GetLane(lane); }
#else
template <class D, class V>
HWY_INLINE double fold_halves(D d, V lanes) {
  if constexpr (hn::MaxLanes(d) == 1) {
    return hn::GetLane(lanes);
  } else {
    const hn::Half<D> half;
    return fold_halves(half, hn::Add(hn::LowerHalf(half, lanes), hn::UpperHalf(half, lanes)));
  }
}
#endif

HWY_INLINE double fold(const V64* lanes) {
  V64 folded[kVectors];
  for (std::size_t k = 0; k < kVectors; ++k) folded[k] = lanes[k];
  for (std::size_t half = kVectors / 2; half != 0; half /= 2) {
    for (std::size_t k = 0; k < half; ++k) folded[k] = hn::Add(folded[k], folded[k + half]);
  }
  return fold_halves(D64(), folded[0]);
}

template <Reduce kWhat, class T>
HWY_INLINE void add_lanes(const T*& x, Accumulator& acc) {
  for (std::size_t k = 0; k < kVectors; ++k) {
    if (k * kPerVector * sizeof(T) % kLineBytes == 0) {
      in_this_order(x);
      ask_ahead_of(x + k * kPerVector);
    }
    const V64 v = load(x + k * kPerVector);
    if constexpr (kWhat == Reduce::sum_of_squares) {
      acc.sum[k] = add_square(x, v, acc.sum[k]);
    } else {
      acc.sum[k] = hn::Add(acc.sum[k], v);
    }
    if constexpr (kWhat == Reduce::summary) {
      // The accumulator comes second: what the instruction returns where x is a NaN.
      acc.least[k] = hn::Min(v, acc.least[k]);
      acc.most[k] = hn::Max(v, acc.most[k]);
    }
  }
}

HWY_INLINE void clear_sum(Accumulator& acc) {
  for (std::size_t k = 0; k < kVectors; ++k) acc.sum[k] = hn::Zero(D64());
}

// `whole` units of kSumUnit elements.
template <Reduce kWhat, class T>
HWY_INLINE void whole_units(const T* x, std::size_t whole, double* sums, Accumulator& acc) {
  for (std::size_t unit = 0; unit < whole; ++unit, x += kSumUnit) {
    clear_sum(acc);
    const T* from = x;
    for (std::size_t i = 0; i < kSumUnit; i += kLanes, from += kLanes) add_lanes<kWhat>(from, acc);
    sums[unit] = fold(acc.sum);
  }
}

template <Reduce kWhat, class T>
void reduce(const T* x, std::size_t n, double* sums, Extremes* extremes) {
  if (n == 0) return;
  Accumulator acc;
  for (std::size_t k = 0; k < kVectors; ++k) {
    acc.least[k] = hn::Set(D64(), std::numeric_limits<double>::infinity());
    acc.most[k] = hn::Neg(acc.least[k]);
  }
  const std::size_t whole = n / kSumUnit;
  whole_units<kWhat>(x, whole, sums, acc);
  if (const std::size_t rest = n - whole * kSumUnit; rest != 0) {
    x += whole * kSumUnit;
    T padded[kSumUnit] = {};
    std::memcpy(padded, x, rest * sizeof(T));
    // Zeros add nothing to a sum, but would count as extremes: those are taken one by one.
    Accumulator last;
    whole_units<kWhat == Reduce::summary ? Reduce::sum : kWhat>(padded, 1, sums + whole, last);
    if constexpr (kWhat == Reduce::summary) {
      for (std::size_t i = 0; i < rest; ++i) {
        const V64 v = hn::Set(D64(), static_cast<double>(x[i]));
        acc.least[0] = hn::Min(v, acc.least[0]);
        acc.most[0] = hn::Max(v, acc.most[0]);
      }
    }
  }
  if constexpr (kWhat == Reduce::summary) {
    for (std::size_t k = 0; k < kVectors; ++k) {
      double values[kPerVector];
      hn::StoreU(acc.least[k], D64(), values);
      for (const double value : values)
        if (value < extremes->least) extremes->least = value;
      hn::StoreU(acc.most[k], D64(), values);
      for (const double value : values)
        if (value > extremes->most) extremes->most = value;
    }
  }
}

// 16-bit floats go through a unit of float32 that stays in the first cache.
template <Reduce kWhat, bool kBfloat>
void reduce_halves(const std::uint16_t* x, std::size_t n, double* sums, Extremes* extremes) {
  for (std::size_t unit = 0; unit * kSumUnit < n; ++unit) {
    const std::size_t count = std::min(kSumUnit, n - unit * kSumUnit);
    float wide[kSumUnit];
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint16_t bits = x[unit * kSumUnit + i];
      wide[i] = kBfloat ? float_from_bfloat(bits) : float_from_half(bits);
    }
    reduce<kWhat>(wide, count, sums + unit, extremes);
  }
}

// Sums of bytes are small integers: any order is exact, so the compiler's own vectors will do.
template <Reduce kWhat>
void reduce_bytes(const std::uint8_t* x, std::size_t n, double* sums, Extremes* extremes) {
  for (std::size_t unit = 0; unit * kSumUnit < n; ++unit) {
    const std::size_t count = std::min(kSumUnit, n - unit * kSumUnit);
    const std::uint8_t* from = x + unit * kSumUnit;
    std::uint32_t sum = 0;
    std::uint8_t least = 255;
    std::uint8_t most = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t value = from[i];
      sum += kWhat == Reduce::sum_of_squares ? value * value : value;
      least = std::min(least, from[i]);
      most = std::max(most, from[i]);
    }
    sums[unit] = sum;
    if constexpr (kWhat == Reduce::summary) {
      extremes->least = std::min(extremes->least, static_cast<double>(least));
      extremes->most = std::max(extremes->most, static_cast<double>(most));
    }
  }
}

// ------------------------------------------------------------------------- checksum

// Each word is masked by a key that depends on its place; the product of the two halves and the
// word itself, turned by 32 bits, are added. Addition modulo 2^64 does not care for the order.
std::uint64_t checksum(const std::byte* bytes, std::size_t words, std::uint64_t first_word) {
  const hn::ScalableTag<std::uint64_t> d;
  const std::size_t n = hn::Lanes(d);
  const auto* x = reinterpret_cast<const std::uint64_t*>(bytes);
  auto total = hn::Zero(d);
  auto key = hn::Add(hn::Set(d, (first_word + 1) * kChecksumStep),
                     hn::Mul(hn::Iota(d, std::uint64_t{0}), hn::Set(d, kChecksumStep)));
  const auto step = hn::Set(d, kChecksumStep * n);
  std::size_t i = 0;
  for (; i + n <= words; i += n) {
    fetch_ahead_of(x + i);
    const auto word = hn::LoadU(d, x + i);
    const auto masked = hn::Xor(word, key);
#if HWY_TARGET == HWY_SCALAR
    const auto product =
        hn::Mul(hn::And(masked, hn::Set(d, 0xFFFFFFFFull)), hn::ShiftRight<32>(masked));
    const auto turned = hn::Or(hn::ShiftRight<32>(word), hn::ShiftLeft<32>(word));
#else
    const hn::Repartition<std::uint32_t, decltype(d)> d32;
    const auto halves = hn::BitCast(d32, masked);
    const auto product = hn::MulEven(halves, hn::Shuffle2301(halves));
    const auto turned = hn::BitCast(d, hn::Shuffle2301(hn::BitCast(d32, word)));
#endif
    total = hn::Add(total, hn::Add(product, turned));
    key = hn::Add(key, step);
  }
  std::uint64_t sum = 0;
  std::uint64_t lanes[hn::MaxLanes(d)];
  hn::StoreU(total, d, lanes);
  for (const std::uint64_t lane : lanes) sum += lane;
  for (; i < words; ++i) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i * 8, sizeof word);
    sum += checksum_word(word, first_word + i);
  }
  return sum;
}

}  // namespace

template <Reduce kWhat>
inline constexpr ReducePerElement kPerElement = {
    reduce<kWhat, double>,      reduce<kWhat, float>,        reduce_halves<kWhat, false>,
    reduce_halves<kWhat, true>, reduce<kWhat, std::int32_t>, reduce_bytes<kWhat>,
};

constexpr ReduceOps kReduce = {
    kPerElement<Reduce::sum>,
    kPerElement<Reduce::sum_of_squares>,
    kPerElement<Reduce::summary>,
    checksum,
};

}  // namespace HWY_NAMESPACE
}  // namespace memqual::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace memqual::kernels {

const ReduceOps* reduce_ops(Target target) {
  static constexpr PerTarget<ReduceOps> kTables = MEMQUAL_PER_TARGET(kReduce);
  return kTables.of(target);
}

}  // namespace memqual::kernels
#endif
