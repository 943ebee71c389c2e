// SPDX-License-Identifier: Apache-2.0
#include "kernels/half.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "kernels/random.h"

using namespace memqual::kernels;

namespace {

// By the definition of binary16, in doubles.
double value_of_half(std::uint16_t half) {
  const double sign = half & 0x8000u ? -1.0 : 1.0;
  const int exponent = half >> 10 & 0x1F;
  const double fraction = half & 0x3FF;
  if (exponent == 31)
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

// The nearest of all halves, the even one of two: |value| is looked up in units of the last place.
double nearest_half(double value) {
  if (std::isnan(value)) return value;
  const double magnitude = std::abs(value);
  if (magnitude >= 65520) return std::copysign(std::numeric_limits<double>::infinity(), value);
  const int exponent = magnitude < 0x1p-14 ? -14 : std::ilogb(magnitude);
  const double unit = std::ldexp(1.0, exponent - 10);
  return std::copysign(std::nearbyint(magnitude / unit) * unit, value);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(half)

BOOST_AUTO_TEST_CASE(every_half_has_its_value_and_comes_back) {
  std::size_t wrong = 0;
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = float_from_half(half);
    const double expected = value_of_half(half);
    if (std::isnan(expected)) {
      wrong += !std::isnan(value) || half_from_float(value) != (half | 0x200u);
    } else {
      wrong += static_cast<double>(value) != expected || half_from_float(value) != half;
    }
  }
  BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_CASE(floats_become_the_nearest_half_ties_to_even) {
  std::size_t wrong = 0;
  for (std::uint64_t i = 0; i < 300000; ++i) {
    // Exponents around the range of halves, and a fraction that often is a tie.
    const auto word = static_cast<std::uint32_t>(random_word(1, i));
    const std::uint32_t exponent = 98 + word % 50;
    const std::uint32_t keep = i % 2 == 0 ? 0x7FFFFFu : 0x7FF000u;
    const float value =
        std::bit_cast<float>((word & 0x80000000u) | exponent << 23 | ((word >> 7) & keep));
    const float result = float_from_half(half_from_float(value));
    wrong += static_cast<double>(result) != nearest_half(static_cast<double>(value));
  }
  BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_CASE(floats_become_the_nearest_bfloat_ties_to_even) {
  struct Row {
    std::uint32_t bits;
    std::uint16_t expected;
  };
  const Row rows[] = {
      {0x3F800000, 0x3F80}, {0x3F808000, 0x3F80}, {0x3F818000, 0x3F82}, {0x3F808001, 0x3F81},
      {0x7F7FFFFF, 0x7F80}, {0x7F800000, 0x7F80}, {0xFF800000, 0xFF80}, {0x7F800001, 0x7FC0},
      {0x00008000, 0x0000}, {0x00018000, 0x0002}, {0x80000000, 0x8000}, {0xFFC12345, 0xFFC1},
  };
  for (const Row& row : rows) {
    BOOST_TEST(bfloat_from_float(std::bit_cast<float>(row.bits)) == row.expected);
    BOOST_TEST(std::bit_cast<std::uint32_t>(float_from_bfloat(row.expected)) ==
               static_cast<std::uint32_t>(row.expected) << 16);
  }
}

BOOST_AUTO_TEST_SUITE_END()
