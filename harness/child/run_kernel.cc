// SPDX-License-Identifier: Apache-2.0
#include "harness/child/run_kernel.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/child/kernel_device.h"
#include "kernels/array_io.h"
#include "kernels/cpu_nodes.h"
#include "kernels/direct_source.h"
#include "kernels/kernels.h"
#include "kernels/operations.h"
#include "kernels/page_memory.h"
#include "kernels/sweep.h"
#include "kernels/thread_pool.h"
#include "scenarios/model/bytes.h"

namespace memqual::child {
namespace {

namespace k = memqual::kernels;

k::Boundary boundary_of(KernelBoundary boundary) {
  switch (boundary) {
    case KernelBoundary::clamp:
      return k::Boundary::clamp;
    case KernelBoundary::reflect:
      return k::Boundary::reflect;
    case KernelBoundary::wrap:
      return k::Boundary::wrap;
    case KernelBoundary::constant:
      return k::Boundary::constant;
  }
  return k::Boundary::clamp;
}

k::Element element_of(const std::string& dtype) {
  return k::element_from(dtype).value_or(k::Element::float64);
}

k::Reduce reduce_of(KernelReduce reduce) {
  switch (reduce) {
    case KernelReduce::sum:
      return k::Reduce::sum;
    case KernelReduce::sum_of_squares:
      return k::Reduce::sum_of_squares;
    case KernelReduce::summary:
      return k::Reduce::summary;
  }
  return k::Reduce::sum;
}

k::Step near_step(const k::Neighbourhood& what, const KernelOp& op) {
  return k::NeighbourhoodStep{what, {boundary_of(op.boundary), op.value}};
}

/// The steps of a pass; `copy` is none.
std::vector<k::Step> pass_steps(const std::vector<KernelOp>& chain) {
  std::vector<k::Step> steps;
  for (const KernelOp& op : chain) {
    const k::StencilWeights weights{op.centre, op.side, op.corner};
    if (op.what == KernelOperation::sqrt) steps.emplace_back(k::SqrtStep{});
    if (op.what == KernelOperation::scale_offset)
      steps.emplace_back(k::ScaleOffsetStep{op.a, op.b});
    if (op.what == KernelOperation::convert)
      steps.emplace_back(k::ConvertStep{element_of(op.dtype)});
    if (op.what == KernelOperation::five_point)
      steps.push_back(near_step(k::FivePoint{weights}, op));
    if (op.what == KernelOperation::nine_point)
      steps.push_back(near_step(k::NinePoint{weights}, op));
    if (op.what == KernelOperation::box_blur) steps.push_back(near_step(k::BoxBlur{op.radius}, op));
  }
  return steps;
}

k::ArrayLayout layout_of(const ArrayType& type) {
  k::ArrayLayout layout{element_of(type.dtype), type.rows, type.cols, 0};
  if (!type.shape.empty()) layout.shape = type.shape;
  return layout;
}

/// Everything of a step but how often and against what it is timed.
class Job {
 public:
  Job(const Kernel& step, const CacheBytes& caches, const KernelArrays& arrays)
      : step_(step), caches_{caches.l1, caches.l2, caches.l3}, arrays_(arrays) {}

  /// Finds or opens the inputs. Once, before anything is timed.
  k::Status open() {
    if (step_.device != KernelDevice::cpu) {
      auto device = open_pass_device();
      if (!device) return device.error();
      device_ = *std::move(device);
    }
    if (step_.in) {
      auto source = open_source(*step_.in);
      if (!source) return source.error();
      in_ = *std::move(source);
    }
    if (step_.with) {
      auto source = open_source(*step_.with);
      if (!source) return source.error();
      with_ = *std::move(source);
    }
    return k::done();
  }

  /// One round: the result is made and is where it belongs.
  k::Result<k::PassReport> round(const k::Kernels& kernels, k::ThreadPool& pool) {
    if (!step_.out || step_.out->place == ArrayPlace::memory) {
      std::optional<k::ArraySink> sink;
      if (step_.out) {
        const auto view = memory_view(*step_.out);
        if (!view) return view.error();
        sink = k::memory_sink(*view);
      }
      return make(kernels, pool, sink, options());
    }
    auto writer = create_out();
    if (!writer) return writer.error();
    auto report = make(kernels, pool, writer->sink(), options());
    if (!report) return report;
    if (const k::Status finished = writer->finish(); !finished) return finished.error();
    return report;
  }

  /// What the result must be: from the inputs, one tile after the other, on the plainest target.
  k::Result<k::PassReport> expected(const k::Kernels& kernels, k::ThreadPool& pool) {
    k::PassRequest request = pass_over(in_, other_tile());
    request.steps = pass_steps(step_.chain);
    if (makes()) request.source = k::content_source(kernels, content(), out_layout());
    if (step_.out) request.checksum = true;
    return k::run_pass(kernels, pool, request);
  }

  /// What the result is, read back from where it was put.
  k::Result<k::PassReport> stored(const k::Kernels& kernels, k::ThreadPool& pool) {
    auto source = open_source(*step_.out);
    if (!source) return source.error();
    k::PassRequest request = pass_over(*std::move(source), other_tile());
    request.reduce.reset();
    request.checksum = true;
    return k::run_pass(kernels, pool, request);
  }

  /// Triad and transpose, tile by tile on the plainest target.
  k::Result<bool> same_tiles(const k::Kernels& kernels) {
    const auto out = memory_view(*step_.out);
    if (!out) return out.error();
    k::TileRequest request;
    request.rows = out->rows;
    request.cols = out->cols;
    request.bytes_per_element = k::element_size(out->element);
    request.budget = literal_bytes(step_.budget);
    request.caches = caches_;
    const auto choice = k::choose_tile(request);
    if (!choice) return choice.error();
    std::vector<std::byte> memory(choice->bytes);
    const k::Tiling tiles(out->rows, out->cols, choice->rows, choice->cols);
    for (std::size_t i = 0; i < tiles.count(); ++i) {
      const k::Rect rect = tiles.core(i);
      const k::View expected(memory.data(), rect.rows, rect.cols, out->element);
      if (const k::Status made = make_tile(kernels, rect, expected); !made) return made.error();
      for (std::size_t row = 0; row < rect.rows; ++row)
        if (std::memcmp(expected.row(row), out->at(rect.row + row, rect.col),
                        expected.row_bytes()) != 0)
          return false;
    }
    return true;
  }

  bool over_integers() const { return is_pass() && !k::is_floating(in_.layout.element); }
  bool is_pass() const { return step_.chain.size() != 1 || !stands_alone(step_.chain[0].what); }
  bool makes() const { return step_.chain.size() == 1 && makes_array(step_.chain[0].what); }
  const std::optional<DeviceReport>& device_report() const { return device_report_; }

 private:
  std::string path_of(const std::string& name) const {
    const std::filesystem::path path(name);
    return path.is_absolute() ? name : (std::filesystem::path(arrays_.scratch_dir) / path).string();
  }

  k::Result<k::View> memory_view(const ArrayRef& array) const {
    if (!array.type)
      return k::Error{"the shape of " + array.name + " is not known", "write its shape and dtype"};
    const k::ArrayLayout layout = layout_of(*array.type);
    const auto data = arrays_.memory(array.name, layout.bytes());
    if (!data) return data.error();
    return k::View(*data, layout.rows, layout.cols, layout.element);
  }

  k::Result<k::ArraySource> open_source(const ArrayRef& array) {
    if (array.place == ArrayPlace::memory) {
      const auto view = memory_view(array);
      if (!view) return view.error();
      return k::memory_source(*view);
    }
    const std::string path = path_of(array.name);
    k::Result<k::ArrayLayout> layout =
        array.place == ArrayPlace::npy ? k::read_npy_layout(path) : layout_of(*array.type);
    if (!layout) return layout.error();
    std::error_code unknown;  // opening it says why
    if (array.place == ArrayPlace::sparse && !std::filesystem::exists(path, unknown) && !unknown) {
      auto hole = k::NewFile::create(path, layout->bytes());
      if (!hole) return hole.error();
      if (const k::Status made = hole->commit(); !made) return made.error();
    }
    if (array.place != ArrayPlace::npy)
      if (const k::Status fits = k::check_raw_file(path, *layout); !fits) return fits.error();
    switch (array.access) {
      case ArrayAccess::mapped:
        return k::mapped_source(path, *layout);
      case ArrayAccess::read:
        return k::file_source(path, *layout);
      case ArrayAccess::direct:
        return open_direct(path, *layout);
    }
    return k::file_source(path, *layout);
  }

  static k::Result<k::ArraySource> open_direct(const std::string& path,
                                               const k::ArrayLayout& layout) {
    if (!k::File::open(path)) return k::file_source(path, layout);  // which says why
    if (const auto direct = k::File::open(path, k::Caching::direct); !direct)
      return k::Error{direct.error().message, direct.error().hint, ENODEV};
    return k::direct_source(path, layout);
  }

  k::ArrayLayout out_layout() const {
    if (step_.out && step_.out->type) return layout_of(*step_.out->type);
    k::ArrayLayout layout = in_.layout;
    for (const KernelOp& op : step_.chain)
      if (op.what == KernelOperation::convert) layout.element = element_of(op.dtype);
    return layout;
  }

  k::Result<k::ArrayWriter> create_out() const {
    const k::ArrayLayout layout = out_layout();
    const std::string path = path_of(step_.out->name);
    return step_.out->place == ArrayPlace::npy
               ? k::ArrayWriter::create_npy(path, layout)
               : k::ArrayWriter::create_raw(path, layout.element, layout.rows, layout.cols);
  }

  k::Content content() const {
    const KernelOp& op = step_.chain[0];
    if (op.what == KernelOperation::random) return k::RandomElements{op.seed};
    return k::EqualElements{op.value};
  }

  k::SweepOptions options() const {
    k::SweepOptions made;
    made.budget = literal_bytes(step_.budget);
    made.caches = caches_;
    if (step_.tile) made.tile_rows = step_.tile->rows;
    if (step_.tile) made.tile_cols = step_.tile->cols;
    return made;
  }

  /// No shape that was asked for: what a comparison should differ in.
  k::SweepOptions other_tile() const {
    k::SweepOptions made = options();
    made.tile_rows.reset();
    made.tile_cols.reset();
    const std::size_t smaller = caches_.l2 != 0 ? caches_.l2 / 3 : std::size_t{192} << 10;
    if (!step_.tile) made.caches.l2 = std::max<std::size_t>(smaller, std::size_t{64} << 10);
    return made;
  }

  k::PassRequest pass_over(const k::ArraySource& source, const k::SweepOptions& options) const {
    k::PassRequest request;
    request.source = source;
    if (step_.reduce) request.reduce = reduce_of(*step_.reduce);
    request.checksum = step_.checksum;
    request.budget = options.budget;
    request.caches = options.caches;
    request.tile_rows = options.tile_rows;
    request.tile_cols = options.tile_cols;
    return request;
  }

  k::Result<k::PassReport> make(const k::Kernels& kernels, k::ThreadPool& pool,
                                const std::optional<k::ArraySink>& sink,
                                const k::SweepOptions& options) {
    if (is_pass()) {
      k::PassRequest request = pass_over(in_, options);
      request.steps = pass_steps(step_.chain);
      request.sink = sink;
      return device_ ? make_on_device(kernels, pool, request) : k::run_pass(kernels, pool, request);
    }
    const KernelOp& op = step_.chain[0];
    if (makes()) return k::run_content(kernels, pool, content(), *sink, options);
    if (op.what == KernelOperation::triad)
      return k::run_triad(kernels, pool, *in_.whole, *with_.whole, *sink->whole, op.a, options);
    return k::run_transpose(kernels, pool, *in_.whole, *sink->whole, options);
  }

  k::Result<k::PassReport> make_on_device(const k::Kernels& kernels, k::ThreadPool& pool,
                                          const k::PassRequest& request) {
    const k::Result<DeviceRun> run = device_->run(kernels, pool, request);
    if (!run) return run.error();
    device_report_ = run->device;
    return run->pass;
  }

  /// What belongs at `rect` of the result, into `tile` of its size.
  k::Status make_tile(const k::Kernels& kernels, const k::Rect& rect, const k::View& tile) const {
    const k::ConstView& x = *in_.whole;
    const KernelOp& op = step_.chain[0];
    if (op.what == KernelOperation::triad)
      return k::triad(kernels, x.part(rect.row, rect.col, rect.rows, rect.cols),
                      with_.whole->part(rect.row, rect.col, rect.rows, rect.cols), tile, op.a,
                      k::Store::cached);
    const std::size_t size = k::element_size(x.element);
    for (std::size_t row = 0; row < rect.rows; ++row)
      for (std::size_t col = 0; col < rect.cols; ++col)
        std::memcpy(tile.at(row, col), x.at(rect.col + col, rect.row + row), size);
    return k::done();
  }

  const Kernel& step_;
  k::CacheSizes caches_;
  const KernelArrays& arrays_;
  k::ArraySource in_;
  k::ArraySource with_;
  std::unique_ptr<PassDevice> device_;
  std::optional<DeviceReport> device_report_;
};

// Which of two NaNs a sum is made of, the kernels leave open.
bool same_bits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

bool same_reduction(const k::PassReport& a, const k::PassReport& b) {
  if (a.reduction.has_value() != b.reduction.has_value()) return false;
  if (!a.reduction) return true;
  return same_bits(a.reduction->sum, b.reduction->sum) &&
         a.reduction->integer_sum == b.reduction->integer_sum &&
         same_bits(a.reduction->least, b.reduction->least) &&
         same_bits(a.reduction->most, b.reduction->most);
}

std::uint64_t median(std::vector<std::uint64_t> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

k::Result<KernelRun> run_checked(const Kernel& step, const CacheBytes& caches,
                                 const std::vector<std::vector<unsigned>>& nodes,
                                 const KernelArrays& arrays) {
  const k::Result<k::Kernels> kernels = k::Kernels::from_environment();
  if (!kernels) return kernels.error();
  const k::Kernels plain(k::supported_targets().front());
  k::ThreadPool pool(step.threads, step.threads > 1
                                       ? k::spread_over_nodes(nodes, k::usable_cpus(), step.threads)
                                       : std::vector<unsigned>{});
  k::ThreadPool alone(1);
  Job job(step, caches, arrays);
  if (const k::Status opened = job.open(); !opened) return opened.error();
  std::optional<k::PassReport> expected;
  // Before the rounds, because one in place leaves nothing to compute it from.
  if (step.verify && (job.is_pass() || job.makes())) {
    auto report = job.expected(plain, alone);
    if (!report) return report.error();
    expected = *std::move(report);
  }
  KernelRun run;
  run.target = std::string(k::to_string(kernels->target()));
  run.pinned_threads = pool.pinned();
  run.integers = job.over_integers();
  std::vector<std::uint64_t> rounds;
  for (std::uint32_t i = 0; i < step.rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    auto report = job.round(*kernels, pool);
    const auto elapsed = std::chrono::steady_clock::now() - start;
    if (!report) return report.error();
    rounds.push_back(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count()));
    run.pass = *std::move(report);
  }
  run.device = job.device_report();
  run.median_ns = median(rounds);
  run.fastest_ns = *std::min_element(rounds.begin(), rounds.end());
  if (!step.verify) return run;
  run.verified = true;
  if (!expected) {
    const k::Result<bool> same = job.same_tiles(plain);
    if (!same) return same.error();
    run.corrupted = !*same;
    return run;
  }
  run.corrupted = !same_reduction(run.pass, *expected) ||
                  (run.pass.checksum && run.pass.checksum != expected->checksum);
  if (step.out && !run.corrupted) {
    const auto stored = job.stored(plain, alone);
    if (!stored) return stored.error();
    run.corrupted = stored->checksum != expected->checksum;
  }
  return run;
}

}  // namespace

k::Result<KernelRun> run_kernel_step(const Kernel& step, const CacheBytes& caches,
                                     const std::vector<std::vector<unsigned>>& nodes,
                                     const KernelArrays& arrays) {
  try {
    k::Result<KernelRun> run = run_checked(step, caches, nodes, arrays);
    if (run || run.error().system_error == ENODEV || run.error().system_error == ENOMEM) return run;
    // Of a file or a device: who may not have it, or not now, had no memory refused.
    return k::Error{run.error().message, run.error().hint, 0};
  } catch (const std::bad_alloc&) {
    return k::Error{"memory for the tiles of " + format_bytes(literal_bytes(step.budget)),
                    "make the budget smaller", ENOMEM};
  } catch (const std::system_error& error) {
    return k::Error{"starting " + std::to_string(step.threads) + " threads",
                    "use fewer, or allow more processes or address space", error.code().value()};
  }
}

}  // namespace memqual::child
