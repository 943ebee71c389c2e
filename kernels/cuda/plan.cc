// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/plan.h"

#include <algorithm>
#include <string>

#include "kernels/reduction.h"

namespace memqual::kernels::cuda {
namespace {

// What the device's copy engines and its memory like every part to begin at.
constexpr std::size_t kPartAlignment = 256;
constexpr std::size_t kParts = 3;
// Large enough that the start of a copy costs nothing beside it, small enough that the first copy
// in and the last one out, which overlap with nothing, are a small part of the whole.
constexpr std::size_t kSlotTarget = std::size_t{32} << 20;

std::size_t round_up(std::size_t a, std::size_t b) { return (a + b - 1) / b * b; }

std::size_t units_of(std::size_t cols) { return (cols + kSumUnit - 1) / kSumUnit; }

Status check_places(const PassRequest& request, const Chain& chain, Staging staging) {
  const ArrayLayout& from = request.source.layout;
  if (staging != Staging::copied &&
      (!request.source.whole || (request.sink && !request.sink->whole)))
    return Error{"only arrays in memory can be pinned where they are", "copy the tiles instead"};
  if (!request.sink) return done();
  const ArrayLayout& to = request.sink->layout;
  if (to.rows == from.rows && to.cols == from.cols && to.element == chain.result) return done();
  return Error{"the result is " + std::to_string(from.rows) + "x" + std::to_string(from.cols) +
                   " " + std::string(to_string(chain.result)) + ", its place " +
                   std::to_string(to.rows) + "x" + std::to_string(to.cols) + " " +
                   std::string(to_string(to.element)),
               "give both the same shape and element"};
}

// Bytes of device memory per element, rounded up: `in`, `out` and its part of the units' results.
std::size_t bytes_per_element(const PassRequest& request, const Chain& chain) {
  std::size_t bytes = element_size(chain.from);
  if (chain.count != 0) bytes += element_size(chain.result);
  if (request.reduce)
    bytes += 1 + (sizeof(UnitResult) + request.source.layout.cols - 1) / request.source.layout.cols;
  return bytes;
}

Result<TileChoice> choose(const PassRequest& request, const Chain& chain, std::size_t slots,
                          std::size_t budget) {
  TileRequest tile;
  tile.rows = request.source.layout.rows;
  tile.cols = request.source.layout.cols;
  tile.bytes_per_element = std::max<std::size_t>(bytes_per_element(request, chain), 1);
  // The gaps between parts are part of the budget, too.
  tile.budget = budget - std::min(budget, slots * kParts * kPartAlignment);
  tile.threads = slots;
  tile.holders = "slots";
  tile.target = kSlotTarget;
  tile.target_reason = "what keeps a copy busy";
  tile.col_multiple = request.reduce || request.checksum ? kSumUnit : 1;
  tile.tile_rows = request.tile_rows;
  tile.tile_cols = request.tile_cols;
  return choose_tile(tile);
}

SlotLayout lay_out(std::size_t in, std::size_t out, std::size_t units) {
  SlotLayout slot;
  slot.out = round_up(in, kPartAlignment);
  slot.units = slot.out + round_up(out, kPartAlignment);
  slot.bytes = slot.units + round_up(units, kPartAlignment);
  return slot;
}

}  // namespace

Result<DevicePlan> make_device_plan(const Kernels& kernels, const PassRequest& request,
                                    const DeviceOptions& options, std::size_t granularity) {
  const ArrayLayout& layout = request.source.layout;
  const Result<Chain> chain = make_chain(kernels, layout.element, request.steps);
  if (!chain) return chain.error();
  if (layout.rows == 0 || layout.cols == 0)
    return Error{"cannot cut an array of no elements into tiles", ""};
  if (Status status = check_places(request, *chain, options.staging); !status)
    return status.error();

  DevicePlan plan;
  plan.chain = *chain;
  plan.returns_data = request.sink.has_value() || request.checksum;
  const std::size_t budget = request.budget / granularity * granularity;
  // A tile that somebody asked for may be the whole array: it needs one slot, not several.
  const std::size_t least_rows = std::max<std::size_t>(request.tile_rows.value_or(1), 1);
  const std::size_t least_cols = std::max<std::size_t>(request.tile_cols.value_or(layout.cols), 1);
  const bool one = request.tile_rows && least_rows >= layout.rows && least_cols >= layout.cols;
  plan.slots = one ? 1 : std::max<std::size_t>(options.slots, 1);
  const Result<TileChoice> tile = choose(request, *chain, plan.slots, budget);
  if (!tile) return Error{"device memory: " + tile.error().message, tile.error().hint};
  plan.tile = *tile;
  plan.tiles = Tiling(layout.rows, layout.cols, tile->rows, tile->cols).count();
  plan.slots = std::min(plan.slots, plan.tiles);

  const std::size_t cells = tile->rows * tile->cols;
  const std::size_t in = cells * element_size(chain->from);
  const std::size_t out = chain->count != 0 ? cells * element_size(chain->result) : 0;
  const std::size_t back = plan.returns_data ? cells * element_size(chain->result) : 0;
  const std::size_t units =
      request.reduce ? tile->rows * units_of(tile->cols) * sizeof(UnitResult) : 0;
  const bool copies = options.staging == Staging::copied;
  plan.device = lay_out(in, out, units);
  // The pass reads the result itself only where it makes a checksum of it.
  plan.host = lay_out(copies ? in : 0, copies || !request.sink ? back : 0, units);
  plan.block = round_up(plan.slots * plan.device.bytes, granularity);
  plan.pinned = plan.slots * plan.host.bytes;
  return plan;
}

}  // namespace memqual::kernels::cuda
