// SPDX-License-Identifier: Apache-2.0
#include "kernels/tiling.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace memqual::kernels;

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

TileRequest request(std::size_t rows, std::size_t cols, std::size_t budget) {
  TileRequest wanted;
  wanted.rows = rows;
  wanted.cols = cols;
  wanted.bytes_per_element = 16;
  wanted.budget = budget;
  wanted.caches = {32 << 10, 2 * kMiB, 0};
  return wanted;
}

std::string reason_of(const TileRequest& wanted) {
  const Result<TileChoice> choice = choose_tile(wanted);
  return choice ? choice->reason : choice.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tiling)

BOOST_AUTO_TEST_CASE(says_what_it_chose_and_why) {
  struct Row {
    TileRequest wanted;
    std::string reason;
  };
  TileRequest threads = request(10000, 10000, kMiB);
  threads.threads = 2;
  TileRequest unknown = request(10000, 1000, 64 * kMiB);
  unknown.caches = {};
  TileRequest asked = request(10000, 10000, 64 * kMiB);
  asked.tile_rows = 1000;
  asked.tile_cols = 1000;
  TileRequest rounded = asked;
  rounded.col_multiple = 256;
  TileRequest halo = request(10000, 10000, 64 * kMiB);
  halo.halo = 1;
  const Row rows[] = {
      {request(10000, 10000, 64 * kMiB),
       "6x10000 tiles of 937 KiB: whole rows within half of the second cache"},
      {threads,
       "3x10000 tiles of 468 KiB for each of 2 threads: whole rows within its share of "
       "the budget"},
      {unknown, "16x1000 tiles of 250 KiB: whole rows within 256 KiB, as no cache size is known"},
      {asked, "1000x1000 tiles of 15 MiB: the shape that was asked for"},
      {rounded,
       "1000x1024 tiles of 15 MiB: the shape that was asked for, its columns rounded up to a "
       "multiple of 256"},
      {halo, "4x10000 tiles of 937 KiB: whole rows within half of the second cache"},
  };
  for (const Row& row : rows) BOOST_TEST(reason_of(row.wanted) == row.reason);
}

BOOST_AUTO_TEST_CASE(what_a_row_costs_counts_where_rows_are_cut) {
  TileRequest wanted = request(1000000, 512, kMiB);
  wanted.bytes_per_element = 4;
  wanted.tile_cols = 256;
  const Result<TileChoice> free = choose_tile(wanted);
  wanted.bytes_per_row = 1024;
  const Result<TileChoice> costly = choose_tile(wanted);
  BOOST_REQUIRE((free.ok() && costly.ok()));
  BOOST_TEST(free->rows == 1024u);
  BOOST_TEST(costly->rows == 512u);
  BOOST_TEST(costly->bytes == kMiB);
  wanted.tile_cols = 512;
  BOOST_TEST(choose_tile(wanted)->rows == 512u);
  BOOST_TEST(!choose_tile(request(0, 3, kMiB)).error().hint.empty());
}

BOOST_AUTO_TEST_CASE(every_choice_fits_the_budget_and_the_array) {
  for (const std::size_t rows : {1u, 7u, 1000u, 100000u}) {
    for (const std::size_t cols : {1u, 300u, 65536u, 40000000u}) {
      for (const std::size_t halo : {0u, 1u, 5u}) {
        for (const std::size_t budget : {64u << 10, 1u << 20, 64u << 20}) {
          for (const std::size_t multiple : {1u, 256u}) {
            TileRequest wanted = request(rows, cols, budget);
            wanted.halo = halo;
            wanted.threads = 2;
            wanted.col_multiple = multiple;
            const Result<TileChoice> choice = choose_tile(wanted);
            if (!choice) {
              BOOST_TEST(budget == 64u << 10);  // refused only where it really is small
              continue;
            }
            BOOST_TEST(choice->bytes * 2 <= budget);
            BOOST_TEST(choice->rows >= 1u);
            BOOST_TEST(choice->rows <= rows);
            BOOST_TEST((choice->cols == cols || choice->cols % multiple == 0));
            BOOST_TEST(choice->cols <= cols);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_budget_for_not_even_one_tile_is_refused) {
  TileRequest wanted = request(1000, 1000, 1000);
  wanted.tile_rows = 100;
  wanted.tile_cols = 100;
  const Result<TileChoice> choice = choose_tile(wanted);
  BOOST_REQUIRE(!choice.ok());
  BOOST_TEST(choice.error().message ==
             "a budget of 1000 B for 1 threads does not hold one 100x100 tile each, which takes "
             "156 KiB");
  BOOST_TEST(!choose_tile(request(0, 10, kMiB)).ok());
}

BOOST_AUTO_TEST_CASE(tiles_cover_each_element_once_in_order) {
  const std::size_t shapes[][4] = {{10, 10, 3, 4}, {1, 100, 1, 7}, {100, 1, 9, 9},
                                   {5, 5, 5, 5},   {0, 5, 2, 2},   {5, 0, 2, 2}};
  for (const auto& [rows, cols, tile_rows, tile_cols] : shapes) {
    const Tiling tiles(rows, cols, tile_rows, tile_cols);
    std::vector<int> seen(rows * cols, 0);
    for (std::size_t i = 0; i < tiles.count(); ++i) {
      const Rect rect = tiles.core(i);
      BOOST_TEST(rect.rows * rect.cols > 0u);
      for (std::size_t r = rect.row; r < rect.row + rect.rows; ++r)
        for (std::size_t c = rect.col; c < rect.col + rect.cols; ++c) ++seen[r * cols + c];
    }
    for (const int count : seen) BOOST_TEST(count == 1);
  }
}

BOOST_AUTO_TEST_CASE(halos_end_at_the_array) {
  const Tiling tiles(10, 10, 4, 4, 2);
  BOOST_TEST((tiles.with_halo(0) == Rect{0, 0, 6, 6}));
  BOOST_TEST((tiles.with_halo(4) == Rect{2, 2, 8, 8}));
  BOOST_TEST((tiles.with_halo(8) == Rect{6, 6, 4, 4}));
}

BOOST_AUTO_TEST_SUITE_END()
