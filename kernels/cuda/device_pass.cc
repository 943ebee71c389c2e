// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device_pass.h"

#include <algorithm>
#include <string>
#include <vector>

#include "kernels/cuda/holdings.h"
#include "kernels/operations.h"
#include "kernels/reduction.h"
#include "kernels/tiling.h"

namespace memqual::kernels::cuda {
namespace {

// What one thread copies at a time between an array and a pinned buffer.
constexpr std::size_t kBand = std::size_t{1} << 20;

/// One tile on its way: its stream, its part of the block, its pinned buffers.
struct Slot {
  std::size_t stream = 0;
  std::byte* device = nullptr;
  std::byte* host = nullptr;
  std::optional<std::size_t> tile;  ///< none: free
};

/// Rows of a tile, for the threads that copy it.
struct Bands {
  Rect tile;
  std::size_t rows = 1;

  Bands(const Rect& rect, std::size_t row_bytes)
      : tile(rect), rows(std::max<std::size_t>(kBand / std::max<std::size_t>(row_bytes, 1), 1)) {}
  std::size_t count() const { return (tile.rows + rows - 1) / rows; }
  /// In the array.
  Rect rect(std::size_t i) const {
    return {tile.row + i * rows, tile.col, std::min(rows, tile.rows - i * rows), tile.cols};
  }
};

class DevicePass {
 public:
  DevicePass(const Kernels& kernels, ThreadPool& pool, Device& device, const PassRequest& request,
             const DeviceOptions& options, const DevicePlan& plan)
      : kernels_(kernels),
        pool_(pool),
        device_(device),
        request_(request),
        options_(options),
        tiles_(request.source.layout.rows, request.source.layout.cols, plan.tile.rows,
               plan.tile.cols),
        holdings_(device) {
    report_.plan = plan;
    report_.pass.tile = plan.tile;
    report_.pass.tiles = plan.tiles;
    report_.pass.bytes_useful = request.source.layout.bytes();
    if (request.sink) report_.pass.bytes_useful += request.sink->layout.bytes();
  }

  /// What it took is given back when it returns.
  Result<DevicePassReport> run();

 private:
  const DevicePlan& plan() const { return report_.plan; }
  Status take();
  Status take_block(std::byte*& block);
  Status pin_arrays();
  Status look_at_memory();
  Status stream_tiles();
  Status send(Slot& slot, std::size_t tile);
  Status fill(const Slot& slot, const Rect& rect);
  Status compute(const Slot& slot, const Rect& rect);
  Status fetch(const Slot& slot, const Rect& rect);
  Status receive(Slot& slot);
  Status deliver(const Slot& slot, const Rect& rect);
  Status finish();

  View staged(const Slot& slot, std::size_t part, const Rect& rect, Element element) const {
    return {slot.host + part, rect.rows, rect.cols, element};
  }
  const std::byte* result_on_device(const Slot& slot) const {
    return slot.device + (plan().chain.count != 0 ? plan().device.out : plan().device.in);
  }
  /// Whether the result goes straight to the sink's own memory.
  bool straight_out() const { return options_.staging != Staging::copied && request_.sink; }
  ConstView result_of(const Slot& slot, const Rect& rect) const {
    if (straight_out()) return request_.sink->whole->part(rect.row, rect.col, rect.rows, rect.cols);
    return staged(slot, plan().host.out, rect, plan().chain.result);
  }

  const Kernels& kernels_;
  ThreadPool& pool_;
  Device& device_;
  const PassRequest& request_;
  const DeviceOptions& options_;
  const Tiling tiles_;
  DevicePassReport report_;
  std::vector<Slot> slots_;
  std::optional<Reduction> reduction_;
  std::vector<Checksum> checksums_;
  Holdings holdings_;  // last: given back before anything that copies may touch goes
};

Status ask(const char* doing, const ApiStatus& status) {
  return status ? Status(as_error(doing, *status)) : done();
}

// ------------------------------------------------------------------------- what is held

Status DevicePass::look_at_memory() {
  DeviceMemory now;
  if (Status status = ask("see how much device memory is free", device_.memory(now)); !status)
    return status;
  DeviceUse& use = report_.use;
  use.peak = std::max(use.peak, use.before.free - std::min(use.before.free, now.free));
  use.after = now;
  return done();
}

// Null, and report_.refused set, where the device refuses.
Status DevicePass::take_block(std::byte*& block) {
  const ApiStatus status = holdings_.block(plan().block, block);
  if (!status) return done();
  block = nullptr;
  if (!status->no_memory) return as_error("take device memory", *status);
  DeviceMemory now;
  if (Status seen = ask("see how much device memory is free", device_.memory(now)); !seen)
    return seen;
  report_.refused = Refusal{plan().block, now, *status};
  return done();
}

Status DevicePass::pin_arrays() {
  const auto pin = [&](const ConstView& array) {
    // The device only reads what is pinned for a source; the API has one kind of pointer.
    auto* memory = const_cast<std::byte*>(array.data);
    const std::size_t bytes = (array.rows - 1) * array.stride + array.row_bytes();
    return ask("pin an array's memory", holdings_.pin(memory, bytes));
  };
  if (Status status = pin(*request_.source.whole); !status) return status;
  return request_.sink ? pin(*request_.sink->whole) : done();
}

Status DevicePass::take() {
  slots_.resize(plan().slots);
  for (Slot& slot : slots_)
    if (Status status = ask("make a stream", holdings_.stream(slot.stream)); !status) return status;
  // Behind the streams, which may cost memory of the device that is no part of the budget.
  if (Status status = ask("see how much device memory is free", device_.memory(report_.use.before));
      !status)
    return status;
  report_.use.after = report_.use.before;
  std::byte* block = nullptr;
  if (Status status = take_block(block); !status || block == nullptr) return status;
  std::byte* host = nullptr;
  if (plan().pinned != 0)
    if (Status status = ask("take pinned memory", holdings_.pinned(plan().pinned, host)); !status)
      return status;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].device = block + i * plan().device.bytes;
    slots_[i].host = host + i * plan().host.bytes;
  }
  if (options_.staging == Staging::pinned)
    if (Status status = pin_arrays(); !status) return status;
  return look_at_memory();
}

// ------------------------------------------------------------------------- one tile

// The tile's elements into the slot's pinned buffer, by all threads.
Status DevicePass::fill(const Slot& slot, const Rect& rect) {
  const ArraySource& source = request_.source;
  const View buffer = staged(slot, plan().host.in, rect, source.layout.element);
  const Bands bands(rect, buffer.row_bytes());
  return pool_.for_each(bands.count(), [&](std::size_t, std::size_t i) -> Status {
    const Rect band = bands.rect(i);
    const View to = buffer.part(band.row - rect.row, 0, band.rows, band.cols);
    const Result<ConstView> loaded = source.load(band, to);
    if (!loaded) return loaded.error();
    if (loaded->data != to.data)
      if (Status status = copy(kernels_, *loaded, to, Store::streaming); !status) return status;
    return source.release ? source.release(band) : done();
  });
}

Status DevicePass::compute(const Slot& slot, const Rect& rect) {
  const DevicePlan& p = plan();
  if (p.chain.count != 0)
    if (Status status = ask("run a chain on the device",
                            device_.run_chain(slot.stream, p.chain, slot.device + p.device.in,
                                              slot.device + p.device.out, rect.rows * rect.cols));
        !status)
      return status;
  if (!request_.reduce) return done();
  auto* units = reinterpret_cast<UnitResult*>(slot.device + p.device.units);
  return ask("run a sum on the device",
             device_.run_units(slot.stream, p.chain.result, *request_.reduce,
                               result_on_device(slot), rect.rows, rect.cols, units));
}

Status DevicePass::fetch(const Slot& slot, const Rect& rect) {
  const DevicePlan& p = plan();
  if (p.returns_data) {
    View to = staged(slot, p.host.out, rect, p.chain.result);
    if (straight_out()) to = request_.sink->whole->part(rect.row, rect.col, rect.rows, rect.cols);
    const CopyShape shape{to.rows, to.row_bytes(), to.stride};
    if (Status status = ask("copy from the device",
                            device_.copy_out(slot.stream, to.data, result_on_device(slot), shape));
        !status)
      return status;
    report_.copied_out += shape.bytes();
  }
  if (!request_.reduce) return done();
  const std::size_t units = rect.rows * ((rect.cols + kSumUnit - 1) / kSumUnit);
  const CopyShape shape{1, units * sizeof(UnitResult), units * sizeof(UnitResult)};
  report_.copied_out += shape.bytes();
  return ask("copy sums from the device", device_.copy_out(slot.stream, slot.host + p.host.units,
                                                           slot.device + p.device.units, shape));
}

Status DevicePass::send(Slot& slot, std::size_t tile) {
  const Rect rect = tiles_.core(tile);
  ConstView from = staged(slot, plan().host.in, rect, plan().chain.from);
  if (options_.staging != Staging::copied) {
    from = request_.source.whole->part(rect.row, rect.col, rect.rows, rect.cols);
  } else if (Status status = fill(slot, rect); !status) {
    return status;
  }
  report_.pass.bytes_read += from.bytes();
  const CopyShape shape{from.rows, from.row_bytes(), from.stride};
  if (Status status =
          ask("copy to the device",
              device_.copy_in(slot.stream, slot.device + plan().device.in, from.data, shape));
      !status)
    return status;
  report_.copied_in += shape.bytes();
  if (Status status = compute(slot, rect); !status) return status;
  if (Status status = fetch(slot, rect); !status) return status;
  slot.tile = tile;
  return ask("mark a stream", device_.mark(slot.stream));
}

// What came back, to where it belongs, by all threads.
Status DevicePass::deliver(const Slot& slot, const Rect& rect) {
  const ConstView result = result_of(slot, rect);
  const Bands bands(rect, result.row_bytes());
  return pool_.for_each(bands.count(), [&](std::size_t worker, std::size_t i) -> Status {
    const Rect band = bands.rect(i);
    const ConstView part = result.part(band.row - rect.row, 0, band.rows, band.cols);
    if (request_.checksum) {
      const Position at{band.row, band.col, request_.source.layout.cols};
      if (Status status = checksums_[worker].add(part, at); !status) return status;
    }
    if (!request_.sink || straight_out()) return done();
    if (!request_.sink->whole) return request_.sink->store(band, part);
    const View to = request_.sink->whole->part(band.row, band.col, band.rows, band.cols);
    return copy(kernels_, part, to, Store::streaming);
  });
}

Status DevicePass::receive(Slot& slot) {
  const Rect rect = tiles_.core(*slot.tile);
  if (Status status = ask("wait for the device", device_.wait(slot.stream)); !status) return status;
  slot.tile.reset();
  if (request_.reduce) {
    const auto* units = reinterpret_cast<const UnitResult*>(slot.host + plan().host.units);
    const Position at{rect.row, rect.col, request_.source.layout.cols};
    if (Status status = reduction_->add_units(units, rect.rows, rect.cols, at); !status)
      return status;
  }
  if (request_.sink) report_.pass.bytes_written += result_of(slot, rect).bytes();
  return plan().returns_data ? deliver(slot, rect) : done();
}

// ------------------------------------------------------------------------- all of them

// A slot's tile is taken out before the next one goes in; meanwhile the other slots' copies run.
Status DevicePass::stream_tiles() {
  const std::size_t count = tiles_.count();
  for (std::size_t tile = 0; tile < count + slots_.size(); ++tile) {
    Slot& slot = slots_[tile % slots_.size()];
    if (slot.tile)
      if (Status status = receive(slot); !status) return status;
    if (tile >= count) continue;
    if (Status status = send(slot, tile); !status) return status;
    // Once all slots are under way nothing more is taken: one look is enough.
    if (tile + 1 == slots_.size())
      if (Status status = look_at_memory(); !status) return status;
  }
  return done();
}

Status DevicePass::finish() {
  if (reduction_) {
    const Result<ReductionResult> sum = reduction_->result();
    if (!sum) return sum.error();
    report_.pass.reduction = *sum;
  }
  if (request_.checksum) {
    for (std::size_t i = 1; i < checksums_.size(); ++i) checksums_[0].merge(checksums_[i]);
    report_.pass.checksum = checksums_[0].result();
  }
  return done();
}

Result<DevicePassReport> DevicePass::run() {
  const ArrayLayout& layout = request_.source.layout;
  if (request_.reduce)
    reduction_.emplace(kernels_, *request_.reduce, plan().chain.result, layout.rows, layout.cols);
  if (request_.checksum)
    checksums_.assign(pool_.size(), Checksum(kernels_, plan().chain.result, layout.cols));
  if (Status status = take(); !status) return status.error();
  if (!report_.refused) {
    if (Status status = stream_tiles(); !status) return status.error();
    if (Status status = finish(); !status) return status.error();
  }
  holdings_.give_back();
  if (Status status = look_at_memory(); !status) return status.error();
  return report_;
}

}  // namespace

Result<DevicePassReport> run_device_pass(const Kernels& kernels, ThreadPool& pool, Device& device,
                                         const PassRequest& request, const DeviceOptions& options) {
  const Result<DevicePlan> plan = make_device_plan(kernels, request, options, device.granularity());
  if (!plan) return plan.error();
  return DevicePass(kernels, pool, device, request, options, *plan).run();
}

}  // namespace memqual::kernels::cuda
