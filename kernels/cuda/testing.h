// SPDX-License-Identifier: Apache-2.0
// What every device must do, the fake and a real one: give what the processor gives.
#pragma once

#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/cuda/device_pass.h"
#include "kernels/testing.h"

namespace memqual::kernels::cuda::testing {

using kernels::testing::Array;
using kernels::testing::fill_wild;
using kernels::testing::get_value;
using kernels::testing::require_ok;

struct ChainCase {
  Element from;
  std::vector<Step> steps;
};

/// Every step for every element that it has a meaning for, and chains of them.
inline std::vector<ChainCase> chain_cases() {
  return {{Element::float64, {SqrtStep{}}},
          {Element::float64, {ScaleOffsetStep{3.1, -0.7}, SqrtStep{}}},
          {Element::float32, {SqrtStep{}}},
          {Element::float32, {ScaleOffsetStep{1.3, 0.1}, SqrtStep{}, ScaleOffsetStep{-2.7, 9}}},
          {Element::float32, {ConvertStep{Element::float16}}},
          {Element::float32, {ConvertStep{Element::bfloat16}, SqrtStep{}}},
          {Element::float16, {SqrtStep{}, ScaleOffsetStep{1.1, 0.3}}},
          {Element::float16, {ConvertStep{Element::float32}, SqrtStep{}}},
          {Element::bfloat16, {ScaleOffsetStep{1.1, 0.3}, ConvertStep{Element::float32}}},
          {Element::int32, {ScaleOffsetStep{-7, 123456789}}},
          {Element::int32, {}},
          {Element::uint8, {}}};
}

inline bool same_bits(double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return true;
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

inline void check_same_result(const PassReport& device, const PassReport& processor) {
  BOOST_REQUIRE(device.reduction.has_value() == processor.reduction.has_value());
  if (!device.reduction) return;
  BOOST_TEST(same_bits(device.reduction->sum, processor.reduction->sum));
  BOOST_TEST(device.reduction->integer_sum == processor.reduction->integer_sum);
  BOOST_TEST(same_bits(device.reduction->least, processor.reduction->least));
  BOOST_TEST(same_bits(device.reduction->most, processor.reduction->most));
}

/// Elements are equal, a NaN to any NaN; nothing beside them was written.
inline void check_same_elements(Array& device, Array& processor) {
  BOOST_TEST(device.guards_intact());
  std::size_t different = 0;
  for (std::size_t r = 0; r < device.view().rows; ++r)
    for (std::size_t c = 0; c < device.view().cols; ++c)
      different += !same_bits(get_value(device, r, c), get_value(processor, r, c));
  BOOST_TEST(different == 0U);
}

/// Runs the chain over a rows x cols array of wild values, with gaps between its rows, on both.
inline void check_chain(Device& device, ThreadPool& pool, const ChainCase& chain, std::size_t rows,
                        std::size_t cols, std::size_t budget, std::optional<Reduce> reduce,
                        const DeviceOptions& options) {
  const Kernels kernels(supported_targets().back());
  const Result<Chain> made = make_chain(kernels, chain.from, chain.steps);
  require_ok(made);
  Array x(chain.from, rows, cols, 1, 3);
  fill_wild(x);
  Array on_device(made->result, rows, cols, 0, 5);
  Array on_processor(made->result, rows, cols, 0, 5);
  PassRequest request;
  request.source = memory_source(x.view());
  request.steps = chain.steps;
  request.reduce = reduce;
  request.sink = memory_sink(on_processor.view());
  const Result<PassReport> expected = run_pass(kernels, pool, request);
  require_ok(expected);
  request.sink = memory_sink(on_device.view());
  request.budget = budget;
  const Result<DevicePassReport> report = run_device_pass(kernels, pool, device, request, options);
  require_ok(report);
  BOOST_REQUIRE(!report->refused);
  check_same_result(report->pass, *expected);
  check_same_elements(on_device, on_processor);
  BOOST_TEST(report->plan.block <= budget);
  BOOST_TEST(report->use.peak <= budget);
  BOOST_TEST(report->copied_in == rows * cols * element_size(chain.from));
}

}  // namespace memqual::kernels::cuda::testing
