// SPDX-License-Identifier: Apache-2.0
// Sums against a plain transcription of their definition and an exact sum; extremes and checksums
// against loops; any cutting against the whole.
#include "kernels/reduction.h"

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

double term(double x, Reduce what) { return what == Reduce::sum_of_squares ? x * x : x; }

// The definition of reduction.h, word by word.
double unit_sum(Array& array, std::size_t row, std::size_t first, Reduce what) {
  double lanes[32] = {};
  const std::size_t end = std::min(first + kSumUnit, array.view().cols);
  for (std::size_t c = first; c < end; ++c)
    lanes[(c - first) % 32] += term(get_value(array, row, c), what);
  for (std::size_t half = 16; half != 0; half /= 2)
    for (std::size_t k = 0; k < half; ++k) lanes[k] += lanes[k + half];
  return lanes[0];
}

double tree_sum(std::vector<double> units) {
  if (units.empty()) return 0;
  while (units.size() > 1) {
    std::vector<double> parents;
    for (std::size_t i = 0; i + 1 < units.size(); i += 2)
      parents.push_back(units[i] + units[i + 1]);
    if (units.size() % 2 == 1) parents.push_back(units.back());
    units = std::move(parents);
  }
  return units[0];
}

double defined_sum(Array& array, Reduce what) {
  std::vector<double> units;
  for (std::size_t r = 0; r < array.view().rows; ++r)
    for (std::size_t c = 0; c < array.view().cols; c += kSumUnit)
      units.push_back(unit_sum(array, r, c, what));
  return tree_sum(units);
}

ReductionResult reduce_whole(const Kernels& kernels, Array& array, Reduce what) {
  const View view = array.view();
  Reduction reduction(kernels, what, view.element, view.rows, view.cols);
  require_ok(reduction.add(view, {0, 0, view.cols}));
  const Result<ReductionResult> result = reduction.result();
  require_ok(result);
  return *result;
}

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

// Values whose sums round, and whose squares do not overflow.
void fill_tame(Array& array) {
  std::size_t i = 0;
  for (std::size_t r = 0; r < array.view().rows; ++r) {
    for (std::size_t c = 0; c < array.view().cols; ++c, ++i) {
      const double x = random_f64(random_word(9, i));
      const bool integer = !is_floating(array.view().element);
      set_value(array, r, c, integer ? std::floor(x * 250) : (x - 0.4) * (i % 7 == 0 ? 1e4 : 1));
    }
  }
}

struct Shape {
  std::size_t rows, cols;
};
const Shape kShapes[] = {{1, 0},    {1, 1},    {1, 31},  {1, 33}, {1, 255},  {1, 256},  {1, 257},
                         {1, 5000}, {3, 1000}, {7, 512}, {5, 3},  {40, 300}, {1, 40000}};

}  // namespace

BOOST_AUTO_TEST_SUITE(reduction)

BOOST_AUTO_TEST_CASE(sums_have_the_defined_bits_on_every_target) {
  for (const Element element : kElements) {
    for (const Shape& shape : kShapes) {
      for (const std::size_t skew : {0u, 1u, 5u}) {
        Array array(element, shape.rows, shape.cols, skew, skew);
        fill_tame(array);
        for (const Reduce what : {Reduce::sum, Reduce::sum_of_squares, Reduce::summary}) {
          const double expected = defined_sum(array, what);
          on_every_target([&](const Kernels& kernels) {
            BOOST_TEST_CONTEXT(to_string(element) << " " << shape.rows << "x" << shape.cols) {
              BOOST_TEST(same(reduce_whole(kernels, array, what).sum, expected));
            }
          });
        }
      }
    }
  }
}

// NaN where an element is NaN, as the definition says.
std::pair<double, double> extremes_of(Array& array) {
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (std::size_t c = 0; c < array.view().cols; ++c) {
    const double x = get_value(array, 0, c);
    if (std::isnan(x)) return {x, x};
    least = std::min(least, x);
    most = std::max(most, x);
  }
  return {least, most};
}

BOOST_AUTO_TEST_CASE(wild_values_of_any_length_and_place_have_the_defined_bits) {
  for (const Element element : kElements) {
    for (std::size_t length = 0; length <= 70; ++length) {
      for (const std::size_t skew : {0u, 1u, 3u, 7u}) {
        Array array(element, 1, length, skew);
        for (std::size_t c = 0; c < length; ++c)
          set_value(array, 0, c, wild_value(element, 71 * length + c));
        const auto [least, most] = extremes_of(array);
        for (const Reduce what : {Reduce::sum, Reduce::sum_of_squares, Reduce::summary}) {
          const double expected = defined_sum(array, what);
          on_every_target([&](const Kernels& kernels) {
            BOOST_TEST_CONTEXT(to_string(element) << ", " << length << " from " << skew) {
              const ReductionResult result = reduce_whole(kernels, array, what);
              BOOST_TEST(same(result.sum, expected));
              if (what != Reduce::summary) return;
              BOOST_TEST(
                  (result.least == least || (std::isnan(result.least) && std::isnan(least))));
              BOOST_TEST((result.most == most || (std::isnan(result.most) && std::isnan(most))));
            }
          });
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_error_stays_within_the_stated_bound) {
  const Kernels kernels(supported_targets().back());
  for (const Element element : kElements) {
    Array array(element, 10, 3001);
    fill_tame(array);
    // The whole range: a square needs 62 bits.
    if (element == Element::int32) fill_wild(array);
    for (const Reduce what : {Reduce::sum, Reduce::sum_of_squares, Reduce::summary}) {
      const bool squares = what == Reduce::sum_of_squares;
      long double exact = 0;
      long double magnitude = 0;
      for (std::size_t r = 0; r < 10; ++r) {
        for (std::size_t c = 0; c < 3001; ++c) {
          const auto x = static_cast<long double>(get_value(array, r, c));
          exact += squares ? x * x : x;
          magnitude += squares ? x * x : std::abs(x);
        }
      }
      const bool rounded = element == Element::float64 || element == Element::int32;
      const double levels = 12 + std::ceil(std::log2(10 * 12)) + (squares && rounded ? 1 : 0);
      const long double bound = levels * 0x1p-53L * magnitude;
      const long double error = reduce_whole(kernels, array, what).sum - exact;
      BOOST_TEST_CONTEXT(to_string(element)) { BOOST_TEST(std::abs(error) <= bound); }
    }
  }
}

BOOST_AUTO_TEST_CASE(extremes_are_those_of_a_loop) {
  for (const Element element : kElements) {
    for (const Shape& shape : kShapes) {
      Array array(element, shape.rows, shape.cols, 3);
      fill_tame(array);
      double least = std::numeric_limits<double>::infinity();
      double most = -least;
      std::int64_t total = 0;
      for (std::size_t r = 0; r < shape.rows; ++r) {
        for (std::size_t c = 0; c < shape.cols; ++c) {
          const double value = get_value(array, r, c);
          least = std::min(least, value);
          most = std::max(most, value);
          total += static_cast<std::int64_t>(value);
        }
      }
      on_every_target([&](const Kernels& kernels) {
        const ReductionResult result = reduce_whole(kernels, array, Reduce::summary);
        BOOST_TEST(result.least == least);
        BOOST_TEST(result.most == most);
        if (!is_floating(element)) BOOST_TEST(result.integer_sum == total);
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(large_integers_are_summed_exactly) {
  Array array(Element::int32, 70, 1000);
  for (std::size_t r = 0; r < 70; ++r)
    for (std::size_t c = 0; c < 1000; ++c)
      array.set(r, c, std::numeric_limits<std::int32_t>::max());
  on_every_target([&](const Kernels& kernels) {
    BOOST_TEST(reduce_whole(kernels, array, Reduce::sum).integer_sum == 70000ll * 2147483647ll);
  });
}

BOOST_AUTO_TEST_CASE(one_nan_anywhere_makes_sum_and_extremes_nan) {
  constexpr std::size_t kCount = 600;
  for (const Element element : {Element::float64, Element::float32, Element::float16}) {
    for (const std::size_t place : {0u, 1u, 31u, 255u, 256u, 511u, 512u, 599u}) {
      Array array(element, 1, kCount);
      fill_tame(array);
      set_value(array, 0, place, std::nan(""));
      on_every_target([&](const Kernels& kernels) {
        const ReductionResult result = reduce_whole(kernels, array, Reduce::summary);
        BOOST_TEST(std::isnan(result.sum));
        BOOST_TEST(std::isnan(result.least));
        BOOST_TEST(std::isnan(result.most));
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(infinities_are_extremes_and_zeros_have_no_sign) {
  Array array(Element::float64, 1, 300);
  for (std::size_t c = 0; c < 300; ++c) array.set(0, c, -0.0);
  on_every_target([&](const Kernels& kernels) {
    const ReductionResult zeros = reduce_whole(kernels, array, Reduce::summary);
    BOOST_TEST(!std::signbit(zeros.sum));
    BOOST_TEST(!std::signbit(zeros.least));
    BOOST_TEST(!std::signbit(zeros.most));
  });
  const double infinity = std::numeric_limits<double>::infinity();
  array.set(0, 7, infinity);
  array.set(0, 290, -infinity);
  on_every_target([&](const Kernels& kernels) {
    const ReductionResult result = reduce_whole(kernels, array, Reduce::summary);
    BOOST_TEST(std::isnan(result.sum));
    BOOST_TEST(result.least == -infinity);
    BOOST_TEST(result.most == infinity);
  });
}

BOOST_AUTO_TEST_CASE(any_cutting_and_any_order_give_the_same_bits) {
  constexpr std::size_t kRows = 23, kCols = 1700;
  for (const Element element : kElements) {
    Array array(element, kRows, kCols);
    fill_tame(array);
    const Kernels kernels(supported_targets().back());
    const ReductionResult whole = reduce_whole(kernels, array, Reduce::summary);
    Checksum whole_checksum(kernels, element, kCols);
    require_ok(whole_checksum.add(array.view(), {0, 0, kCols}));
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
      const std::size_t height = 1 + random_word(seed, 0) % kRows;
      const std::size_t width = kSumUnit * (1 + random_word(seed, 1) % 7);
      std::vector<Position> tiles;
      for (std::size_t r = 0; r < kRows; r += height)
        for (std::size_t c = 0; c < kCols; c += width) tiles.push_back({r, c, kCols});
      for (std::size_t i = tiles.size(); i > 1; --i)
        std::swap(tiles[i - 1], tiles[random_word(seed, i) % i]);
      // Two workers, and their results put together.
      Reduction parts[2] = {{kernels, Reduce::summary, element, kRows, kCols},
                            {kernels, Reduce::summary, element, kRows, kCols}};
      Checksum checksums[2] = {{kernels, element, kCols}, {kernels, element, kCols}};
      for (std::size_t i = 0; i < tiles.size(); ++i) {
        const Position& at = tiles[i];
        const View tile = array.view().part(at.row, at.col, std::min(height, kRows - at.row),
                                            std::min(width, kCols - at.col));
        require_ok(parts[i % 2].add(tile, at));
        require_ok(checksums[i % 2].add(tile, at));
      }
      parts[0].merge(parts[1]);
      checksums[0].merge(checksums[1]);
      const Result<ReductionResult> result = parts[0].result();
      require_ok(result);
      BOOST_TEST(same(result->sum, whole.sum));
      BOOST_TEST(result->least == whole.least);
      BOOST_TEST(result->most == whole.most);
      BOOST_TEST(checksums[0].result() == whole_checksum.result());
    }
  }
}

BOOST_AUTO_TEST_CASE(checksum_sees_every_bit_and_every_exchange) {
  for (const Element element : {Element::uint8, Element::float32, Element::float64}) {
    Array array(element, 2, 301, 1);
    fill_wild(array);
    std::vector<std::uint64_t> seen;
    const auto checksum = [&](const Kernels& kernels) {
      Checksum sum(kernels, element, 301);
      require_ok(sum.add(array.view(), {0, 0, 301}));
      return sum.result();
    };
    const std::uint64_t original = checksum(Kernels(built_targets().front()));
    on_every_target([&](const Kernels& kernels) { BOOST_TEST(checksum(kernels) == original); });
    const Kernels kernels(supported_targets().back());
    for (const std::size_t c : {0u, 5u, 299u, 300u}) {
      for (const std::byte bit : {std::byte{1}, std::byte{0x80}}) {
        *array.view().at(1, c) ^= bit;
        BOOST_TEST(checksum(kernels) != original);
        *array.view().at(1, c) ^= bit;
      }
    }
    for (std::size_t c = 0; c < 301; ++c) {
      const double upper = get_value(array, 0, c);
      set_value(array, 0, c, get_value(array, 1, c));
      set_value(array, 1, c, upper);
    }
    BOOST_TEST(checksum(kernels) != original);
  }
}

BOOST_AUTO_TEST_CASE(wrong_and_missing_parts_are_refused) {
  const Kernels kernels(built_targets().front());
  Array array(Element::float64, 4, 1000);
  fill_tame(array);
  Reduction reduction(kernels, Reduce::sum, Element::float64, 4, 1000);
  BOOST_TEST(!reduction.add(array.view().part(0, 0, 4, 100), {0, 0, 1000}).ok());
  BOOST_TEST(!reduction.add(array.view().part(0, 0, 4, 256), {0, 100, 1000}).ok());
  BOOST_TEST(!reduction.add(array.view(), {1, 0, 1000}).ok());
  BOOST_TEST(!reduction.add(array.view(), {0, 0, 2000}).ok());
  require_ok(reduction.add(array.view().part(0, 0, 3, 1000), {0, 0, 1000}));
  BOOST_TEST(!reduction.result().ok());
  require_ok(reduction.add(array.view().part(3, 0, 1, 1000), {3, 0, 1000}));
  BOOST_TEST(reduction.result().ok());
}

BOOST_AUTO_TEST_SUITE_END()
