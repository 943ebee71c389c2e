// SPDX-License-Identifier: Apache-2.0
// Neighbourhoods against a loop over elements, and every tiling against the whole.
#include "kernels/stencil.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

using Index = std::ptrdiff_t;
constexpr Boundary kBoundaries[] = {Boundary::clamp, Boundary::reflect, Boundary::wrap,
                                    Boundary::constant};
constexpr double kBeyond = 2.25;

template <class T>
T at(Array& array, Index r, Index c, Boundary boundary) {
  const Index rows = static_cast<Index>(array.view().rows);
  const Index cols = static_cast<Index>(array.view().cols);
  const auto map = [&](Index i, Index n) {
    if (boundary == Boundary::clamp) return std::clamp<Index>(i, 0, n - 1);
    if (boundary == Boundary::wrap) return (i + 40 * n) % n;
    if (boundary == Boundary::reflect) return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i;
    return i;
  };
  r = map(r, rows);
  c = map(c, cols);
  if (r < 0 || c < 0 || r >= rows || c >= cols) return static_cast<T>(kBeyond);
  return array.get<T>(static_cast<std::size_t>(r), static_cast<std::size_t>(c));
}

template <class T>
T expected_at(Array& array, const Neighbourhood& what, Index r, Index c, Boundary b) {
  const auto x = [&](Index dr, Index dc) { return at<T>(array, r + dr, c + dc, b); };
  if (const auto* box = std::get_if<BoxBlur>(&what)) {
    const Index radius = static_cast<Index>(box->radius);
    T sum = 0;
    for (Index dc = -radius; dc <= radius; ++dc) {
      T column = 0;
      for (Index dr = -radius; dr <= radius; ++dr) column = column + x(dr, dc);
      sum = sum + column;
    }
    const double width = static_cast<double>(2 * radius + 1);
    return sum * static_cast<T>(1.0 / (width * width));
  }
  const auto* nine = std::get_if<NinePoint>(&what);
  const StencilWeights weights = nine ? nine->weights : std::get<FivePoint>(what).weights;
  const T vertical = x(-1, 0) + x(1, 0);
  const T horizontal = x(0, -1) + x(0, 1);
  T sum = static_cast<T>(weights.centre) * x(0, 0) +
          static_cast<T>(weights.side) * (vertical + horizontal);
  if (nine) {
    const T upper = x(-1, -1) + x(-1, 1);
    const T lower = x(1, -1) + x(1, 1);
    sum = sum + static_cast<T>(weights.corner) * (upper + lower);
  }
  return sum;
}

const Neighbourhood kNeighbourhoods[] = {FivePoint{{0.3, 0.175, 0}}, NinePoint{{0.4, 0.1, 0.05}},
                                         BoxBlur{1}, BoxBlur{3}};

template <class T>
void compare_whole(const Kernels& kernels, Array& array, const Neighbourhood& what,
                   Boundary boundary, Store store) {
  const View view = array.view();
  Array out(view.element, view.rows, view.cols, 5, 2);
  require_ok(apply(kernels, what, view, {0, 0, view.rows, view.cols}, {boundary, kBeyond},
                   out.view(), store));
  std::size_t wrong = 0;
  for (std::size_t r = 0; r < view.rows; ++r) {
    for (std::size_t c = 0; c < view.cols; ++c) {
      const T expected =
          expected_at<T>(array, what, static_cast<Index>(r), static_cast<Index>(c), boundary);
      const T got = out.get<T>(r, c);
      wrong += !(got == expected || (std::isnan(got) && std::isnan(expected)));
    }
  }
  BOOST_TEST(wrong == 0u);
  BOOST_TEST(out.guards_intact());
}

// A NaN's payload may be either operand's: two NaN are the same.
std::size_t different_bits(Array& a, Array& b) {
  std::size_t count = 0;
  for (std::size_t r = 0; r < a.view().rows; ++r) {
    for (std::size_t c = 0; c < a.view().cols; ++c) {
      const double x = get_value(a, r, c);
      const double y = get_value(b, r, c);
      const bool same = std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
      count += !same && !(std::isnan(x) && std::isnan(y));
    }
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stencil)

BOOST_AUTO_TEST_CASE(agrees_with_a_loop_for_every_boundary_and_target) {
  const std::size_t shapes[][2] = {{4, 4}, {5, 9}, {9, 33}, {6, 130}, {30, 21}};
  for (const Element element : {Element::float64, Element::float32}) {
    for (const auto& shape : shapes) {
      const std::size_t cols = shape[1];
      Array array(element, shape[0], cols, 3, 1);
      fill_wild(array);
      for (const Neighbourhood& what : kNeighbourhoods) {
        for (const Boundary boundary : kBoundaries) {
          on_every_target([&](const Kernels& kernels) {
            const Store store = cols % 2 == 0 ? Store::streaming : Store::cached;
            if (element == Element::float64)
              compare_whole<double>(kernels, array, what, boundary, store);
            else
              compare_whole<float>(kernels, array, what, boundary, store);
          });
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_row_a_column_and_wide_neighbourhoods_agree_with_a_loop) {
  const Neighbourhood whats[] = {FivePoint{{0.3, 0.175, 0}}, NinePoint{{0.4, 0.1, 0.05}},
                                 BoxBlur{2}, BoxBlur{7}, BoxBlur{20}};
  const std::size_t shapes[][2] = {{1, 1}, {1, 2}, {1, 70}, {2, 2}, {70, 1}, {3, 41}, {25, 45}};
  for (const auto& shape : shapes) {
    Array array(Element::float64, shape[0], shape[1], 1);
    Array narrow(Element::float32, shape[0], shape[1], 3);
    fill_wild(array);
    fill_wild(narrow);
    for (const Neighbourhood& what : whats) {
      for (const Boundary boundary : kBoundaries) {
        if (boundary == Boundary::reflect && halo_of(what) >= std::min(shape[0], shape[1]))
          continue;
        on_every_target([&](const Kernels& kernels) {
          BOOST_TEST_CONTEXT(shape[0] << "x" << shape[1] << ", halo " << halo_of(what)) {
            compare_whole<double>(kernels, array, what, boundary, Store::cached);
            compare_whole<float>(kernels, narrow, what, boundary, Store::streaming);
          }
        });
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(long_rows_stream_right) {
  Array array(Element::float64, 3, 9000);
  fill_wild(array);
  on_every_target([&](const Kernels& kernels) {
    compare_whole<double>(kernels, array, kNeighbourhoods[0], Boundary::clamp, Store::streaming);
    compare_whole<double>(kernels, array, kNeighbourhoods[2], Boundary::clamp, Store::cached);
  });
}

BOOST_AUTO_TEST_CASE(rows_made_side_by_side_are_right) {
  // Results whose rows begin at the same place in a line: those are made four at a time.
  for (const Element element : {Element::float64, Element::float32}) {
    for (const std::size_t rows : {6u, 11u}) {
      Array array(element, rows, 126);
      fill_wild(array);
      on_every_target([&](const Kernels& kernels) {
        for (const Neighbourhood& what : {kNeighbourhoods[0], kNeighbourhoods[1]}) {
          for (const std::size_t skew : {0u, 5u}) {
            const View view = array.view();
            Array streamed(element, rows, 126, skew, 2);
            Array plain(element, rows, 126, skew, 1);
            const Rect all{0, 0, rows, 126};
            require_ok(apply(kernels, what, view, all, {}, streamed.view(), Store::streaming));
            require_ok(apply(kernels, what, view, all, {}, plain.view(), Store::cached));
            BOOST_TEST(different_bits(streamed, plain) == 0u);
            BOOST_TEST(streamed.guards_intact());
          }
        }
      });
    }
  }
}

BOOST_AUTO_TEST_CASE(any_tiling_gives_the_bits_of_the_whole) {
  constexpr std::size_t kRows = 37, kCols = 211;
  Array array(Element::float64, kRows, kCols);
  fill_wild(array);
  const Kernels kernels(supported_targets().back());
  for (const Neighbourhood& what : kNeighbourhoods) {
    for (const Boundary boundary : kBoundaries) {
      const Edge edge{boundary, kBeyond};
      Array whole(Element::float64, kRows, kCols);
      require_ok(apply(kernels, what, array.view(), {0, 0, kRows, kCols}, edge, whole.view(),
                       Store::cached));
      for (std::uint64_t seed = 0; seed < 8; ++seed) {
        const Tiling tiles(kRows, kCols, 1 + random_word(seed, 0) % kRows,
                           1 + random_word(seed, 1) % kCols);
        Array direct(Element::float64, kRows, kCols, 3);
        Array padded(Element::float64, kRows, kCols, 1);
        const std::size_t halo = halo_of(what);
        for (std::size_t i = 0; i < tiles.count(); ++i) {
          const Rect rect = tiles.core(i);
          require_ok(apply(kernels, what, array.view(), rect, edge,
                           direct.view().part(rect.row, rect.col, rect.rows, rect.cols),
                           Store::streaming));
          Array tile(Element::float64, rect.rows + 2 * halo, rect.cols + 2 * halo, 2);
          require_ok(pad(array.view(), rect, halo, edge, tile.view()));
          require_ok(apply_padded(kernels, what, tile.view(),
                                  padded.view().part(rect.row, rect.col, rect.rows, rect.cols),
                                  Store::cached));
        }
        BOOST_TEST(different_bits(direct, whole) == 0u);
        BOOST_TEST(different_bits(padded, whole) == 0u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_makes_no_sense_is_refused) {
  const Kernels kernels(built_targets().front());
  Array small(Element::float64, 2, 2);
  Array ints(Element::int32, 5, 5);
  Array out(Element::float64, 2, 2);
  const Rect all{0, 0, 2, 2};
  BOOST_TEST(!apply(kernels, BoxBlur{2}, small.view(), all, {Boundary::reflect, 0}, out.view(),
                    Store::cached)
                  .ok());
  BOOST_TEST(
      !apply(kernels, BoxBlur{1}, ints.view(), {0, 0, 5, 5}, {}, ints.view(), Store::cached).ok());
  BOOST_TEST(!apply(kernels, BoxBlur{501}, small.view(), all, {}, out.view(), Store::cached).ok());
  for (const auto& [what, rect] : {std::pair{Neighbourhood{BoxBlur{501}}, all},
                                   std::pair{Neighbourhood{FivePoint{}}, Rect{1, 1, 2, 2}}}) {
    const Status refused = apply(kernels, what, small.view(), rect, {}, out.view(), Store::cached);
    BOOST_REQUIRE(!refused.ok());
    BOOST_TEST(!refused.error().hint.empty());
  }
  BOOST_TEST(
      !apply(kernels, FivePoint{}, small.view(), {1, 1, 2, 2}, {}, out.view(), Store::cached).ok());
}

BOOST_AUTO_TEST_SUITE_END()
