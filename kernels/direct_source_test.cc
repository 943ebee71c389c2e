// SPDX-License-Identifier: Apache-2.0
#include "kernels/direct_source.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <iostream>
#include <vector>

#include "kernels/fake_files.h"
#include "kernels/pass.h"
#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

constexpr std::size_t kRows = 300, kCols = 811;

/// A file of random values behind `offset` bytes of something else.
struct Fixture {
  TempDir dir;
  ArrayLayout layout = {Element::float32, kRows, kCols, 128};

  Fixture() {
    std::string text(layout.data_offset + layout.bytes(), 'h');
    for (std::size_t i = 0; i < kRows * kCols; ++i) {
      const float value = random_f32(static_cast<std::uint32_t>(random_word(5, i)));
      std::memcpy(text.data() + layout.data_offset + 4 * i, &value, sizeof value);
    }
    dir.write("x", text);
  }
  std::string path() const { return dir.file("x"); }
  bool here() const {
    const Result<File> direct = File::open(path(), Caching::direct);
    if (!direct) std::cout << "SKIPPED: direct reads: " << direct.error().message << "\n";
    return direct.ok();
  }
  /// By threads, and by io_uring where that is here.
  std::vector<DirectOptions> ways() const {
    std::vector<DirectOptions> result = {{2, 1, ReadBy::threads}, {5, 3, ReadBy::threads}};
    if (const auto ring = uring_engine(*File::open(path()), 1); ring.ok())
      result.push_back({3, 1, ReadBy::io_uring});
    else
      std::cout << "SKIPPED: io_uring is not to be had here\n";
    return result;
  }
};

PassRequest request_of(const ArraySource& source) {
  PassRequest request;
  request.source = source;
  request.steps = {NeighbourhoodStep{BoxBlur{2}, {Boundary::reflect, 0}}, SqrtStep{}};
  request.reduce = Reduce::summary;
  request.checksum = true;
  request.budget = 4 << 20;
  return request;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(direct_source, Fixture)

BOOST_AUTO_TEST_CASE(a_pass_gives_what_it_gives_through_the_page_cache) {
  if (!here()) return;
  const Kernels kernels(supported_targets().back());
  ThreadPool one(1);
  const Result<PassReport> expected =
      run_pass(kernels, one, request_of(*file_source(path(), layout)));
  require_ok(expected);
  for (const DirectOptions& way : ways())
    for (const std::size_t threads : {1u, 3u}) {
      ThreadPool pool(threads);
      const Result<ArraySource> source = memqual::kernels::direct_source(path(), layout, way);
      require_ok(source);
      PassRequest request = request_of(*source);
      request.tile_rows = 7;  // rows that begin and end anywhere within pages
      const Result<PassReport> report = run_pass(kernels, pool, request);
      require_ok(report);
      BOOST_TEST(report->tiles == (kRows + 6) / 7);
      BOOST_TEST(*report->checksum == *expected->checksum);
      BOOST_TEST(report->reduction->sum == expected->reduction->sum);
    }
}

BOOST_AUTO_TEST_CASE(more_threads_than_tiles_read_what_there_is) {
  if (!here()) return;
  ThreadPool pool(3);
  PassRequest request = request_of(*memqual::kernels::direct_source(path(), layout));
  request.steps.clear();
  request.tile_rows = kRows / 2;
  request.budget = 32 << 20;
  const Result<PassReport> report = run_pass(Kernels(supported_targets().back()), pool, request);
  require_ok(report);
  BOOST_TEST(report->tiles == 2u);
  BOOST_TEST(report->bytes_read == layout.bytes());
}

BOOST_AUTO_TEST_CASE(tiles_that_cut_rows_are_refused) {
  if (!here()) return;
  ThreadPool pool(1);
  PassRequest request = request_of(*memqual::kernels::direct_source(path(), layout));
  request.steps.clear();
  request.tile_rows = 10;
  request.tile_cols = 256;
  const Result<PassReport> report = run_pass(Kernels(supported_targets().back()), pool, request);
  BOOST_REQUIRE(!report.ok());
  BOOST_TEST(report.error().message ==
             "direct reads of " + path() + " take whole rows, not parts of them");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_cut_meanwhile_is_an_error_that_says_where) {
  if (!here()) return;
  ThreadPool pool(1);
  for (const DirectOptions& way : ways()) {
    const PassRequest request = request_of(*memqual::kernels::direct_source(path(), layout, way));
    std::filesystem::resize_file(path(), 500000);
    const Result<PassReport> report = run_pass(Kernels(supported_targets().back()), pool, request);
    BOOST_REQUIRE(!report.ok());
    BOOST_TEST(report.error().message.find("it ends at byte 500000") != std::string::npos,
               report.error().message);
    std::filesystem::resize_file(path(), layout.data_offset + layout.bytes());
  }
}

BOOST_AUTO_TEST_CASE(a_layout_that_cannot_be_read_is_refused) {
  if (!here()) return;
  ArrayLayout odd = layout;
  odd.data_offset = 127;
  BOOST_TEST(!memqual::kernels::direct_source(path(), odd).ok());
  ArrayLayout large = layout;
  large.rows = kRows + 1;
  BOOST_TEST(!memqual::kernels::direct_source(path(), large).ok());
  BOOST_TEST(!memqual::kernels::direct_source(dir.file("none"), layout).ok());
}

BOOST_AUTO_TEST_SUITE_END()
