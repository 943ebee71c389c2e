// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/matrix.h"

#include <boost/test/unit_test.hpp>
#include <random>

using namespace memqual;

namespace {

/// Whether values i of axis a and j of axis b meet in a row.
bool meet(const std::vector<Cell>& rows, std::size_t a, std::uint32_t i, std::size_t b,
          std::uint32_t j) {
  for (const Cell& row : rows) {
    if (row[a] == i && row[b] == j) return true;
  }
  return false;
}

/// Whether any row at all holds the pair and is not excluded; by trying every row.
bool can_meet(const std::vector<std::size_t>& sizes, const std::vector<Cell>& excludes,
              std::size_t a, std::uint32_t i, std::size_t b, std::uint32_t j) {
  Cell row(sizes.size(), 0);
  for (;;) {
    if (row[a] == i && row[b] == j && !is_excluded(row, excludes)) return true;
    std::size_t axis = 0;
    while (axis < row.size() && ++row[axis] == sizes[axis]) row[axis++] = 0;
    if (axis == row.size()) return false;
  }
}

void check_coverage(const std::vector<std::size_t>& sizes, const std::vector<Cell>& excludes) {
  const std::vector<Cell> rows = pairwise_cells(sizes, excludes);
  for (const Cell& row : rows) BOOST_REQUIRE(!is_excluded(row, excludes));
  for (std::size_t a = 0; a < sizes.size(); ++a) {
    for (std::size_t b = a + 1; b < sizes.size(); ++b) {
      for (std::uint32_t i = 0; i < sizes[a]; ++i) {
        for (std::uint32_t j = 0; j < sizes[b]; ++j) {
          BOOST_REQUIRE(meet(rows, a, i, b, j) == can_meet(sizes, excludes, a, i, b, j));
        }
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(matrix)

BOOST_AUTO_TEST_CASE(pairwise_covers_every_pair_that_can_meet) {
  std::mt19937 random(1);  // a fixed seed: the same tables every time
  for (int round = 0; round < 60; ++round) {
    std::vector<std::size_t> sizes(2 + random() % 4);
    for (std::size_t& size : sizes) size = 1 + random() % 5;
    std::vector<Cell> excludes(random() % 4, Cell(sizes.size(), kOpen));
    for (Cell& exclude : excludes) {
      for (int k = 0; k < 2; ++k) {
        const std::size_t axis = random() % sizes.size();
        exclude[axis] = static_cast<std::uint32_t>(random() % sizes[axis]);
      }
    }
    check_coverage(sizes, excludes);
  }
}

BOOST_AUTO_TEST_CASE(pairwise_is_small_and_the_same_every_time) {
  const std::vector<std::size_t> sizes{3, 3, 3, 3};
  const auto rows = pairwise_cells(sizes, {});
  BOOST_TEST(rows.size() <= 12U);  // 9 is the least there can be, 81 the product
  BOOST_TEST((pairwise_cells(sizes, {}) == rows));
  const std::vector<std::size_t> many(10, 10);
  BOOST_TEST(pairwise_cells(many, {}).size() < 250U);
}

BOOST_AUTO_TEST_SUITE_END()
