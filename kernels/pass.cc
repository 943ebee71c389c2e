// SPDX-License-Identifier: Apache-2.0
#include "kernels/pass.h"

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "kernels/operations.h"

namespace memqual::kernels {
namespace {

constexpr std::size_t kAlignment = 64;

struct Free {
  void operator()(std::byte* memory) const {
    ::operator delete (memory, std::align_val_t{kAlignment});
  }
};
using Buffer = std::unique_ptr<std::byte, Free>;

// Not touched here: the worker that uses it makes it resident, near itself.
Buffer make_buffer(std::size_t bytes) {
  return Buffer(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kAlignment})));
}

Element element_after(Element element, const Step& step) {
  const auto* convert = std::get_if<ConvertStep>(&step);
  return convert != nullptr ? convert->to : element;
}

/// What a request comes to before any tile is loaded.
struct Plan {
  Element result = Element::float64;
  std::size_t halo = 0;
  std::size_t widest = 0;  ///< bytes of the largest element behind any step
  bool straight = false;   ///< the last step may write to the sink's memory
  Store sink_store = Store::cached;
};

/// Buffers and results of one worker.
struct Worker {
  Buffer scratch;
  std::unique_ptr<TileStream> stream;
  Buffer step[2];
  std::optional<Reduction> reduction;
  std::optional<Checksum> checksum;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
};

Result<Plan> make_plan(const PassRequest& request) {
  Plan plan;
  const ArrayLayout& source = request.source.layout;
  plan.result = source.element;
  for (std::size_t i = 0; i < request.steps.size(); ++i) {
    if (const auto* near = std::get_if<NeighbourhoodStep>(&request.steps[i])) {
      if (i != 0)
        return Error{"a step that looks at neighbours has to be the first of its chain",
                     "make it a pass of its own"};
      if (near->edge.boundary == Boundary::wrap && !request.source.whole)
        return Error{"a boundary that wraps around needs the whole array in memory",
                     "use another boundary, or load the array first"};
      plan.halo = halo_of(near->what);
    }
    plan.result = element_after(plan.result, request.steps[i]);
    plan.widest = std::max(plan.widest, element_size(plan.result));
  }
  if (!request.sink) return plan;
  const ArrayLayout& sink = request.sink->layout;
  if (sink.rows != source.rows || sink.cols != source.cols || sink.element != plan.result)
    return Error{"the result is " + std::to_string(source.rows) + "x" +
                     std::to_string(source.cols) + " " + std::string(to_string(plan.result)) +
                     ", its place " + std::to_string(sink.rows) + "x" + std::to_string(sink.cols) +
                     " " + std::string(to_string(sink.element)),
                 "give both the same shape and element"};
  // What is summed afterwards should still be in the cache then.
  plan.straight = request.sink->whole && !request.reduce && !request.checksum;
  const std::size_t cache = request.caches.l2 != 0 ? request.caches.l2 : std::size_t{1} << 20;
  plan.sink_store = sink.bytes() > cache ? Store::streaming : Store::cached;
  return plan;
}

Result<TileChoice> choose(const PassRequest& request, const Plan& plan, std::size_t threads) {
  TileRequest tile;
  tile.rows = request.source.layout.rows;
  tile.cols = request.source.layout.cols;
  const std::size_t held = request.source.stream ? request.source.tiles_held : 1;
  // Where there is a halo, also the copy of a tile whose neighbours are made up (stencil.h apply),
  // which of an array in memory is what the tile itself does not cost.
  const std::size_t copies = plan.halo != 0 && !request.source.whole ? held + 1 : held;
  const std::size_t in = copies * element_size(request.source.layout.element);
  const std::size_t out = element_size(plan.result);
  tile.bytes_per_element =
      std::max(in + (request.sink ? out : 0), in + (request.steps.empty() ? 0 : 2 * plan.widest));
  if (request.reduce) tile.bytes_per_row = Reduction::bytes_per_row(request.source.layout.cols);
  tile.halo = plan.halo;
  tile.budget = request.budget;
  tile.threads = threads;
  tile.caches = request.caches;
  tile.target = request.source.tile_target;
  tile.col_multiple = request.reduce || request.checksum ? kSumUnit : 1;
  tile.tile_rows = request.tile_rows;
  tile.tile_cols = request.tile_cols;
  return choose_tile(tile);
}

Status run_step(const Kernels& kernels, const Step& step, const ConstView& x, View out,
                Store store) {
  if (std::holds_alternative<SqrtStep>(step)) return sqrt(kernels, x, out, store);
  if (const auto* scale = std::get_if<ScaleOffsetStep>(&step))
    return scale_offset(kernels, x, out, scale->a, scale->b, store);
  return convert(kernels, x, out, store);
}

/// Everything that a tile needs and that does not change from tile to tile.
struct Pass {
  const Kernels& kernels;
  const PassRequest& request;
  const Plan plan;
  const TileChoice choice;
  const Tiling tiles;

  std::size_t cells_with_halo() const {
    return (choice.rows + 2 * plan.halo) * (choice.cols + 2 * plan.halo);
  }
  Worker make_worker() const;
  Status open_stream(Worker& worker, const Share& share) const;
  Status run_tile(Worker& worker, std::size_t index) const;
  Result<ConstView> after_steps(Worker& worker, const Rect& core, const Rect& loaded,
                                const ConstView& x) const;
  Status apply_near(const NeighbourhoodStep& near, const Rect& core, const Rect& loaded,
                    const ConstView& x, View out, Store store) const;
  Status put(Worker& worker, const Rect& core, const ConstView& result) const;
};

Worker Pass::make_worker() const {
  const ArrayLayout& layout = request.source.layout;
  Worker worker;
  const bool narrow = choice.cols < layout.cols;
  if ((request.source.needs_scratch || (request.source.narrow_needs_scratch && narrow)) &&
      !request.source.stream)
    worker.scratch = make_buffer(cells_with_halo() * element_size(layout.element));
  const std::size_t buffers = request.steps.size() - (plan.straight && !request.steps.empty());
  for (std::size_t i = 0; i < std::min<std::size_t>(buffers, 2); ++i)
    worker.step[i] = make_buffer(choice.rows * choice.cols * plan.widest);
  if (request.reduce)
    worker.reduction.emplace(kernels, *request.reduce, plan.result, layout.rows, layout.cols);
  if (request.checksum) worker.checksum.emplace(kernels, plan.result, layout.cols);
  return worker;
}

Status Pass::apply_near(const NeighbourhoodStep& near, const Rect& core, const Rect& loaded,
                        const ConstView& x, View out, Store store) const {
  if (request.source.whole)
    return apply(kernels, near.what, *request.source.whole, core, near.edge, out, store);
  // Where the tile ends inside the array its halo is there, so that only true edges are made up.
  const Rect inside{core.row - loaded.row, core.col - loaded.col, core.rows, core.cols};
  return apply(kernels, near.what, x, inside, near.edge, out, store);
}

Result<ConstView> Pass::after_steps(Worker& worker, const Rect& core, const Rect& loaded,
                                    const ConstView& x) const {
  ConstView current = x;
  for (std::size_t i = 0; i < request.steps.size(); ++i) {
    const Step& step = request.steps[i];
    const Element element = element_after(current.element, step);
    const bool to_sink = plan.straight && i + 1 == request.steps.size();
    const View out = to_sink ? request.sink->whole->part(core.row, core.col, core.rows, core.cols)
                             : View(worker.step[i % 2].get(), core.rows, core.cols, element);
    const Store store = to_sink ? plan.sink_store : Store::cached;
    const auto* near = std::get_if<NeighbourhoodStep>(&step);
    const Status status = near != nullptr ? apply_near(*near, core, loaded, current, out, store)
                                          : run_step(kernels, step, current, out, store);
    if (!status) return status.error();
    current = out;
  }
  return current;
}

Status Pass::put(Worker& worker, const Rect& core, const ConstView& result) const {
  if (!request.sink) return done();
  worker.bytes_written += result.bytes();
  if (plan.straight && !request.steps.empty()) return done();
  if (!request.sink->whole) return request.sink->store(core, result);
  return copy(kernels, result, request.sink->whole->part(core.row, core.col, core.rows, core.cols),
              plan.sink_store);
}

Status Pass::open_stream(Worker& worker, const Share& share) const {
  Result<std::unique_ptr<TileStream>> stream =
      request.source.stream(tiles, share.first, share.last);
  if (!stream) return stream.error();
  worker.stream = *std::move(stream);
  return done();
}

Status Pass::run_tile(Worker& worker, std::size_t index) const {
  const ArrayLayout& layout = request.source.layout;
  const Rect core = tiles.core(index);
  const Rect wanted = tiles.with_halo(index);
  const View scratch(worker.scratch.get(), wanted.rows, wanted.cols, layout.element);
  const Result<ConstView> loaded =
      worker.stream ? worker.stream->next() : request.source.load(wanted, scratch);
  if (!loaded) return loaded.error();
  worker.bytes_read += loaded->bytes();
  const Result<ConstView> result = after_steps(worker, core, wanted, *loaded);
  if (!result) return result.error();
  const Position at{core.row, core.col, layout.cols};
  if (worker.reduction)
    if (Status status = worker.reduction->add(*result, at); !status) return status;
  if (worker.checksum)
    if (Status status = worker.checksum->add(*result, at); !status) return status;
  const Status stored = put(worker, core, *result);
  // A source whose pages are gone is also why they could not be written.
  const Status read = request.source.release ? request.source.release(wanted) : done();
  return read ? stored : read;
}

Result<PassReport> put_together(std::vector<Worker>& workers, const Pass& pass) {
  PassReport report;
  report.tile = pass.choice;
  report.tiles = pass.tiles.count();
  report.bytes_useful = pass.request.source.layout.bytes();
  if (pass.request.sink) report.bytes_useful += pass.request.sink->layout.bytes();
  for (Worker& worker : workers) {
    report.bytes_read += worker.bytes_read;
    report.bytes_written += worker.bytes_written;
    if (&worker == &workers.front()) continue;
    if (worker.reduction) workers.front().reduction->merge(*worker.reduction);
    if (worker.checksum) workers.front().checksum->merge(*worker.checksum);
  }
  if (workers.front().reduction) {
    const Result<ReductionResult> sum = workers.front().reduction->result();
    if (!sum) return sum.error();
    report.reduction = *sum;
  }
  if (workers.front().checksum) report.checksum = workers.front().checksum->result();
  return report;
}

}  // namespace

Result<PassReport> run_pass(const Kernels& kernels, ThreadPool& pool, const PassRequest& request) {
  const Result<Plan> plan = make_plan(request);
  if (!plan) return plan.error();
  const Result<TileChoice> choice = choose(request, *plan, pool.size());
  if (!choice) return choice.error();
  const ArrayLayout& layout = request.source.layout;
  const Pass pass{kernels, request, *plan, *choice,
                  Tiling(layout.rows, layout.cols, choice->rows, choice->cols, plan->halo)};
  std::vector<Worker> workers;
  for (std::size_t i = 0; i < pool.size(); ++i) workers.push_back(pass.make_worker());
  const std::size_t count = pass.tiles.count();
  const Status status = pool.for_each(count, [&](std::size_t worker, std::size_t i) -> Status {
    const Share share = share_of(count, worker, pool.size());
    if (request.source.stream && i == share.first)
      if (Status opened = pass.open_stream(workers[worker], share); !opened) return opened;
    return pass.run_tile(workers[worker], i);
  });
  if (!status) return status.error();
  return put_together(workers, pass);
}

}  // namespace memqual::kernels
