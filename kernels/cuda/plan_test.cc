// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/plan.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "kernels/testing.h"

namespace memqual::kernels::cuda {
namespace {

using kernels::testing::require_ok;

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kGranularity = 2 * kMiB;

const Kernels& some_kernels() {
  static const Kernels kernels(supported_targets().front());
  return kernels;
}

// An array that is never read: planning looks at shapes only.
PassRequest request_of(Element element, std::size_t rows, std::size_t cols, std::size_t budget) {
  PassRequest request;
  request.source.layout = {element, rows, cols, 0};
  request.steps = {SqrtStep{}};
  request.budget = budget;
  return request;
}

Result<DevicePlan> plan_of(const PassRequest& request, const DeviceOptions& options = {}) {
  return make_device_plan(some_kernels(), request, options, kGranularity);
}

// Every element lies in exactly one tile: the tiles' areas add up, and none leaves the array.
void check_cover(const DevicePlan& plan, const ArrayLayout& layout) {
  const Tiling tiles(layout.rows, layout.cols, plan.tile.rows, plan.tile.cols);
  BOOST_TEST(tiles.count() == plan.tiles);
  std::size_t cells = 0;
  for (std::size_t i = 0; i < tiles.count(); ++i) {
    const Rect rect = tiles.core(i);
    BOOST_TEST(rect.row + rect.rows <= layout.rows);
    BOOST_TEST(rect.col + rect.cols <= layout.cols);
    BOOST_TEST(rect.row ==
               i / ((layout.cols + plan.tile.cols - 1) / plan.tile.cols) * plan.tile.rows);
    cells += rect.rows * rect.cols;
  }
  BOOST_TEST(cells == layout.rows * layout.cols);
}

BOOST_AUTO_TEST_SUITE(cuda_plan)

BOOST_AUTO_TEST_CASE(the_block_holds_the_slots_and_stays_within_every_budget) {
  struct Shape {
    std::size_t rows, cols;
  };
  const Shape shapes[] = {{10000, 10000}, {1, 100000000}, {100000000, 1}, {99999, 257}, {3, 7}};
  for (const Shape& shape : shapes)
    for (const std::size_t budget : {2 * kMiB, 3 * kMiB, 17 * kMiB, 64 * kMiB + 1, 300 * kMiB})
      for (const std::size_t slots : {1u, 2u, 3u, 4u})
        for (const bool sum : {false, true}) {
          PassRequest request = request_of(Element::float64, shape.rows, shape.cols, budget);
          if (sum) request.reduce = Reduce::summary;
          const auto plan = plan_of(request, {slots, Staging::copied});
          BOOST_TEST_CONTEXT(shape.rows << "x" << shape.cols << ", " << budget << " bytes, "
                                        << slots << " slots, sum " << sum) {
            require_ok(plan);
            BOOST_TEST(plan->block <= budget);
            BOOST_TEST(plan->block % kGranularity == 0U);
            BOOST_TEST(plan->slots * plan->device.bytes <= plan->block);
            BOOST_TEST(plan->slots <= plan->tiles);
            check_cover(*plan, request.source.layout);
          }
        }
}

BOOST_AUTO_TEST_CASE(parts_of_a_slot_follow_each_other_and_are_aligned) {
  PassRequest request = request_of(Element::float32, 1000, 1001, 64 * kMiB);
  request.steps = {ConvertStep{Element::float16}};
  request.reduce = Reduce::sum;
  request.checksum = true;
  const auto plan = plan_of(request);
  require_ok(plan);
  const std::size_t cells = plan->tile.rows * plan->tile.cols;
  for (const SlotLayout& slot : {plan->device, plan->host}) {
    BOOST_TEST(slot.out >= slot.in + 4 * cells);
    BOOST_TEST(slot.units >= slot.out + 2 * cells);
    BOOST_TEST(slot.bytes >= slot.units + plan->tile.rows * 4 * sizeof(UnitResult));
    for (const std::size_t at : {slot.in, slot.out, slot.units, slot.bytes})
      BOOST_TEST(at % 256 == 0U);
  }
}

BOOST_AUTO_TEST_CASE(arrays_that_are_pinned_need_no_buffers) {
  std::vector<std::byte> memory(64 * 64 * 8);
  PassRequest request = request_of(Element::float64, 64, 64, 4 * kMiB);
  request.source = memory_source(ConstView(memory.data(), 64, 64, Element::float64));
  request.sink = memory_sink(View(memory.data(), 64, 64, Element::float64));
  const auto pinned = plan_of(request, {2, Staging::pinned});
  require_ok(pinned);
  BOOST_TEST(pinned->pinned == 0U);
  const auto copied = plan_of(request);
  require_ok(copied);
  BOOST_TEST(copied->pinned == 2U * 64 * 64 * 8);
}

BOOST_AUTO_TEST_CASE(a_tile_that_is_the_whole_array_needs_one_slot) {
  PassRequest request = request_of(Element::float64, 1024, 1024, 16 * kMiB);
  request.tile_rows = 1024;
  request.steps.clear();
  const auto plan = plan_of(request);
  require_ok(plan);
  BOOST_TEST(plan->slots == 1U);
  BOOST_TEST(plan->block == 8 * kMiB);
}

BOOST_AUTO_TEST_CASE(says_what_was_chosen) {
  const auto plan = plan_of(request_of(Element::float64, 10000, 10000, 64 * kMiB));
  require_ok(plan);
  BOOST_TEST(plan->tile.reason ==
             "209x10000 tiles of 31 MiB for each of 2 slots: whole rows within its share of the "
             "budget");
}

BOOST_AUTO_TEST_CASE(refuses_what_cannot_be_planned) {
  const PassRequest plain = request_of(Element::float64, 100, 100, 4 * kMiB);
  PassRequest tiny = plain;
  tiny.budget = kMiB;
  PassRequest empty = plain;
  empty.source.layout.rows = 0;
  PassRequest place = plain;
  std::vector<std::byte> memory(100 * 100 * 4);
  place.sink = memory_sink(View(memory.data(), 100, 100, Element::float32));
  const auto message = [](const PassRequest& request, const DeviceOptions& options) {
    const auto plan = plan_of(request, options);
    return plan.ok() ? std::string("planned") : plan.error().message;
  };
  BOOST_TEST(message(tiny, {}).starts_with("device memory: a budget of 0 B for 2 slots"));
  BOOST_TEST(message(empty, {}) == "cannot cut an array of no elements into tiles");
  BOOST_TEST(message(place, {}) == "the result is 100x100 float64, its place 100x100 float32");
  BOOST_TEST(message(plain, {2, Staging::pinned}) ==
             "only arrays in memory can be pinned where they are");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::kernels::cuda
