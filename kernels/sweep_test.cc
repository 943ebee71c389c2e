// SPDX-License-Identifier: Apache-2.0
#include "kernels/sweep.h"

#include <boost/test/unit_test.hpp>

#include "kernels/fake_files.h"
#include "kernels/operations.h"
#include "kernels/testing.h"
#include "kernels/transpose.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

constexpr std::size_t kRows = 130, kCols = 71;

const Kernels& baseline() {
  static const Kernels kernels(built_targets().front());
  return kernels;
}
const Kernels& best() {
  static const Kernels kernels(supported_targets().back());
  return kernels;
}

Array random_array(Element element, std::uint64_t seed, std::size_t rows = kRows,
                   std::size_t cols = kCols) {
  Array array(element, rows, cols);
  require_ok(fill_random(baseline(), array.view(), seed, {0, 0, cols}, Store::cached));
  return array;
}

SweepOptions tiled(std::uint64_t seed) {
  SweepOptions options;
  if (seed == 0) return options;
  options.tile_rows = 1 + random_word(seed, 0) % kRows;
  options.tile_cols = 1 + random_word(seed, 1) % kCols;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sweep)

BOOST_AUTO_TEST_CASE(random_elements_do_not_depend_on_tiles_threads_or_target) {
  Array expected = random_array(Element::float32, 5);
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    ThreadPool pool(1 + seed % 3);
    Array out(Element::float32, kRows, kCols);
    const auto report =
        run_content(best(), pool, RandomElements{5}, memory_sink(out.view()), tiled(seed));
    require_ok(report);
    BOOST_TEST((out.bytes() == expected.bytes()));
    BOOST_TEST(out.guards_intact());
    BOOST_TEST(report->bytes_written == kRows * kCols * 4);
    BOOST_TEST(report->bytes_read == 0u);
  }
}

BOOST_AUTO_TEST_CASE(elements_go_to_a_file_as_they_go_to_memory) {
  const TempDir dir;
  ThreadPool pool(2);
  Result<ArrayWriter> writer =
      ArrayWriter::create_npy(dir.file("x.npy"), Element::float64, kRows, kCols);
  require_ok(writer);
  const auto report = run_content(best(), pool, EqualElements{2.5}, writer->sink(), tiled(3));
  require_ok(report);
  BOOST_TEST(report->bytes_read == 0u);
  BOOST_TEST(report->bytes_written == kRows * kCols * 8);
  BOOST_TEST(report->bytes_useful == report->bytes_written);
  require_ok(writer->finish());
  PassRequest sum;
  sum.source = *mapped_source(dir.file("x.npy"), *read_npy_layout(dir.file("x.npy")));
  sum.reduce = Reduce::sum;
  const auto read = run_pass(best(), pool, sum);
  require_ok(read);
  BOOST_TEST(read->reduction->sum == 2.5 * kRows * kCols);
}

BOOST_AUTO_TEST_CASE(a_triad_in_tiles_is_the_triad_of_the_whole) {
  Array x = random_array(Element::float64, 1), y = random_array(Element::float64, 2);
  Array expected(Element::float64, kRows, kCols);
  require_ok(triad(baseline(), x.view(), y.view(), expected.view(), 1.5, Store::cached));
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    ThreadPool pool(1 + seed % 3);
    Array out(Element::float64, kRows, kCols);
    const auto report = run_triad(best(), pool, x.view(), y.view(), out.view(), 1.5, tiled(seed));
    require_ok(report);
    BOOST_TEST((out.bytes() == expected.bytes()));
    BOOST_TEST(report->bytes_read == 2 * report->bytes_written);
  }
}

BOOST_AUTO_TEST_CASE(a_transpose_in_tiles_is_the_transpose_of_the_whole) {
  for (const Element element : kElements) {
    Array x = random_array(element, 3);
    Array expected(element, kCols, kRows);
    require_ok(transpose(baseline(), x.view(), expected.view(), Store::cached));
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      ThreadPool pool(1 + seed % 3);
      Array out(element, kCols, kRows);
      require_ok(run_transpose(best(), pool, x.view(), out.view(), tiled(seed)));
      BOOST_TEST((out.bytes() == expected.bytes()));
      BOOST_TEST(out.guards_intact());
    }
  }
}

BOOST_AUTO_TEST_CASE(arrays_that_do_not_fit_are_refused_with_both_shapes) {
  ThreadPool pool(1);
  Array x = random_array(Element::float32, 1), y = random_array(Element::float32, 2, 3, 4);
  const auto sum = run_triad(best(), pool, x.view(), y.view(), x.view(), 1, {});
  BOOST_REQUIRE(!sum.ok());
  BOOST_TEST(sum.error().message == "triad of 130x71 float32 with 3x4 float32");
  const auto turned = run_transpose(best(), pool, x.view(), y.view(), {});
  BOOST_REQUIRE(!turned.ok());
  BOOST_TEST(turned.error().message == "transpose of 130x71 float32 into 3x4 float32");
}

BOOST_AUTO_TEST_SUITE_END()
