// SPDX-License-Identifier: Apache-2.0
// ./dev bench cuda: what passes over an array larger than the device's budget reach of the rate at
// which the same bytes are copied from and to pinned memory with nothing done to them. One run,
// everything in turns, medians, ratios.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "kernels/bench/arrays.h"
#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/device_pass.h"
#include "kernels/cuda/holdings.h"
#include "kernels/operations.h"

namespace {

using namespace memqual::kernels;
using namespace memqual::kernels::cuda;
using memqual::kernels::bench::Memory;

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kPiece = 32 * kMiB;

struct Options {
  std::size_t side = 12288;  ///< float64: 1152 MiB in, as much out
  std::size_t budget = 256 * kMiB;
  std::size_t threads = 8;
  int rounds = 11;
};

struct Row {
  std::string name;
  PassRequest request;
  DeviceOptions options;
  std::vector<double> limit = {};  ///< seconds
  std::vector<double> ours = {};
  DevicePassReport last = {};
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "%s (%s)\n", error.message.c_str(), error.hint.c_str());
  std::exit(1);
}

void need(const ApiStatus& status) {
  if (status) give_up(as_error("measure the limit", *status));
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Pinned memory to copy from and to, and room for one piece each way on the device.
struct CopyLimit {
  explicit CopyLimit(Device& on) : device(on), held(on) {
    need(held.stream(in));
    need(held.stream(out));
    need(held.block(2 * kPiece, block));
    need(held.pinned(2 * kPiece, host));
  }
  /// Seconds to copy so many bytes to the device and, at the same time, so many from it.
  double run(std::size_t bytes_in, std::size_t bytes_out) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < std::max(bytes_in, bytes_out); at += kPiece) {
      if (at < bytes_in) need(device.copy_in(in, block, host, piece(bytes_in - at)));
      if (at < bytes_out)
        need(device.copy_out(out, host + kPiece, block + kPiece, piece(bytes_out - at)));
    }
    for (const std::size_t stream : {in, out}) {
      need(device.mark(stream));
      need(device.wait(stream));
    }
    return seconds_since(start);
  }
  static CopyShape piece(std::size_t left) {
    const std::size_t bytes = std::min(left, kPiece);
    return {1, bytes, bytes};
  }

  Device& device;
  Holdings held;
  std::size_t in = 0;
  std::size_t out = 0;
  std::byte* block = nullptr;
  std::byte* host = nullptr;
};

/// Arrays that stay pinned: what a program does that has many passes to make over them.
struct PinnedArray {
  PinnedArray(Holdings& held, std::size_t bytes) { need(held.pinned(bytes, data)); }
  std::byte* data = nullptr;
};

std::vector<Row> make_rows(const Options& options, const View& pinned_in, std::byte* pinned_out,
                           const View& in, std::byte* out) {
  struct What {
    const char* name;
    std::vector<Step> steps;
    std::optional<Reduce> reduce;
    bool sink;
  };
  const std::vector<What> whats = {{"copied through", {}, std::nullopt, true},
                                   {"sqrt f64", {SqrtStep{}}, std::nullopt, true},
                                   {"a*x + b, sqrt", {ScaleOffsetStep{2, 1}, SqrtStep{}}, {}, true},
                                   {"sqrt and its sum", {SqrtStep{}}, Reduce::sum, true},
                                   {"sum", {}, Reduce::sum, false}};
  std::vector<Row> rows;
  for (const bool pinned : {true, false})
    for (const std::size_t slots : {std::size_t{2}, std::size_t{3}})
      for (const What& what : whats) {
        PassRequest request;
        const View& from = pinned ? pinned_in : in;
        request.source = memory_source(from);
        request.steps = what.steps;
        request.reduce = what.reduce;
        if (what.sink)
          request.sink =
              memory_sink(View(pinned ? pinned_out : out, from.rows, from.cols, Element::float64));
        request.budget = options.budget;
        rows.push_back({std::string(what.name) + (pinned ? ", pinned arrays, " : ", staged, ") +
                            std::to_string(slots) + " slots",
                        request,
                        {slots, pinned ? Staging::in_place : Staging::copied}});
      }
  return rows;
}

void measure(const Kernels& kernels, ThreadPool& pool, Device& device, CopyLimit& limit, Row& row) {
  const auto start = std::chrono::steady_clock::now();
  const auto report = run_device_pass(kernels, pool, device, row.request, row.options);
  if (!report) give_up(report.error());
  if (report->refused) give_up(as_error("take device memory", report->refused->error));
  row.ours.push_back(seconds_since(start));
  row.limit.push_back(limit.run(report->copied_in, report->copied_out));
  row.last = *report;
}

void print(const std::vector<Row>& rows, std::size_t budget) {
  std::printf("| what | GB/s | share of the pinned copy rate | device memory, most | tiles |\n");
  std::printf("|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    const double bytes = static_cast<double>(row.last.copied_in + row.last.copied_out);
    std::printf("| %s | %.1f | %.2f | %.0f MiB of %zu | %zu |\n", row.name.c_str(),
                bytes / median(row.ours) / 1e9, median(row.limit) / median(row.ours),
                static_cast<double>(row.last.use.peak) / static_cast<double>(kMiB), budget / kMiB,
                row.last.plan.tiles);
  }
}

int run(const Options& options) {
  const Result<Kernels> kernels = Kernels::from_environment();
  if (!kernels) give_up(kernels.error());
  const Result<std::unique_ptr<Device>> opened = open_cuda_device();
  if (!opened) {
    std::printf("SKIPPED: %s\n", opened.error().message.c_str());
    return 77;
  }
  Device& device = **opened;
  ThreadPool pool(options.threads);
  Holdings held(device);
  const std::size_t bytes = options.side * options.side * 8;
  PinnedArray pinned_in(held, bytes);
  PinnedArray pinned_out(held, bytes);
  Memory in(bytes);
  Memory out(bytes);
  const View x(pinned_in.data, options.side, options.side, Element::float64);
  const View plain = in.view(options.side, options.side, Element::float64);
  for (const View& view : {x, plain})
    if (Status status = fill_random(*kernels, view, 1, {0, 0, options.side}, Store::streaming);
        !status)
      give_up(status.error());
  CopyLimit limit(device);
  std::vector<Row> rows = make_rows(options, x, pinned_out.data, plain, out.data());
  std::printf("%s, %zu MiB arrays, budget %zu MiB, %zu threads, %d rounds\n\n",
              device.name().c_str(), bytes / kMiB, options.budget / kMiB, options.threads,
              options.rounds);
  for (int round = 0; round <= options.rounds; ++round) {
    for (Row& row : rows) measure(*kernels, pool, device, limit, row);
    if (round != 0) continue;
    for (Row& row : rows) {  // the first one warmed up
      row.ours.clear();
      row.limit.clear();
    }
  }
  print(rows, options.budget);
  return 0;
}

int usage() {
  std::fprintf(stderr,
               "usage: memqual_bench_cuda [--side N] [--budget-mib N] [--threads N] [--rounds N]\n"
               "  N x N float64 arrays, four of them (default 12288: 1152 MiB each)\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--side" && more)
      options.side = std::strtoul(argv[++i], nullptr, 10);
    else if (word == "--budget-mib" && more)
      options.budget = std::strtoul(argv[++i], nullptr, 10) * kMiB;
    else if (word == "--threads" && more)
      options.threads = std::strtoul(argv[++i], nullptr, 10);
    else if (word == "--rounds" && more)
      options.rounds = std::atoi(argv[++i]);
    else
      return usage();
  }
  if (options.side < 256 || options.rounds < 1 || options.threads < 1) return usage();
  return run(options);
}
