// SPDX-License-Identifier: Apache-2.0
#include "kernels/transpose.h"

#include <boost/test/unit_test.hpp>

#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

BOOST_AUTO_TEST_SUITE(transposition)

BOOST_AUTO_TEST_CASE(every_element_finds_its_place) {
  const std::size_t shapes[][2] = {{0, 3},   {1, 1},    {1, 70},  {70, 1},   {8, 8},
                                   {16, 64}, {64, 130}, {33, 17}, {150, 77}, {128, 192}};
  for (const Element element : kElements) {
    for (const auto& shape : shapes) {
      const std::size_t rows = shape[0];
      const std::size_t cols = shape[1];
      for (const std::size_t skew : {0u, 1u}) {
        Array x(element, rows, cols, skew, skew);
        fill_wild(x);
        on_every_target([&](const Kernels& kernels) {
          for (const Store store : {Store::cached, Store::streaming}) {
            Array out(element, cols, rows, skew, 0);
            require_ok(transpose(kernels, x.view(), out.view(), store));
            std::size_t wrong = 0;
            const std::size_t size = element_size(element);
            for (std::size_t r = 0; r < rows; ++r)
              for (std::size_t c = 0; c < cols; ++c)
                wrong += std::memcmp(x.view().at(r, c), out.view().at(c, r), size) != 0;
            BOOST_TEST(wrong == 0u);
            BOOST_TEST(out.guards_intact());
          }
        });
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_tiled_transpose_is_the_whole_one) {
  Array x(Element::float64, 100, 90);
  fill_wild(x);
  const Kernels kernels(supported_targets().back());
  Array whole(Element::float64, 90, 100);
  Array tiled(Element::float64, 90, 100);
  require_ok(transpose(kernels, x.view(), whole.view(), Store::cached));
  for (std::size_t r = 0; r < 100; r += 30) {
    for (std::size_t c = 0; c < 90; c += 41) {
      const std::size_t rows = std::min<std::size_t>(30, 100 - r);
      const std::size_t cols = std::min<std::size_t>(41, 90 - c);
      require_ok(transpose(kernels, x.view().part(r, c, rows, cols),
                           tiled.view().part(c, r, cols, rows), Store::streaming));
    }
  }
  BOOST_TEST((whole.bytes() == tiled.bytes()));
}

BOOST_AUTO_TEST_CASE(wrong_shapes_are_refused) {
  Array x(Element::float64, 4, 5);
  Array out(Element::float64, 4, 5);
  const Kernels kernels(built_targets().front());
  BOOST_TEST(!transpose(kernels, x.view(), out.view(), Store::cached).ok());
}

BOOST_AUTO_TEST_SUITE_END()
