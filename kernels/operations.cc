// SPDX-License-Identifier: Apache-2.0
#include "kernels/operations.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "kernels/half.h"
#include "kernels/random.h"

namespace memqual::kernels {
namespace {

using I32 = std::int32_t;
using U16 = std::uint16_t;

// 16-bit floats are computed on in pieces that stay in the first cache.
constexpr std::size_t kPiece = 512;

std::string shape(const ConstView& view) {
  return std::to_string(view.rows) + "x" + std::to_string(view.cols) + " " +
         std::string(to_string(view.element));
}

bool aligned(const ConstView& view) {
  const std::size_t size = element_size(view.element);
  return reinterpret_cast<std::uintptr_t>(view.data) % size == 0 && view.stride % size == 0;
}

Status check_pair(const char* what, const ConstView& x, const ConstView& out) {
  const std::string doing = std::string("cannot compute ") + what + ": ";
  if (x.rows != out.rows || x.cols != out.cols)
    return Error{doing + "the input is " + shape(x) + ", the result " + shape(out),
                 "give both the same rows and columns"};
  if (!aligned(x) || !aligned(out))
    return Error{doing + "an array of " +
                     std::string(to_string(aligned(x) ? out.element : x.element)) +
                     " begins or continues at an address that is no multiple of its element",
                 "align it"};
  return done();
}

Status check_same(const char* what, const ConstView& x, const ConstView& out) {
  if (x.element != out.element)
    return Error{std::string("cannot compute ") + what + ": the input is " + shape(x) +
                     ", the result " + shape(out),
                 "use the same element, or convert first"};
  return check_pair(what, x, out);
}

Error no_meaning(const char* what, Element element, const char* instead) {
  return {std::string(what) + " is not defined for " + std::string(to_string(element)), instead};
}
constexpr const char* kFloating = "use float64, float32, float16 or bfloat16";
constexpr const char* kNotBytes = "use int32 or a floating element";

template <class T>
const T* as(const std::byte* bytes) {
  return reinterpret_cast<const T*>(bytes);
}
template <class T>
T* as(std::byte* bytes) {
  return reinterpret_cast<T*>(bytes);
}

// One run if the rows of all follow each other.
Runs runs_of(const ConstView& x, const ConstView& y, const View& out) {
  if (out.empty()) return 0;
  if (x.contiguous() && y.contiguous() && out.contiguous()) return out.rows * out.cols;
  return {out.cols, out.rows, x.stride, y.stride, out.stride};
}

// body(x, y, out, n) over float32 pieces of a row of 16-bit floats.
template <class Body>
void row_in_floats(const Kernels& kernels, Element element, const std::byte* x, const std::byte* y,
                   std::byte* out, std::size_t n, const Body& body) {
  const ElementwiseOps& ops = kernels.elementwise();
  const bool half = element == Element::float16;
  const auto widen = half ? ops.f32_from_half : ops.f32_from_bfloat;
  const auto narrow = half ? ops.half_from_f32 : ops.bfloat_from_f32;
  float a[kPiece];
  float b[kPiece];
  for (std::size_t i = 0; i < n; i += kPiece) {
    const std::size_t count = std::min(kPiece, n - i);
    widen(as<U16>(x) + i, a, count, Store::cached);
    if (y != x) widen(as<U16>(y) + i, b, count, Store::cached);
    body(a, y != x ? b : a, a, count);
    narrow(a, as<U16>(out) + i, count, Store::cached);
  }
}

template <class Body>
void in_floats(const Kernels& kernels, const ConstView& x, const ConstView& y, const View& out,
               const Body& body) {
  for (std::size_t r = 0; r < out.rows; ++r)
    row_in_floats(kernels, out.element, x.row(r), y.row(r), out.row(r), out.cols, body);
}

bool whole_number_of(double value, double least, double most) {
  return value >= least && value <= most && value == std::trunc(value);
}

bool holds_i32(double value) {
  return whole_number_of(value, std::numeric_limits<I32>::min(), std::numeric_limits<I32>::max());
}

template <class T>
std::uint64_t repeated(T value) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < sizeof word; i += sizeof value)
    std::memcpy(reinterpret_cast<std::byte*>(&word) + i, &value, sizeof value);
  return word;
}

Result<std::uint64_t> fill_word(Element element, double value) {
  const Error too_large{"cannot fill " + std::string(to_string(element)) + " with " +
                            std::to_string(value) + ": it cannot hold this value",
                        "use a whole number of its range"};
  switch (element) {
    case Element::float64:
      return repeated(value);
    case Element::float32:
      return repeated(static_cast<float>(value));
    case Element::float16:
      return repeated(half_from_float(static_cast<float>(value)));
    case Element::bfloat16:
      return repeated(bfloat_from_float(static_cast<float>(value)));
    case Element::int32:
      if (!holds_i32(value)) return too_large;
      return repeated(static_cast<I32>(value));
    case Element::uint8:
      if (!whole_number_of(value, 0, 255)) return too_large;
      return repeated(static_cast<std::uint8_t>(value));
  }
  return too_large;
}

// Element k of the elements that one word makes.
void write_random(Element element, std::uint64_t word, std::size_t k, std::byte* to) {
  const std::size_t size = element_size(element);
  const std::uint64_t bits = word >> (8 * size * k);
  const auto put = [to](auto value) { std::memcpy(to, &value, sizeof value); };
  switch (element) {
    case Element::float64:
      return put(random_f64(bits));
    case Element::float32:
      return put(random_f32(static_cast<std::uint32_t>(bits)));
    case Element::float16:
      return put(half_from_float(random_f16(static_cast<U16>(bits))));
    case Element::bfloat16:
      return put(bfloat_from_float(random_bf16(static_cast<U16>(bits))));
    case Element::int32:
      return put(static_cast<std::uint32_t>(bits));
    case Element::uint8:
      return put(static_cast<std::uint8_t>(bits));
  }
}

// Whole words, from `first` on.
void random_words(const Kernels& kernels, Element element, std::uint64_t seed, std::uint64_t first,
                  std::byte* to, std::size_t words, Store store) {
  const ElementwiseOps& ops = kernels.elementwise();
  switch (element) {
    case Element::float64:
      return ops.random_f64(seed, first, as<double>(to), words, store);
    case Element::float32:
      return ops.random_f32(seed, first, as<float>(to), 2 * words, store);
    case Element::int32:
    case Element::uint8:
      return ops.random_words(seed, first, as<std::uint64_t>(to), words, store);
    case Element::float16:
    case Element::bfloat16:
      for (std::size_t w = 0; w < words; ++w)
        for (std::size_t k = 0; k < 4; ++k)
          write_random(element, random_word(seed, first + w), k, to + (4 * w + k) * sizeof(U16));
  }
}

// n elements, the first of which is number `index` of the array.
void random_run(const Kernels& kernels, Element element, std::uint64_t seed, std::uint64_t index,
                std::byte* to, std::size_t n, Store store) {
  const std::size_t per_word = elements_per_word(element);
  const std::size_t size = element_size(element);
  const auto single = [&] {
    write_random(element, random_word(seed, index / per_word), index % per_word, to);
    ++index;
    to += size;
    --n;
  };
  while (n != 0 && index % per_word != 0) single();
  const std::size_t words = n / per_word;
  random_words(kernels, element, seed, index / per_word, to, words, store);
  index += words * per_word;
  to += words * sizeof(std::uint64_t);
  n -= words * per_word;
  while (n != 0) single();
}

}  // namespace

Status fill(const Kernels& kernels, View out, double value, Store store) {
  const Result<std::uint64_t> word = fill_word(out.element, value);
  if (!word) return word.error();
  const Runs runs = runs_of(out, out, out);
  for (std::size_t r = 0; r < runs.rows; ++r)
    kernels.elementwise().fill(out.data + r * runs.to_stride, runs.n * element_size(out.element),
                               *word, store);
  return done();
}

Status fill_random(const Kernels& kernels, View out, std::uint64_t seed, Position at, Store store) {
  if (at.col + out.cols > at.array_cols)
    return Error{"cannot fill " + shape(out) + " at random: it would end behind column " +
                     std::to_string(at.array_cols) + " of its array",
                 "check its position"};
  if (Status status = check_pair("random values", out, out); !status) return status;
  if (out.empty()) return done();
  const auto run = [&](std::size_t r, std::size_t n) {
    const std::uint64_t index = (at.row + r) * std::uint64_t{at.array_cols} + at.col;
    random_run(kernels, out.element, seed, index, out.row(r), n, store);
  };
  if (out.contiguous() && out.cols == at.array_cols) {
    run(0, out.rows * out.cols);
  } else {
    for (std::size_t r = 0; r < out.rows; ++r) run(r, out.cols);
  }
  return done();
}

Status copy(const Kernels& kernels, ConstView x, View out, Store store) {
  if (Status status = check_same("copy", x, out); !status) return status;
  Runs bytes = runs_of(x, x, out);
  bytes.n *= element_size(out.element);
  kernels.elementwise().copy(x.data, out.data, bytes, store);
  return done();
}

Status sqrt(const Kernels& kernels, ConstView x, View out, Store store) {
  if (!is_floating(x.element)) return no_meaning("sqrt", x.element, kFloating);
  if (Status status = check_same("sqrt", x, out); !status) return status;
  const ElementwiseOps& ops = kernels.elementwise();
  const Runs runs = runs_of(x, x, out);
  switch (x.element) {
    case Element::float64:
      ops.sqrt_f64(as<double>(x.data), as<double>(out.data), runs, store);
      break;
    case Element::float32:
      ops.sqrt_f32(as<float>(x.data), as<float>(out.data), runs, store);
      break;
    default:
      in_floats(kernels, x, x, out, [&](const float* a, const float*, float* c, std::size_t count) {
        ops.sqrt_f32(a, c, count, Store::cached);
      });
      break;
  }
  return done();
}

Status scale_offset(const Kernels& kernels, ConstView x, View out, double a, double b,
                    Store store) {
  if (x.element == Element::uint8) return no_meaning("a*x + b", x.element, kNotBytes);
  if (x.element == Element::int32 && !(holds_i32(a) && holds_i32(b)))
    return Error{"cannot compute a*x + b in int32: a or b is no int32", "use whole numbers"};
  if (Status status = check_same("a*x + b", x, out); !status) return status;
  const ElementwiseOps& ops = kernels.elementwise();
  const float af = static_cast<float>(a);
  const float bf = static_cast<float>(b);
  const Runs runs = runs_of(x, x, out);
  switch (x.element) {
    case Element::float64:
      ops.scale_offset_f64(as<double>(x.data), as<double>(out.data), runs, a, b, store);
      break;
    case Element::float32:
      ops.scale_offset_f32(as<float>(x.data), as<float>(out.data), runs, af, bf, store);
      break;
    case Element::int32:
      ops.scale_offset_i32(as<I32>(x.data), as<I32>(out.data), runs, static_cast<I32>(a),
                           static_cast<I32>(b), store);
      break;
    default:
      in_floats(kernels, x, x, out, [&](const float* p, const float*, float* q, std::size_t count) {
        ops.scale_offset_f32(p, q, count, af, bf, Store::cached);
      });
      break;
  }
  return done();
}

Status triad(const Kernels& kernels, ConstView x, ConstView y, View out, double a, Store store) {
  if (x.element == Element::uint8) return no_meaning("x + a*y", x.element, kNotBytes);
  if (x.element == Element::int32 && !holds_i32(a))
    return Error{"cannot compute x + a*y in int32: a is no int32", "use a whole number"};
  if (Status status = check_same("x + a*y", x, out); !status) return status;
  if (Status status = check_same("x + a*y", y, out); !status) return status;
  const ElementwiseOps& ops = kernels.elementwise();
  const float af = static_cast<float>(a);
  const Runs runs = runs_of(x, y, out);
  switch (x.element) {
    case Element::float64:
      ops.triad_f64(as<double>(x.data), as<double>(y.data), as<double>(out.data), runs, a, store);
      break;
    case Element::float32:
      ops.triad_f32(as<float>(x.data), as<float>(y.data), as<float>(out.data), runs, af, store);
      break;
    case Element::int32:
      ops.triad_i32(as<I32>(x.data), as<I32>(y.data), as<I32>(out.data), runs, static_cast<I32>(a),
                    store);
      break;
    default:
      in_floats(kernels, x, y, out,
                [&](const float* u, const float* v, float* w, std::size_t count) {
                  ops.triad_f32(u, v, w, count, af, Store::cached);
                });
      break;
  }
  return done();
}

Status convert(const Kernels& kernels, ConstView x, View out, Store store) {
  const auto is_short = [](Element element) {
    return element == Element::float16 || element == Element::bfloat16;
  };
  const bool narrowing = x.element == Element::float32 && is_short(out.element);
  const bool widening = is_short(x.element) && out.element == Element::float32;
  if (!narrowing && !widening)
    return Error{"cannot convert " + std::string(to_string(x.element)) + " to " +
                     std::string(to_string(out.element)),
                 "one side has to be float32, the other float16 or bfloat16"};
  if (Status status = check_pair("conversion", x, out); !status) return status;
  const ElementwiseOps& ops = kernels.elementwise();
  const bool half = x.element == Element::float16 || out.element == Element::float16;
  const Runs runs = runs_of(x, x, out);
  if (narrowing)
    (half ? ops.half_from_f32 : ops.bfloat_from_f32)(as<float>(x.data), as<U16>(out.data), runs,
                                                     store);
  else
    (half ? ops.f32_from_half : ops.f32_from_bfloat)(as<U16>(x.data), as<float>(out.data), runs,
                                                     store);
  return done();
}

}  // namespace memqual::kernels
