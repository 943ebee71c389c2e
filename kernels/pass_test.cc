// SPDX-License-Identifier: Apache-2.0
#include "kernels/pass.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <new>

#include "kernels/fake_files.h"
#include "kernels/operations.h"
#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

constexpr std::size_t kRows = 61, kCols = 700;

Array sample(Element element) {
  Array array(element, kRows, kCols);
  require_ok(
      fill_random(Kernels(built_targets().front()), array.view(), 3, {0, 0, kCols}, Store::cached));
  return array;
}

PassReport run(const PassRequest& request, std::size_t threads) {
  ThreadPool pool(threads);
  const Result<PassReport> report = run_pass(Kernels(supported_targets().back()), pool, request);
  require_ok(report);
  return *report;
}

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

// Blur, then scale, then to float16: one of each kind.
PassRequest chain_over(const ArraySource& source) {
  PassRequest request;
  request.source = source;
  request.steps = {NeighbourhoodStep{BoxBlur{2}, {Boundary::reflect, 0}}, ScaleOffsetStep{2, 0.5},
                   SqrtStep{}, ConvertStep{Element::float16}};
  request.reduce = Reduce::summary;
  request.checksum = true;
  return request;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pass)

BOOST_AUTO_TEST_CASE(a_chain_is_its_steps_one_after_the_other) {
  Array x = sample(Element::float32);
  const Kernels kernels(built_targets().front());
  Array a(Element::float32, kRows, kCols);
  Array expected(Element::float16, kRows, kCols);
  require_ok(apply(kernels, BoxBlur{2}, x.view(), {0, 0, kRows, kCols}, {Boundary::reflect, 0},
                   a.view(), Store::cached));
  require_ok(scale_offset(kernels, a.view(), a.view(), 2, 0.5, Store::cached));
  require_ok(sqrt(kernels, a.view(), a.view(), Store::cached));
  require_ok(convert(kernels, a.view(), expected.view(), Store::cached));

  Array out(Element::float16, kRows, kCols);
  PassRequest request = chain_over(memory_source(x.view()));
  request.sink = memory_sink(out.view());
  const PassReport report = run(request, 1);
  BOOST_TEST((out.bytes() == expected.bytes()));
  BOOST_TEST(report.bytes_written == kRows * kCols * 2);
  BOOST_TEST(report.reduction->most <= 2.0);
}

BOOST_AUTO_TEST_CASE(any_tiles_threads_and_sources_give_the_same_bits) {
  const TempDir dir;
  Array x = sample(Element::float32);
  Result<ArrayWriter> writer =
      ArrayWriter::create_npy(dir.file("x.npy"), Element::float32, kRows, kCols);
  require_ok(writer);
  require_ok(writer->sink().store({0, 0, kRows, kCols}, x.view()));
  require_ok(writer->finish());
  const Result<ArrayLayout> layout = read_npy_layout(dir.file("x.npy"));
  require_ok(layout);

  Array first(Element::float16, kRows, kCols);
  PassRequest whole = chain_over(memory_source(x.view()));
  whole.sink = memory_sink(first.view());
  const PassReport expected = run(whole, 1);
  const ArraySource sources[] = {memory_source(x.view()),
                                 *mapped_source(dir.file("x.npy"), *layout),
                                 *file_source(dir.file("x.npy"), *layout)};
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (const ArraySource& source : sources) {
      Array out(Element::float16, kRows, kCols);
      PassRequest request = chain_over(source);
      request.sink = memory_sink(out.view());
      request.tile_rows = 1 + random_word(seed, 0) % kRows;
      request.tile_cols = 1 + random_word(seed, 1) % kCols;
      const PassReport report = run(request, 1 + seed % 3);
      BOOST_TEST((out.bytes() == first.bytes()));
      BOOST_TEST(same(report.reduction->sum, expected.reduction->sum));
      BOOST_TEST(report.reduction->least == expected.reduction->least);
      BOOST_TEST(*report.checksum == *expected.checksum);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_pass_may_write_where_it_reads) {
  Array x = sample(Element::float64);
  Array expected(Element::float64, kRows, kCols);
  require_ok(sqrt(Kernels(built_targets().front()), x.view(), expected.view(), Store::cached));
  PassRequest request;
  request.source = memory_source(x.view());
  request.sink = memory_sink(x.view());
  request.steps = {SqrtStep{}};
  run(request, 2);
  BOOST_TEST((x.bytes() == expected.bytes()));
}

BOOST_AUTO_TEST_CASE(overlapping_tiles_read_more_and_are_of_no_more_use) {
  Array x = sample(Element::float32);
  Array out(Element::float32, kRows, kCols);
  PassRequest request;
  request.source = memory_source(x.view());
  request.steps = {NeighbourhoodStep{BoxBlur{8}, {}}};
  request.sink = memory_sink(out.view());
  request.tile_rows = 1;
  const PassReport report = run(request, 2);
  BOOST_TEST(report.bytes_read > 10 * x.bytes().size());
  BOOST_TEST(report.bytes_useful == 2 * x.bytes().size());
  request.sink.reset();
  request.reduce = Reduce::sum;
  BOOST_TEST(run(request, 2).bytes_useful == x.bytes().size());
}

BOOST_AUTO_TEST_CASE(a_worker_without_memory_is_the_callers_exception) {
  Array x = sample(Element::float32);
  ArraySource source = memory_source(x.view());
  source.load = [load = source.load](const Rect& rect, View scratch) {
    if (rect.row + rect.rows == kRows) throw std::bad_alloc();  // of the last worker
    return load(rect, scratch);
  };
  PassRequest request;
  request.source = source;
  request.reduce = Reduce::sum;
  request.tile_rows = 1;
  ThreadPool pool(3);
  BOOST_CHECK_THROW(static_cast<void>(run_pass(Kernels(supported_targets().back()), pool, request)),
                    std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(without_steps_a_pass_copies_and_sums) {
  const TempDir dir;
  Array x = sample(Element::int32);
  Result<ArrayWriter> writer =
      ArrayWriter::create_npy(dir.file("copy.npy"), Element::int32, kRows, kCols);
  require_ok(writer);
  PassRequest request;
  request.source = memory_source(x.view());
  request.sink = writer->sink();
  request.reduce = Reduce::sum;
  request.budget = 64 << 10;
  const PassReport report = run(request, 2);
  require_ok(writer->finish());
  BOOST_TEST(report.tiles > 1u);
  BOOST_TEST(report.bytes_read == kRows * kCols * 4);
  std::int64_t sum = 0;
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t c = 0; c < kCols; ++c) sum += x.get<std::int32_t>(r, c);
  BOOST_TEST(report.reduction->integer_sum == sum);
}

BOOST_AUTO_TEST_CASE(a_source_cut_during_its_last_tile_leaves_no_result) {
  const TempDir dir;
  dir.write("x", std::string(1 << 20, 'x'));
  {
    const Result<ArraySource> source = mapped_source(dir.file("x"), {Element::uint8, 64, 16384, 0});
    require_ok(source);
    const Result<ArrayWriter> writer =
        ArrayWriter::create_raw(dir.file("out"), Element::uint8, 64, 16384);
    require_ok(writer);
    PassRequest request;
    request.source = *source;
    request.sink = writer->sink();
    request.tile_rows = 16;
    request.sink->store = [&, store = request.sink->store](const Rect& rect,
                                                           const ConstView& tile) {
      if (rect.row == 48) std::filesystem::resize_file(dir.file("x"), 1000);
      return store(rect, tile);
    };
    ThreadPool pool(1);
    const Result<PassReport> report = run_pass(Kernels(supported_targets().back()), pool, request);
    BOOST_REQUIRE(!report.ok());
    BOOST_TEST(report.error().message.find("was shortened") != std::string::npos,
               report.error().message);
  }
  BOOST_TEST(dir.count() == 1u);
}

BOOST_AUTO_TEST_CASE(requests_that_cannot_be_met_are_refused) {
  Array x = sample(Element::float64);
  Array other(Element::float32, kRows, kCols);
  ThreadPool pool(1);
  const Kernels kernels(built_targets().front());
  PassRequest late;
  late.source = memory_source(x.view());
  late.steps = {SqrtStep{}, NeighbourhoodStep{FivePoint{}, {}}};
  BOOST_TEST(!run_pass(kernels, pool, late).ok());
  PassRequest mismatch;
  mismatch.source = memory_source(x.view());
  mismatch.sink = memory_sink(other.view());
  BOOST_TEST(!run_pass(kernels, pool, mismatch).ok());
  PassRequest poor;
  poor.source = memory_source(x.view());
  poor.budget = 100;
  BOOST_TEST(!run_pass(kernels, pool, poor).ok());
  PassRequest bytes;
  Array small(Element::uint8, kRows, kCols);
  bytes.source = memory_source(small.view());
  bytes.steps = {SqrtStep{}};
  BOOST_TEST(!run_pass(kernels, pool, bytes).ok());
}

BOOST_AUTO_TEST_SUITE_END()
