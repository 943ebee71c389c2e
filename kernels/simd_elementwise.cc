// SPDX-License-Identifier: Apache-2.0
// Compiled once per target. Every loop walks its result in lines of 64 bytes; a last, shorter line
// goes through a padded copy, so that one piece of arithmetic makes every element.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/elementwise_ops.h"
#include "kernels/half.h"
#include "kernels/random.h"
#include "kernels/simd_config.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd_elementwise.cc"
#include <hwy/foreach_target.h>  // before highway.h
//
#include <hwy/highway.h>

#include "kernels/simd_walk.h"

HWY_BEFORE_NAMESPACE();
namespace memqual::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// ------------------------------------------------------------------------- one or two inputs

/// out[i] = fn(x[i], y[i]); fn ignores y where there is one input. Fn::kLong: a chain of many
/// instructions.
template <class T, class Fn, int kCount>
struct Map {
  using Out = T;
  static constexpr int kInputs = kCount;
  static constexpr std::size_t kPages = Fn::kLong ? 4 : 0;
  const T* x;
  const T* y;
  T* out;
  Fn fn;

  template <int kInput>
  HWY_INLINE void fetch(std::size_t i) const {
    fetch_line(kInput == 0 ? x : y, i);
  }
  HWY_INLINE Map row(std::size_t r, const Runs& runs) const {
    return {moved(x, r * runs.x_stride), moved(y, r * runs.y_stride),
            moved(out, r * runs.to_stride), fn};
  }
  template <bool kStream>
  HWY_INLINE void make(std::size_t i) const {
    const hn::ScalableTag<T> d;
    for (std::size_t k = i; k < i + kLine<T>; k += hn::Lanes(d)) {
      if constexpr (kInputs == 2) {
        put<kStream>(d, fn(d, hn::LoadU(d, x + k), hn::LoadU(d, y + k)), out + k);
      } else {
        put<kStream>(d, fn(d, hn::LoadU(d, x + k)), out + k);
      }
    }
  }
  HWY_INLINE void make_some(std::size_t i, std::size_t n) const {
    T a[kLine<T>] = {};
    T b[kLine<T>] = {};
    std::memcpy(a, x + i, n * sizeof(T));
    if constexpr (kInputs == 2) std::memcpy(b, y + i, n * sizeof(T));
    Map{a, b, a, fn}.template make<false>(0);
    std::memcpy(out + i, a, n * sizeof(T));
  }
};

template <class T, class Fn>
HWY_INLINE void map1(const T* x, T* to, const Runs& runs, Store store, const Fn& fn) {
  walk_rows(Map<T, Fn, 1>{x, x, to, fn}, runs, store);
}
template <class T, class Fn>
HWY_INLINE void map2(const T* x, const T* y, T* to, const Runs& runs, Store store, const Fn& fn) {
  walk_rows(Map<T, Fn, 2>{x, y, to, fn}, runs, store);
}

struct Same {
  static constexpr bool kLong = false;
  template <class D, class V>
  HWY_INLINE V operator()(D, V v) const {
    return v;
  }
};

template <class T>
struct ScaleOffset {
  static constexpr bool kLong = false;
  T a, b;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V v) const {
    return hn::Add(hn::Mul(hn::Set(d, a), v), hn::Set(d, b));
  }
};

template <class T>
struct Triad {
  static constexpr bool kLong = false;
  T a;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x, V y) const {
    return hn::Add(x, hn::Mul(hn::Set(d, a), y));
  }
};

#if HWY_TARGET == HWY_AVX3
// The square-root unit is slower than memory. An estimate of 1/sqrt(x) and two Goldschmidt steps
// give g ~ sqrt(x), h ~ 1/(2 sqrt(x)); the residual x - g*g, exact in a fused multiply-add, then
// rounds g to the nearest. Below 2^-969 that residual would lose bits: such lanes, zeros,
// negatives, infinities and NaN go to the unit.
HWY_INLINE __m512d root(__m512d x) {
  const __m512i least = _mm512_set1_epi64(static_cast<std::int64_t>((1023ull - 969) << 52));
  const __m512i width =
      _mm512_set1_epi64(static_cast<std::int64_t>(0x7FF0000000000000ull - ((1023ull - 969) << 52)));
  const __mmask8 plain =
      _mm512_cmplt_epu64_mask(_mm512_sub_epi64(_mm512_castpd_si512(x), least), width);
  const __m512d half = _mm512_set1_pd(0.5);
  const __m512d estimate = _mm512_rsqrt14_pd(x);
  __m512d g = _mm512_mul_pd(x, estimate);
  __m512d h = _mm512_mul_pd(estimate, half);
  for (int step = 0; step < 2; ++step) {
    const __m512d r = _mm512_fnmadd_pd(g, h, half);
    g = _mm512_fmadd_pd(g, r, g);
    h = _mm512_fmadd_pd(h, r, h);
  }
  g = _mm512_fmadd_pd(_mm512_fnmadd_pd(g, g, x), h, g);
  if (HWY_UNLIKELY(plain != 0xFF)) {
    g = _mm512_mask_sqrt_pd(g, static_cast<__mmask8>(~plain), x);
  }
  return g;
}
#endif

struct Sqrt {
  static constexpr bool kLong = true;
  template <class D, class V>
  HWY_INLINE V operator()(D, V v) const {
#if HWY_TARGET == HWY_AVX3
    if constexpr (sizeof(hn::TFromD<D>) == 8) return V{root(v.raw)};
#endif
    return hn::Sqrt(v);
  }
};

// ------------------------------------------------------------------------- no input

struct Fill {
  using Out = std::uint64_t;
  std::uint64_t* out;
  std::uint64_t word;
  static constexpr int kInputs = 0;
  static constexpr std::size_t kPages = 4;
  template <bool kStream>
  HWY_INLINE void make(std::size_t i) const {
    const hn::ScalableTag<std::uint64_t> d;
    for (std::size_t k = i; k < i + kLine<Out>; k += hn::Lanes(d)) {
      put<kStream>(d, hn::Set(d, word), out + k);
    }
  }
  HWY_INLINE void make_some(std::size_t i, std::size_t n) const {
    for (std::size_t k = i; k < i + n; ++k) std::memcpy(out + k, &word, sizeof word);
  }
};

struct AsWord {
  template <class D, class V>
  HWY_INLINE V operator()(D, V words) const {
    return words;
  }
};
struct AsDouble {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V words) const {
    const hn::Rebind<double, D> df;
    const auto in_1_2 = hn::Or(hn::ShiftRight<12>(words), hn::Set(d, 0x3FF0000000000000ull));
    return hn::BitCast(d, hn::Sub(hn::BitCast(df, in_1_2), hn::Set(df, 1.0)));
  }
};
struct AsFloats {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V words) const {
#if HWY_TARGET == HWY_SCALAR
    const std::uint64_t word = words.raw;
    const float pair[2] = {random_f32(static_cast<std::uint32_t>(word)),
                           random_f32(static_cast<std::uint32_t>(word >> 32))};
    std::uint64_t both;
    std::memcpy(&both, pair, sizeof both);
    return hn::Set(d, both);
#else
    const hn::Repartition<std::uint32_t, D> d32;
    const hn::Repartition<float, D> df;
    const auto bits = hn::BitCast(d32, words);
    const auto in_1_2 = hn::Or(hn::ShiftRight<9>(bits), hn::Set(d32, 0x3F800000u));
    return hn::BitCast(d, hn::Sub(hn::BitCast(df, in_1_2), hn::Set(df, 1.0f)));
#endif
  }
};

template <class As>
struct Random {
  using Out = std::uint64_t;
  std::uint64_t* out;
  std::uint64_t start;  // seed + (first word + 1) * kRandomStep

  static constexpr int kInputs = 0;
  static constexpr std::size_t kPages = 4;
  template <bool kStream>
  HWY_INLINE void make(std::size_t i) const {
    const hn::ScalableTag<std::uint64_t> d;
    for (std::size_t k = i; k < i + kLine<Out>; k += hn::Lanes(d)) {
      const auto steps = hn::Mul(hn::Iota(d, std::uint64_t{0}), hn::Set(d, kRandomStep));
      auto x = hn::Add(hn::Set(d, start + k * kRandomStep), steps);
      x = hn::Mul(hn::Xor(x, hn::ShiftRight<30>(x)), hn::Set(d, 0xBF58476D1CE4E5B9ull));
      x = hn::Mul(hn::Xor(x, hn::ShiftRight<27>(x)), hn::Set(d, 0x94D049BB133111EBull));
      put<kStream>(d, As()(d, hn::Xor(x, hn::ShiftRight<31>(x))), out + k);
    }
  }
  HWY_INLINE void make_some(std::size_t i, std::size_t n) const {
    std::uint64_t line[kLine<Out>];
    Random<As>{line, start + i * kRandomStep}.template make<false>(0);
    std::memcpy(out + i, line, n * sizeof(Out));
  }
};

template <class As, class T>
HWY_INLINE void random_run(std::uint64_t seed, std::uint64_t first_word, T* to, std::size_t words,
                           Store store) {
  const std::uint64_t start = seed + (first_word + 1) * kRandomStep;
  walk(Random<As>{reinterpret_cast<std::uint64_t*>(to), start}, words, store);
}

// ------------------------------------------------------------------------- conversion

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_SSE4
// No instruction for it here.
template <bool kStream>
HWY_INLINE void make_halves(const float* x, std::uint16_t* out) {
  for (std::size_t k = 0; k < kLine<std::uint16_t>; ++k) out[k] = half_from_float(x[k]);
}
template <bool kStream>
HWY_INLINE void make_floats(const std::uint16_t* x, float* out) {
  for (std::size_t k = 0; k < kLine<float>; ++k) out[k] = float_from_half(x[k]);
}
#else
template <bool kStream>
HWY_INLINE void make_halves(const float* x, std::uint16_t* out) {
  const hn::ScalableTag<float> df;
  const hn::Rebind<hwy::float16_t, decltype(df)> dh;
  const hn::RebindToUnsigned<decltype(dh)> du;
  const hn::ScalableTag<std::uint16_t> whole;
  const std::size_t n = hn::Lanes(df);
  const auto half = [&](const float* from) {
    return hn::BitCast(du, hn::DemoteTo(dh, hn::LoadU(df, from)));
  };
  // Two halves of a vector are one store.
  for (std::size_t k = 0; k < kLine<std::uint16_t>; k += 2 * n)
    put<kStream>(whole, hn::Combine(whole, half(x + k + n), half(x + k)), out + k);
}
template <bool kStream>
HWY_INLINE void make_floats(const std::uint16_t* x, float* out) {
  const hn::ScalableTag<float> df;
  const hn::Rebind<hwy::float16_t, decltype(df)> dh;
  const hn::RebindToUnsigned<decltype(dh)> du;
  for (std::size_t k = 0; k < kLine<float>; k += hn::Lanes(df)) {
    put<kStream>(df, hn::PromoteTo(df, hn::BitCast(dh, hn::LoadU(du, x + k))), out + k);
  }
}
#endif

template <bool kStream>
HWY_INLINE void make_bfloats(const float* x, std::uint16_t* out) {
  const hn::ScalableTag<float> df;
  const hn::RebindToUnsigned<decltype(df)> du;
  const hn::RebindToSigned<decltype(df)> di;
  const hn::Rebind<std::uint16_t, decltype(df)> d16;
  const auto bfloats = [&](const float* from) {
    const auto value = hn::LoadU(df, from);
    const auto bits = hn::BitCast(du, value);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1u));
    const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7FFFu))));
    const auto quiet = hn::Or(hn::ShiftRight<16>(bits), hn::Set(du, 0x40u));
    const auto nan = hn::RebindMask(du, hn::IsNaN(value));
    return hn::DemoteTo(d16, hn::BitCast(di, hn::IfThenElse(nan, quiet, rounded)));
  };
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t k = 0; k < kLine<std::uint16_t>; ++k) put<kStream>(d16, bfloats(x + k), out + k);
#else
  const hn::ScalableTag<std::uint16_t> whole;
  const std::size_t n = hn::Lanes(df);
  for (std::size_t k = 0; k < kLine<std::uint16_t>; k += 2 * n)
    put<kStream>(whole, hn::Combine(whole, bfloats(x + k + n), bfloats(x + k)), out + k);
#endif
}
template <bool kStream>
HWY_INLINE void make_floats_from_bfloats(const std::uint16_t* x, float* out) {
  const hn::ScalableTag<float> df;
  const hn::RebindToUnsigned<decltype(df)> du;
  const hn::Rebind<std::uint16_t, decltype(df)> d16;
  for (std::size_t k = 0; k < kLine<float>; k += hn::Lanes(df)) {
    const auto bits = hn::ShiftLeft<16>(hn::PromoteTo(du, hn::LoadU(d16, x + k)));
    put<kStream>(df, hn::BitCast(df, bits), out + k);
  }
}

enum class Conversion { half_from_f32, f32_from_half, bfloat_from_f32, f32_from_bfloat };

template <Conversion kWhich, class In, class To>
struct Convert {
  using Out = To;
  static constexpr int kInputs = 1;
  static constexpr std::size_t kPages = 0;
  const In* x;
  To* out;

  HWY_INLINE Convert row(std::size_t r, const Runs& runs) const {
    return {moved(x, r * runs.x_stride), moved(out, r * runs.to_stride)};
  }
  template <int>
  HWY_INLINE void fetch(std::size_t i) const {
    fetch_line(x, i);
    // Narrowing reads two lines for each that it writes.
    if constexpr (sizeof(In) > sizeof(To)) fetch_line(x, i + kLine<In>);
  }
  template <bool kStream>
  HWY_INLINE void make(std::size_t i) const {
    if constexpr (kWhich == Conversion::half_from_f32) make_halves<kStream>(x + i, out + i);
    if constexpr (kWhich == Conversion::f32_from_half) make_floats<kStream>(x + i, out + i);
    if constexpr (kWhich == Conversion::bfloat_from_f32) make_bfloats<kStream>(x + i, out + i);
    if constexpr (kWhich == Conversion::f32_from_bfloat)
      make_floats_from_bfloats<kStream>(x + i, out + i);
  }
  HWY_INLINE void make_some(std::size_t i, std::size_t n) const {
    In from[kLine<To>] = {};
    To to[kLine<To>];
    std::memcpy(from, x + i, n * sizeof(In));
    Convert<kWhich, In, To>{from, to}.template make<false>(0);
    std::memcpy(out + i, to, n * sizeof(To));
  }
};

template <Conversion kWhich, class In, class To>
void convert(const In* x, To* to, const Runs& runs, Store store) {
  walk_rows(Convert<kWhich, In, To>{x, to}, runs, store);
}

// ------------------------------------------------------------------------- the table's functions

void copy(const std::byte* from, std::byte* to, const Runs& bytes, Store store) {
  if (store == Store::cached) {
    for (std::size_t r = 0; r < bytes.rows; ++r)
      std::memmove(to + r * bytes.to_stride, from + r * bytes.x_stride, bytes.n);
    return;
  }
  map1(reinterpret_cast<const std::uint8_t*>(from), reinterpret_cast<std::uint8_t*>(to), bytes,
       store, Same());
}

void fill(std::byte* to, std::size_t bytes, std::uint64_t word, Store store) {
  const std::size_t words = bytes / sizeof word;
  walk(Fill{reinterpret_cast<std::uint64_t*>(to), word}, words, store);
  std::memcpy(to + words * sizeof word, &word, bytes - words * sizeof word);
}

void random_words(std::uint64_t seed, std::uint64_t first, std::uint64_t* to, std::size_t n,
                  Store store) {
  random_run<AsWord>(seed, first, to, n, store);
}
void random_doubles(std::uint64_t seed, std::uint64_t first, double* to, std::size_t n,
                    Store store) {
  random_run<AsDouble>(seed, first, to, n, store);
}
void random_floats(std::uint64_t seed, std::uint64_t first, float* to, std::size_t n, Store store) {
  random_run<AsFloats>(seed, first, to, n / 2, store);
}

template <class T>
void square_root(const T* x, T* to, const Runs& runs, Store store) {
  map1(x, to, runs, store, Sqrt());
}
template <class T>
void scale_offset(const T* x, T* to, const Runs& runs, T a, T b, Store store) {
  map1(x, to, runs, store, ScaleOffset<T>{a, b});
}
template <class T>
void triad(const T* x, const T* y, T* to, const Runs& runs, T a, Store store) {
  map2(x, y, to, runs, store, Triad<T>{a});
}

}  // namespace

constexpr ElementwiseOps kElementwise = {
    copy,
    fill,
    random_words,
    random_doubles,
    random_floats,
    square_root<double>,
    square_root<float>,
    scale_offset<double>,
    scale_offset<float>,
    scale_offset<std::int32_t>,
    triad<double>,
    triad<float>,
    triad<std::int32_t>,
    convert<Conversion::half_from_f32, float, std::uint16_t>,
    convert<Conversion::f32_from_half, std::uint16_t, float>,
    convert<Conversion::bfloat_from_f32, float, std::uint16_t>,
    convert<Conversion::f32_from_bfloat, std::uint16_t, float>,
};

}  // namespace HWY_NAMESPACE
}  // namespace memqual::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace memqual::kernels {

const ElementwiseOps* elementwise_ops(Target target) {
  static constexpr PerTarget<ElementwiseOps> kTables = MEMQUAL_PER_TARGET(kElementwise);
  return kTables.of(target);
}

std::vector<Target> built_targets() {
  // What the architecture always has, then what the compiler could make beyond it.
  std::vector<Target> targets = {HWY_ARCH_X86_64          ? Target::sse2
                                 : HWY_TARGETS & HWY_NEON ? Target::neon
                                                          : Target::portable};
  if (HWY_TARGETS & HWY_SSE4) targets.push_back(Target::sse4);
  if (HWY_TARGETS & HWY_AVX2) targets.push_back(Target::avx2);
  if (HWY_TARGETS & HWY_AVX3) targets.push_back(Target::avx512);
  return targets;
}

}  // namespace memqual::kernels
#endif
