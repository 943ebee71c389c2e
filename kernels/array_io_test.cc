// SPDX-License-Identifier: Apache-2.0
#include "kernels/array_io.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "kernels/fake_files.h"
#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

constexpr std::size_t kRows = 37, kCols = 211;

void write_array(const std::string& path, Array& array, const Rect& tile) {
  Result<ArrayWriter> writer = ArrayWriter::create_npy(path, array.view().element, kRows, kCols);
  require_ok(writer);
  const Tiling tiles(kRows, kCols, tile.rows, tile.cols);
  for (std::size_t i = 0; i < tiles.count(); ++i) {
    const Rect rect = tiles.core(i);
    require_ok(
        writer->sink().store(rect, array.view().part(rect.row, rect.col, rect.rows, rect.cols)));
  }
  require_ok(writer->finish());
}

void require_equal(const ArraySource& source, Array& expected, const Rect& tile) {
  const Element element = expected.view().element;
  const Tiling tiles(kRows, kCols, tile.rows, tile.cols);
  for (std::size_t i = 0; i < tiles.count(); ++i) {
    const Rect rect = tiles.core(i);
    Array scratch(element, rect.rows, rect.cols);
    const Result<ConstView> loaded = source.load(rect, scratch.view());
    require_ok(loaded);
    for (std::size_t r = 0; r < rect.rows; ++r)
      BOOST_REQUIRE(std::memcmp(loaded->row(r), expected.view().at(rect.row + r, rect.col),
                                loaded->row_bytes()) == 0);
    if (source.release) BOOST_TEST(source.release(rect).ok());
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(array_io)

BOOST_AUTO_TEST_CASE(files_written_in_any_tiles_are_read_back_in_any_tiles) {
  const TempDir dir;
  const Rect tiles[] = {{0, 0, 5, 211}, {0, 0, 7, 40}, {0, 0, 37, 1}};
  for (const Element element : {Element::float64, Element::uint8}) {
    Array array(element, kRows, kCols);
    fill_wild(array);
    for (const Rect& tile : tiles) {
      write_array(dir.file("a.npy"), array, tile);
      const Result<ArrayLayout> layout = read_npy_layout(dir.file("a.npy"));
      require_ok(layout);
      BOOST_TEST(layout->rows == kRows);
      const Result<ArraySource> mapped = mapped_source(dir.file("a.npy"), *layout);
      const Result<ArraySource> read = file_source(dir.file("a.npy"), *layout);
      require_ok(mapped);
      require_ok(read);
      for (const Rect& other : tiles) {
        require_equal(*mapped, array, other);
        require_equal(*read, array, other);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_sparse_file_reads_as_zeros_and_occupies_nothing) {
  const TempDir dir;
  constexpr std::size_t kWide = std::size_t{1} << 17;
  Result<ArrayWriter> writer =
      ArrayWriter::create_raw(dir.file("hole"), Element::float64, kWide, kWide / 8);
  require_ok(writer);  // 16 GiB
  require_ok(writer->finish());
  const ArrayLayout layout = {Element::float64, kWide, kWide / 8, 0};
  const Result<ArraySource> source = mapped_source(dir.file("hole"), layout);
  require_ok(source);
  const Result<ConstView> last = source->load({kWide - 1, kWide / 8 - 1, 1, 1}, {});
  require_ok(last);
  double value = 1;
  std::memcpy(&value, last->data, sizeof value);
  BOOST_TEST(value == 0.0);
}

BOOST_AUTO_TEST_CASE(a_file_too_short_for_its_shape_is_refused) {
  const TempDir dir;
  dir.write("raw", std::string(799, 'x'));
  const ArrayLayout layout = {Element::float64, 10, 10, 0};
  for (const auto& source :
       {mapped_source(dir.file("raw"), layout), file_source(dir.file("raw"), layout)}) {
    BOOST_REQUIRE(!source.ok());
    BOOST_TEST(source.error().message ==
               dir.file("raw") +
                   " is too short: 799 bytes, and 10x10 float64 from byte 0 on need 800");
  }
  Array array(Element::float64, kRows, kCols);
  write_array(dir.file("a.npy"), array, {0, 0, kRows, kCols});
  std::filesystem::resize_file(dir.file("a.npy"), 5000);
  BOOST_TEST(!read_npy_layout(dir.file("a.npy")).ok());
}

BOOST_AUTO_TEST_CASE(a_raw_file_has_exactly_the_bytes_of_its_shape) {
  const TempDir dir;
  const ArrayLayout layout = {Element::float64, 10, 10, 0};
  dir.write("raw", std::string(800, 'x'));
  BOOST_TEST(check_raw_file(dir.file("raw"), layout).ok());
  dir.write("raw", std::string(801, 'x'));
  const Status longer = check_raw_file(dir.file("raw"), layout);
  BOOST_REQUIRE(!longer.ok());
  BOOST_TEST(longer.error().message ==
             dir.file("raw") + " is too long: 801 bytes, and 10x10 float64 are 800");
  dir.write("raw", std::string(799, 'x'));
  BOOST_TEST(!check_raw_file(dir.file("raw"), layout).ok());
}

BOOST_AUTO_TEST_CASE(the_shape_of_an_npy_file_stays) {
  const TempDir dir;
  const std::vector<std::uint64_t> shapes[] = {{}, {6}, {2, 3}, {1, 2, 3}};
  for (const std::vector<std::uint64_t>& shape : shapes) {
    ArrayLayout layout = {Element::float64, 1, 1, 0, shape};
    for (const std::uint64_t length : shape) layout.cols *= length;
    Result<ArrayWriter> writer = ArrayWriter::create_npy(dir.file("a.npy"), layout);
    require_ok(writer);
    require_ok(writer->finish());
    const Result<ArrayLayout> read = read_npy_layout(dir.file("a.npy"));
    require_ok(read);
    BOOST_TEST((read->shape == shape));
  }
}

BOOST_AUTO_TEST_CASE(a_file_cut_while_it_is_mapped_is_an_error_at_the_next_tile) {
  const TempDir dir;
  dir.write("raw", std::string(80000, 'x'));
  const Result<ArraySource> source =
      mapped_source(dir.file("raw"), {Element::float64, 100, 100, 0});
  require_ok(source);
  BOOST_TEST(source->load({0, 0, 1, 100}, {}).ok());
  std::filesystem::resize_file(dir.file("raw"), 4096);
  BOOST_TEST(!source->load({1, 0, 1, 100}, {}).ok());
}

BOOST_AUTO_TEST_CASE(a_tile_whose_pages_vanish_under_its_reader_is_an_error_and_no_signal) {
  const TempDir dir;
  dir.write("raw", std::string(80000, 'x'));
  const Result<ArraySource> source =
      mapped_source(dir.file("raw"), {Element::float64, 100, 100, 0});
  require_ok(source);
  const Rect all{0, 0, 100, 100};
  const Result<ConstView> tile = source->load(all, {});
  require_ok(tile);
  std::filesystem::resize_file(dir.file("raw"), 4096);
  BOOST_TEST(static_cast<int>(*tile->row(99)) == 0);
  // Growing again does not hide it.
  std::filesystem::resize_file(dir.file("raw"), 80000);
  const Status after = source->release(all);
  BOOST_REQUIRE(!after.ok());
  BOOST_TEST(after.error().message.find("was shortened") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_unfinished_writer_leaves_nothing) {
  const TempDir dir;
  {
    Result<ArrayWriter> writer =
        ArrayWriter::create_npy(dir.file("a.npy"), Element::float32, 10, 10);
    require_ok(writer);
  }
  BOOST_TEST(dir.count() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
