// SPDX-License-Identifier: Apache-2.0
// Arrays for the tests of kernels: any place within a cache line, guarded on both sides.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "kernels/half.h"
#include "kernels/kernels.h"
#include "kernels/random.h"
#include "kernels/view.h"

namespace memqual::kernels::testing {

/// An array whose first element lies `skew` elements behind a multiple of 64 bytes; rows are
/// `gap` elements apart.
class Array {
 public:
  Array(Element element, std::size_t rows, std::size_t cols, std::size_t skew = 0,
        std::size_t gap = 0)
      : element_(element),
        rows_(rows),
        cols_(cols),
        stride_((cols + gap) * element_size(element)),
        storage_(kGuard + skew * element_size(element) + rows * stride_ + kGuard, kMark) {
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
    start_ = (64 - address % 64) % 64 + 64 + skew * element_size(element);
  }

  View view() { return {storage_.data() + start_, rows_, cols_, element_, stride_}; }
  std::size_t count() const { return rows_ * cols_; }

  template <class T>
  T get(std::size_t r, std::size_t c) {
    T value;
    std::memcpy(&value, view().at(r, c), sizeof value);
    return value;
  }
  template <class T>
  void set(std::size_t r, std::size_t c, T value) {
    std::memcpy(view().at(r, c), &value, sizeof value);
  }
  /// All elements' bytes, row by row.
  std::vector<std::byte> bytes() {
    std::vector<std::byte> all;
    for (std::size_t r = 0; r < rows_; ++r)
      all.insert(all.end(), view().row(r), view().row(r) + view().row_bytes());
    return all;
  }
  /// Nothing beside the elements was written.
  bool guards_intact() {
    for (std::size_t i = 0; i < storage_.size(); ++i) {
      const bool before = i < start_;
      const std::size_t at = before ? 0 : i - start_;
      const bool inside =
          !before && at / stride_or_one() < rows_ && at % stride_or_one() < view().row_bytes();
      if (!inside && storage_[i] != kMark) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kGuard = 192;
  static constexpr std::byte kMark{0xA5};
  std::size_t stride_or_one() const { return stride_ == 0 ? 1 : stride_; }
  Element element_;
  std::size_t rows_, cols_, stride_;
  std::vector<std::byte> storage_;
  std::size_t start_;
};

/// Any element, set from the nearest value it can hold.
inline void set_value(Array& array, std::size_t r, std::size_t c, double value) {
  const float narrow = static_cast<float>(value);
  switch (array.view().element) {
    case Element::float64:
      return array.set(r, c, value);
    case Element::float32:
      return array.set(r, c, narrow);
    case Element::float16:
      return array.set(r, c, half_from_float(narrow));
    case Element::bfloat16:
      return array.set(r, c, bfloat_from_float(narrow));
    case Element::int32:
      return array.set(r, c, static_cast<std::int32_t>(value));
    case Element::uint8:
      return array.set(r, c, static_cast<std::uint8_t>(value));
  }
}

inline double get_value(Array& array, std::size_t r, std::size_t c) {
  switch (array.view().element) {
    case Element::float64:
      return array.get<double>(r, c);
    case Element::float32:
      return static_cast<double>(array.get<float>(r, c));
    case Element::float16:
      return static_cast<double>(float_from_half(array.get<std::uint16_t>(r, c)));
    case Element::bfloat16:
      return static_cast<double>(float_from_bfloat(array.get<std::uint16_t>(r, c)));
    case Element::int32:
      return array.get<std::int32_t>(r, c);
    case Element::uint8:
      return array.get<std::uint8_t>(r, c);
  }
  return 0;
}

/// Zeros, subnormals, the largest, infinities, NaN, and what rounds in a special way.
inline std::vector<double> special_values() {
  using Double = std::numeric_limits<double>;
  using Float = std::numeric_limits<float>;
  std::vector<double> values = {0.0,
                                1.0,
                                2.0,
                                0.5,
                                Double::min(),
                                Double::denorm_min(),
                                Double::max(),
                                Double::infinity(),
                                Double::quiet_NaN(),
                                static_cast<double>(Float::min()),
                                static_cast<double>(Float::denorm_min()),
                                static_cast<double>(Float::max()),
                                65504.0,
                                65519.0,
                                65520.0,
                                0x1p-14,
                                0x1p-24,
                                0x1p-25,
                                0x1.8p-25,
                                1 + 0x1p-11,
                                1 + 0x3p-11,
                                0x1p-969,
                                0x1.fffffffffffffp-970};
  const std::size_t count = values.size();
  for (std::size_t i = 0; i < count; ++i) values.push_back(-values[i]);
  return values;
}

/// Special values and, between them, bit patterns at random: any exponent, any sign.
inline double wild_value(Element element, std::size_t i) {
  static const std::vector<double> special = special_values();
  const std::uint64_t word = random_word(42, i);
  if (element == Element::int32) return static_cast<std::int32_t>(word);
  if (element == Element::uint8) return static_cast<std::uint8_t>(word);
  if (i % 3 == 0) return special[word % special.size()];
  if (element == Element::float64) return std::bit_cast<double>(word);
  if (i % 3 == 1) return static_cast<double>(random_f32(static_cast<std::uint32_t>(word))) * 8 - 4;
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(word)));
}

inline void fill_wild(Array& array) {
  std::size_t i = 0;
  for (std::size_t r = 0; r < array.view().rows; ++r)
    for (std::size_t c = 0; c < array.view().cols; ++c)
      set_value(array, r, c, wild_value(array.view().element, i++));
}

/// For every target that this CPU has; names it in what fails.
template <class Body>
void on_every_target(const Body& body) {
  for (const Target target : supported_targets()) {
    BOOST_TEST_CONTEXT("target " << to_string(target)) { body(Kernels(target)); }
  }
}

template <class T>
void require_ok(const Result<T>& result) {
  const std::string trouble = result.ok() ? std::string() : result.error().message;
  BOOST_REQUIRE_MESSAGE(result.ok(), trouble);
}

}  // namespace memqual::kernels::testing
