// SPDX-License-Identifier: Apache-2.0
// Every operation, on every target of this CPU, against one line of plain C++ per element.
#include "kernels/operations.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

// Several vectors and a bit, and around the group of pages that a streaming loop takes at once.
const std::vector<std::size_t>& lengths() {
  static const std::vector<std::size_t> all = [] {
    std::vector<std::size_t> n;
    for (std::size_t i = 0; i <= 70; ++i) n.push_back(i);
    for (std::size_t i : {127u, 128u, 129u, 511u, 513u, 2047u, 2048u, 2061u, 4111u, 8200u, 16400u})
      n.push_back(i);
    return n;
  }();
  return all;
}

constexpr std::size_t kSkews[] = {0, 1, 3, 7, 8, 15};

bool same_bits_or_both_nan(Array& a, Array& b, std::size_t c) {
  const double x = get_value(a, 0, c);
  const double y = get_value(b, 0, c);
  if (std::isnan(x) && std::isnan(y)) return true;
  return x == y && std::signbit(x) == std::signbit(y);
}

using Reference = std::function<void(Array& x, Array& y, Array& out)>;
using Operation =
    std::function<Status(const Kernels&, ConstView x, ConstView y, View out, Store store)>;

void compare_at(const Kernels& kernels, Array& x, Array& y, Array& expected, std::size_t skew,
                Store store, const Operation& operation) {
  const ConstView like = expected.view();
  Array out(like.element, 1, like.cols, skew);
  require_ok(operation(kernels, x.view(), y.view(), out.view(), store));
  std::size_t wrong = 0;
  for (std::size_t c = 0; c < like.cols; ++c) wrong += !same_bits_or_both_nan(out, expected, c);
  BOOST_TEST(wrong == 0u);
  BOOST_TEST(out.guards_intact());
}

// `operation` against `reference` on wild values, at all lengths and places.
void compare(Element in, Element result, const Operation& operation, const Reference& reference) {
  BOOST_TEST_CONTEXT(to_string(in) << " to " << to_string(result)) {
    for (const std::size_t n : lengths()) {
      for (const std::size_t skew : kSkews) {
        if (n > 2100 && skew > 1) continue;
        Array x(in, 1, n, skew);
        Array y(in, 1, n, 1);
        Array expected(result, 1, n);
        fill_wild(x);
        fill_wild(y);
        for (std::size_t c = 0; 2 * c < n; ++c) set_value(y, 0, c, get_value(x, 0, n - 1 - c));
        reference(x, y, expected);
        on_every_target([&](const Kernels& kernels) {
          for (const Store store : {Store::cached, Store::streaming}) {
            BOOST_TEST_CONTEXT("n " << n << " skew " << skew) {
              compare_at(kernels, x, y, expected, (skew * 5) % 9, store, operation);
            }
          }
        });
      }
    }
  }
}

// fn over doubles; float32 and 16-bit elements in float32.
template <class Wide, class Narrow>
Reference each(Wide wide, Narrow narrow) {
  return [=](Array& x, Array& y, Array& out) {
    for (std::size_t c = 0; c < x.count(); ++c) {
      const double a = get_value(x, 0, c);
      const double b = get_value(y, 0, c);
      if (x.view().element == Element::float64)
        set_value(out, 0, c, wide(a, b));
      else
        set_value(out, 0, c,
                  static_cast<double>(narrow(static_cast<float>(a), static_cast<float>(b))));
    }
  };
}

constexpr Element kFloating[] = {Element::float64, Element::float32, Element::float16,
                                 Element::bfloat16};

std::int32_t wrapped(std::int64_t value) { return static_cast<std::int32_t>(value); }

}  // namespace

BOOST_AUTO_TEST_SUITE(operations)

BOOST_AUTO_TEST_CASE(sqrt_is_correctly_rounded) {
  const Operation operation = [](const Kernels& kernels, ConstView x, ConstView, View out,
                                 Store store) { return sqrt(kernels, x, out, store); };
  for (const Element element : kFloating)
    compare(element, element, operation,
            each([](double a, double) { return std::sqrt(a); },
                 [](float a, float) { return std::sqrt(a); }));
}

BOOST_AUTO_TEST_CASE(sqrt_rounds_right_where_it_is_hardest) {
  // Squares of 53-bit numbers, one bit to either side, and patterns at random.
  constexpr std::size_t kCount = 200000;
  Array x(Element::float64, 1, kCount);
  Array out(Element::float64, 1, kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    const double root = 1 + random_f64(random_word(3, i));
    const double square = root * root * (i % 2 == 0 ? 1 : 0x1p300);
    const auto bits = std::bit_cast<std::uint64_t>(square) + i % 5 - 2;
    x.set(0, i,
          i % 4 == 3 ? std::bit_cast<double>(random_word(4, i) >> 1) : std::bit_cast<double>(bits));
  }
  on_every_target([&](const Kernels& kernels) {
    require_ok(sqrt(kernels, x.view(), out.view(), Store::streaming));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      const double expected = std::sqrt(x.get<double>(0, i));
      const double got = out.get<double>(0, i);
      wrong += !(got == expected || (std::isnan(got) && std::isnan(expected)));
    }
    BOOST_TEST(wrong == 0u);
  });
}

BOOST_AUTO_TEST_CASE(scale_offset_rounds_twice_and_wraps_integers) {
  const Operation operation = [](const Kernels& kernels, ConstView x, ConstView, View out,
                                 Store store) {
    const bool whole = x.element == Element::int32;
    return scale_offset(kernels, x, out, whole ? 30001 : 1.1, whole ? -77 : 0.3, store);
  };
  for (const Element element : kFloating)
    compare(element, element, operation,
            each([](double a, double) { return 1.1 * a + 0.3; },
                 [](float a, float) { return 1.1f * a + 0.3f; }));
  compare(Element::int32, Element::int32, operation, [](Array& x, Array&, Array& out) {
    for (std::size_t c = 0; c < x.count(); ++c)
      out.set(0, c, wrapped(std::int64_t{x.get<std::int32_t>(0, c)} * 30001 - 77));
  });
}

BOOST_AUTO_TEST_CASE(triad_rounds_twice_and_wraps_integers) {
  const Operation operation = [](const Kernels& kernels, ConstView x, ConstView y, View out,
                                 Store store) {
    return triad(kernels, x, y, out, x.element == Element::int32 ? -3 : 1.7, store);
  };
  for (const Element element : kFloating)
    compare(element, element, operation,
            each([](double a, double b) { return a + 1.7 * b; },
                 [](float a, float b) { return a + 1.7f * b; }));
  compare(Element::int32, Element::int32, operation, [](Array& x, Array& y, Array& out) {
    for (std::size_t c = 0; c < x.count(); ++c)
      out.set(0, c,
              wrapped(x.get<std::int32_t>(0, c) - 3 * std::int64_t{y.get<std::int32_t>(0, c)}));
  });
}

BOOST_AUTO_TEST_CASE(conversion_agrees_with_one_element_at_a_time) {
  const Operation operation = [](const Kernels& kernels, ConstView x, ConstView, View out,
                                 Store store) { return convert(kernels, x, out, store); };
  const Reference reference = [](Array& x, Array&, Array& out) {
    for (std::size_t c = 0; c < x.count(); ++c) set_value(out, 0, c, get_value(x, 0, c));
  };
  for (const Element narrow : {Element::float16, Element::bfloat16}) {
    compare(Element::float32, narrow, operation, reference);
    compare(narrow, Element::float32, operation, reference);
  }
}

BOOST_AUTO_TEST_CASE(every_half_widens_to_the_same_bits_on_every_target) {
  Array x(Element::float16, 1, 0x10000);
  for (std::uint32_t i = 0; i < 0x10000; ++i) x.set(0, i, static_cast<std::uint16_t>(i));
  on_every_target([&](const Kernels& kernels) {
    Array wide(Element::float32, 1, 0x10000);
    Array back(Element::float16, 1, 0x10000);
    require_ok(convert(kernels, x.view(), wide.view(), Store::streaming));
    require_ok(convert(kernels, wide.view(), back.view(), Store::streaming));
    std::size_t wrong = 0;
    for (std::uint32_t i = 0; i < 0x10000; ++i) {
      const float expected = float_from_half(static_cast<std::uint16_t>(i));
      wrong += wide.get<std::uint32_t>(0, i) != std::bit_cast<std::uint32_t>(expected);
      wrong += back.get<std::uint16_t>(0, i) != half_from_float(expected);
    }
    BOOST_TEST(wrong == 0u);
  });
}

BOOST_AUTO_TEST_CASE(copy_takes_every_element_at_every_length) {
  const Operation operation = [](const Kernels& kernels, ConstView x, ConstView, View out,
                                 Store store) { return copy(kernels, x, out, store); };
  const Reference reference = [](Array& x, Array&, Array& out) {
    for (std::size_t c = 0; c < x.count(); ++c) set_value(out, 0, c, get_value(x, 0, c));
  };
  for (const Element element : {Element::uint8, Element::float64})
    compare(element, element, operation, reference);
}

BOOST_AUTO_TEST_CASE(fill_writes_the_value_and_nothing_beside_it) {
  for (const Element element : kElements) {
    for (const std::size_t n : lengths()) {
      for (const Store store : {Store::cached, Store::streaming}) {
        on_every_target([&](const Kernels& kernels) {
          Array out(element, 1, n, n % 13);
          require_ok(fill(kernels, out.view(), 3, store));
          std::size_t wrong = 0;
          for (std::size_t c = 0; c < n; ++c) wrong += get_value(out, 0, c) != 3;
          BOOST_TEST(wrong == 0u);
          BOOST_TEST(out.guards_intact());
        });
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(random_values_depend_on_the_place_alone) {
  constexpr std::size_t kRows = 9, kCols = 301;
  for (const Element element : kElements) {
    Array whole(element, kRows, kCols);
    require_ok(fill_random(Kernels(built_targets().front()), whole.view(), 5, {0, 0, kCols},
                           Store::cached));
    on_every_target([&](const Kernels& kernels) {
      Array tiled(element, kRows, kCols, 3, 5);
      for (std::size_t r = 0; r < kRows; r += 4) {
        for (std::size_t c = 0; c < kCols; c += 37) {
          const View tile = tiled.view().part(r, c, std::min<std::size_t>(4, kRows - r),
                                              std::min<std::size_t>(37, kCols - c));
          require_ok(fill_random(kernels, tile, 5, {r, c, kCols}, Store::streaming));
        }
      }
      BOOST_TEST((tiled.bytes() == whole.bytes()));
      BOOST_TEST(tiled.guards_intact());
    });
  }
}

BOOST_AUTO_TEST_CASE(random_values_are_uniform_in_their_range) {
  constexpr std::size_t kCount = 40000;
  for (const Element element : kElements) {
    Array out(element, 1, kCount);
    require_ok(fill_random(Kernels(supported_targets().back()), out.view(), 1, {0, 0, kCount},
                           Store::cached));
    const double low = element == Element::int32 ? -0x1p31 : 0;
    const double width = element == Element::int32 ? 0x1p32 : element == Element::uint8 ? 256 : 1;
    double sum = 0;
    bool inside = true;
    for (std::size_t c = 0; c < kCount; ++c) {
      const double value = (get_value(out, 0, c) - low) / width;
      inside = inside && value >= 0 && value < 1;
      sum += value;
    }
    BOOST_TEST(inside);
    // Five standard deviations of a mean of 40 000 are 0.0072; half a step of bfloat16 is 0.0039.
    BOOST_TEST(std::abs(sum / kCount - 0.5) < 0.0112);
  }
}

BOOST_AUTO_TEST_CASE(random_word_is_splitmix64) {
  // The generator's first outputs for seed 1234567, as published with it.
  const std::uint64_t expected[] = {6457827717110365317ull, 3203168211198807973ull,
                                    9817491932198370423ull, 4593380528125082431ull};
  for (std::uint64_t i = 0; i < 4; ++i) BOOST_TEST(random_word(1234567, i) == expected[i]);
}

BOOST_AUTO_TEST_CASE(operations_in_place_and_on_rows_with_gaps) {
  on_every_target([&](const Kernels& kernels) {
    for (const Store store : {Store::cached, Store::streaming}) {
      Array array(Element::float64, 5, 77, 2, 3);
      for (std::size_t r = 0; r < 5; ++r)
        for (std::size_t c = 0; c < 77; ++c) array.set(r, c, static_cast<double>(r * 100 + c));
      require_ok(sqrt(kernels, array.view(), array.view(), store));
      BOOST_TEST(array.get<double>(4, 76) == std::sqrt(476.0));
      BOOST_TEST(array.get<double>(0, 1) == 1.0);
      BOOST_TEST(array.guards_intact());
    }
  });
}

// Rows of a tile are made four at a time where they begin lines alike: none is left out, none is
// made from another one's elements.
BOOST_AUTO_TEST_CASE(rows_of_a_tile_are_those_made_one_by_one) {
  struct Kind {
    Element in, out;
    Operation operation;
  };
  const Kind kinds[] = {
      {Element::float64, Element::float64,
       [](const auto& k, auto x, auto, auto out, auto store) { return sqrt(k, x, out, store); }},
      {Element::int32, Element::int32,
       [](const auto& k, auto x, auto, auto out, auto store) {
         return scale_offset(k, x, out, 3, 5, store);
       }},
      {Element::float32, Element::float32,
       [](const auto& k, auto x, auto y, auto out, auto store) {
         return triad(k, x, y, out, 1.5, store);
       }},
      {Element::float32, Element::float16,
       [](const auto& k, auto x, auto, auto out, auto store) { return convert(k, x, out, store); }},
      {Element::bfloat16, Element::float32,
       [](const auto& k, auto x, auto, auto out, auto store) { return convert(k, x, out, store); }},
      {Element::float16, Element::float16,
       [](const auto& k, auto x, auto, auto out, auto store) { return sqrt(k, x, out, store); }},
      {Element::uint8, Element::uint8,
       [](const auto& k, auto x, auto, auto out, auto store) { return copy(k, x, out, store); }}};
  for (const Kind& kind : kinds)
    for (const std::size_t rows : {3u, 4u, 9u})
      for (const std::size_t cols : {1u, 40u, 129u, 1000u})
        for (const std::size_t skew : {0u, 3u}) {
          Array x(kind.in, rows, cols, skew, 5);
          Array y(kind.in, rows, cols, 0, 7);
          fill_wild(x);
          fill_wild(y);
          const std::size_t to_line = 64 - cols % 64;
          Array together(kind.out, rows, cols, skew, to_line);
          Array one_by_one(kind.out, rows, cols, skew, to_line);
          on_every_target([&](const Kernels& kernels) {
            for (std::size_t r = 0; r < rows; ++r)
              require_ok(kind.operation(kernels, x.view().part(r, 0, 1, cols),
                                        y.view().part(r, 0, 1, cols),
                                        one_by_one.view().part(r, 0, 1, cols), Store::cached));
            require_ok(
                kind.operation(kernels, x.view(), y.view(), together.view(), Store::streaming));
            BOOST_TEST((together.bytes() == one_by_one.bytes()));
            BOOST_TEST(together.guards_intact());
          });
        }
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_refused) {
  const Kernels kernels(built_targets().front());
  Array bytes(Element::uint8, 1, 8);
  Array ints(Element::int32, 1, 8);
  Array doubles(Element::float64, 1, 8);
  Array longer(Element::float64, 1, 9);
  const Store store = Store::cached;
  BOOST_TEST(!sqrt(kernels, bytes.view(), bytes.view(), store).ok());
  BOOST_TEST(!sqrt(kernels, doubles.view(), longer.view(), store).ok());
  BOOST_TEST(!copy(kernels, ints.view(), doubles.view(), store).ok());
  BOOST_TEST(!scale_offset(kernels, ints.view(), ints.view(), 0.5, 1, store).ok());
  BOOST_TEST(!triad(kernels, bytes.view(), bytes.view(), bytes.view(), 1, store).ok());
  BOOST_TEST(!fill(kernels, bytes.view(), 256, store).ok());
  BOOST_TEST(!fill(kernels, ints.view(), 0.5, store).ok());
  BOOST_TEST(!convert(kernels, doubles.view(), longer.view(), store).ok());
  BOOST_TEST(!fill_random(kernels, doubles.view(), 1, {0, 5, 8}, store).ok());
  View odd = doubles.view().part(0, 0, 1, 4);
  odd.data += 1;
  BOOST_TEST(!sqrt(kernels, odd, odd, store).ok());
}

BOOST_AUTO_TEST_SUITE_END()
