// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device_pass.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "kernels/cuda/fake_device.h"
#include "kernels/cuda/testing.h"
#include "kernels/fake_files.h"
#include "kernels/operations.h"

namespace memqual::kernels::cuda {
namespace {

using namespace memqual::kernels::cuda::testing;
using When = FakeDevice::When;

constexpr std::size_t kRows = 53, kCols = 700;
constexpr std::size_t kBudget = 48 << 10;  // several tiles of every element

const Kernels& some_kernels() {
  static const Kernels kernels(supported_targets().back());
  return kernels;
}

/// An array, its square roots and their sum.
struct Job {
  Array x{Element::float64, kRows, kCols};
  Array out{Element::float64, kRows, kCols};
  ThreadPool pool{2};
  PassRequest request;

  Job() {
    fill_wild(x);
    request.source = memory_source(x.view());
    request.sink = memory_sink(out.view());
    request.steps = {SqrtStep{}};
    request.reduce = Reduce::summary;
    request.checksum = true;
    request.budget = kBudget;
  }
  Result<DevicePassReport> run(Device& device, const DeviceOptions& options = {}) {
    return run_device_pass(some_kernels(), pool, device, request, options);
  }
};

BOOST_AUTO_TEST_SUITE(device_pass)

BOOST_AUTO_TEST_CASE(gives_what_the_processor_gives_for_every_chain) {
  ThreadPool pool(2);
  const Reduce reduces[] = {Reduce::sum, Reduce::sum_of_squares, Reduce::summary};
  std::size_t i = 0;
  for (const ChainCase& chain : chain_cases())
    for (const When when : {When::at_once, When::on_wait})
      for (const Staging staging : {Staging::copied, Staging::pinned, Staging::in_place}) {
        BOOST_TEST_CONTEXT("chain " << i / 6 << ", late " << (when == When::on_wait) << ", staging "
                                    << static_cast<int>(staging)) {
          FakeDevice device(when);
          check_chain(device, pool, chain, kRows, kCols, kBudget, reduces[i % 3], {2, staging});
          BOOST_TEST(device.nothing_held());
          BOOST_TEST(!device.gone_under_way);
          BOOST_TEST(device.most_held <= kBudget);
        }
        ++i;
      }
}

BOOST_AUTO_TEST_CASE(any_tiles_and_slots_give_the_same) {
  ThreadPool pool(1);
  const ChainCase chain = {Element::float64, {ScaleOffsetStep{2, 1}}};
  struct Shape {
    std::size_t rows, cols, budget;
  };
  const Shape shapes[] = {{1, 1, 8 << 10},     {1, 5000, 24 << 10}, {5000, 1, 24 << 10},
                          {37, 255, 24 << 10}, {37, 257, 24 << 10}, {300, 513, 100 << 10}};
  for (const Shape& shape : shapes)
    for (const std::size_t slots : {1u, 2u, 3u, 4u})
      BOOST_TEST_CONTEXT(shape.rows << "x" << shape.cols << ", " << slots << " slots") {
        FakeDevice device;
        check_chain(device, pool, chain, shape.rows, shape.cols, shape.budget, Reduce::summary,
                    {slots, Staging::copied});
        BOOST_TEST(device.most_under_way <= slots);
      }
}

BOOST_AUTO_TEST_CASE(the_next_tile_is_under_way_while_one_comes_back) {
  Job job;
  FakeDevice device;
  const auto report = job.run(device);
  require_ok(report);
  BOOST_TEST(report->plan.tiles > 4U);
  BOOST_TEST(device.most_under_way == 2U);
}

BOOST_AUTO_TEST_CASE(checksum_is_that_of_the_processor_with_and_without_a_sink) {
  Job job;
  const Result<PassReport> expected = run_pass(some_kernels(), job.pool, job.request);
  require_ok(expected);
  for (const Staging staging : {Staging::copied, Staging::pinned})
    for (const bool sink : {true, false}) {
      PassRequest request = job.request;
      if (!sink) request.sink.reset();
      FakeDevice device;
      const auto report = run_device_pass(some_kernels(), job.pool, device, request, {2, staging});
      require_ok(report);
      BOOST_TEST((report->pass.checksum == expected->checksum));
      BOOST_TEST(report->pass.bytes_written == (sink ? job.x.count() * 8 : 0U));
    }
}

BOOST_AUTO_TEST_CASE(only_sums_come_back_where_nobody_wants_the_elements) {
  Job job;
  job.request.sink.reset();
  job.request.checksum = false;
  FakeDevice device;
  const auto report = job.run(device);
  require_ok(report);
  BOOST_TEST(report->copied_out == kRows * 3 * sizeof(UnitResult));
}

BOOST_AUTO_TEST_CASE(an_array_may_be_its_own_result) {
  for (const Staging staging : {Staging::copied, Staging::pinned}) {
    Job job;
    Array expected(Element::float64, kRows, kCols);
    require_ok(sqrt(some_kernels(), job.x.view(), expected.view(), Store::cached));
    job.request.sink = memory_sink(job.x.view());
    FakeDevice device;
    require_ok(job.run(device, {2, staging}));
    check_same_elements(job.x, expected);
    BOOST_TEST(device.nothing_held());
  }
}

BOOST_AUTO_TEST_CASE(an_error_at_any_call_leaves_nothing_held_and_names_the_call) {
  for (const Staging staging : {Staging::copied, Staging::pinned})
    for (const When when : {When::at_once, When::on_wait}) {
      Job job;
      FakeDevice whole(when);
      require_ok(job.run(whole, {2, staging}));
      BOOST_REQUIRE(whole.calls > 20U);
      for (std::size_t call = 1; call <= whole.calls; ++call) {
        FakeDevice device(when);
        device.fail_at = call;
        const auto report = job.run(device, {2, staging});
        BOOST_TEST_CONTEXT("call " << call) {
          BOOST_REQUIRE(!report.ok());
          BOOST_TEST(report.error().message.ends_with(
              "said fakeErrorLaunchFailure (719): unspecified launch failure"));
          BOOST_TEST(device.calls >= call);
          BOOST_TEST(device.nothing_held());
          BOOST_TEST(!device.gone_under_way);
        }
      }
    }
}

BOOST_AUTO_TEST_CASE(a_device_that_gives_no_memory_is_an_observation) {
  Job job;
  job.request.tile_rows = kRows;
  job.request.budget = std::size_t{1} << 40;
  FakeDevice device(When::on_wait, 64 << 10);
  const auto report = job.run(device);
  require_ok(report);
  BOOST_REQUIRE(report->refused.has_value());
  BOOST_TEST(report->refused->bytes == report->plan.block);
  BOOST_TEST(report->refused->bytes > 64U << 10);
  BOOST_TEST((report->refused->memory == DeviceMemory{64 << 10, 64 << 10}));
  BOOST_TEST(report->refused->error.name == "fakeErrorMemoryAllocation");
  BOOST_TEST(!report->pass.reduction.has_value());
  BOOST_TEST(report->pass.bytes_written == 0U);
  BOOST_TEST(report->use.peak == 0U);
  BOOST_TEST(device.nothing_held());
  Array untouched(Element::float64, kRows, kCols);
  BOOST_TEST((job.out.bytes() == untouched.bytes()));
}

BOOST_AUTO_TEST_CASE(tells_what_the_device_lost_and_got_back) {
  Job job;
  FakeDevice device;
  const auto report = job.run(device);
  require_ok(report);
  BOOST_TEST(report->use.before.free == 64U << 20);
  BOOST_TEST(report->use.peak == report->plan.block);
  BOOST_TEST((report->use.after == report->use.before));
}

BOOST_AUTO_TEST_CASE(files_go_through_and_a_failed_pass_leaves_none) {
  const kernels::testing::TempDir dir;
  Job job;
  const auto write = [&](const std::string& name, const ArraySource& source, Device& device) {
    Result<ArrayWriter> writer =
        ArrayWriter::create_npy(dir.file(name), Element::float64, kRows, kCols);
    require_ok(writer);
    job.request.source = source;
    job.request.sink = writer->sink();
    const auto report = job.run(device);
    job.request.sink.reset();
    if (report.ok()) require_ok(writer->finish());
    return report.ok();
  };
  FakeDevice first;
  BOOST_REQUIRE(write("a.npy", memory_source(job.x.view()), first));
  const Result<ArrayLayout> layout = read_npy_layout(dir.file("a.npy"));
  require_ok(layout);
  FakeDevice again;
  BOOST_REQUIRE(write("b.npy", *mapped_source(dir.file("a.npy"), *layout), again));
  FakeDevice from_file;
  BOOST_REQUIRE(write("c.npy", *file_source(dir.file("a.npy"), *layout), from_file));
  BOOST_TEST((dir.read("b.npy") == dir.read("c.npy")));
  FakeDevice failing;
  failing.fail_at = again.calls - 5;
  BOOST_TEST(!write("d.npy", *file_source(dir.file("a.npy"), *layout), failing));
  BOOST_TEST(dir.count() == 3U);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_source_leaves_nothing_held) {
  Job job;
  job.request.source.load = [](const Rect& rect, View scratch) -> Result<ConstView> {
    if (rect.row > 20) return Error{"the file ends here", ""};
    return ConstView(scratch);
  };
  FakeDevice device;
  const auto report = job.run(device);
  BOOST_REQUIRE(!report.ok());
  BOOST_TEST(report.error().message == "the file ends here");
  BOOST_TEST(device.nothing_held());
  BOOST_TEST(!device.gone_under_way);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::kernels::cuda
