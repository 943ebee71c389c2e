// SPDX-License-Identifier: Apache-2.0
#include "kernels/bench/file_rows.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "kernels/direct_source.h"
#include "kernels/pass.h"
#include "kernels/random.h"
#include "kernels/read_ahead.h"

namespace memqual::kernels::bench {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "benchmark: %s\n", result.error().message.c_str());
    std::exit(3);
  }
  return *std::move(result);
}

void write_file(const std::string& path, std::size_t side) {
  ArrayWriter writer = must(ArrayWriter::create_raw(path, Element::float64, side, side));
  std::vector<double> row(side);
  for (std::size_t r = 0; r < side; ++r) {
    for (std::size_t c = 0; c < side; ++c) row[c] = random_f64(random_word(1, r * side + c));
    const ConstView view(reinterpret_cast<const std::byte*>(row.data()), 1, side, Element::float64);
    must(writer.sink().store({r, 0, 1, side}, view));
  }
  must(writer.finish());
}

// A budget for all threads together.
void sum_source(const Kernels& kernels, ThreadPool& pool, const ArraySource& source,
                std::size_t budget) {
  PassRequest request;
  request.budget = budget;
  request.source = source;
  request.reduce = Reduce::sum;
  must(run_pass(kernels, pool, request));
}

// Mapped as a whole, nothing given back: what a sum of the file could reach at most.
ArraySource undropped(const std::string& path, const ArrayLayout& layout) {
  ArraySource source = must(mapped_source(path, layout));
  source.release = nullptr;
  return source;
}

void sum_ahead(const Kernels& kernels, const std::string& path, std::size_t side, ReadBy by,
               bool use) {
  const std::uint64_t bytes = std::uint64_t{side} * side * 8;
  ReadAheadOptions options;
  options.by = by;
  ReadAhead reader(must(File::open(path, Caching::direct)), bytes, options);
  Reduction sum(kernels, Reduce::sum, Element::float64, 1, side * side);
  for (;;) {
    const auto block = must(reader.next());
    if (!block) break;
    const ConstView view(block->data, 1, block->bytes / 8, Element::float64);
    if (use) must(sum.add(view, {0, static_cast<std::size_t>(block->offset / 8), side * side}));
  }
  if (use) must(sum.result());
}

}  // namespace

FileRows::FileRows(const Kernels& kernels, std::size_t side)
    : path_((std::filesystem::temp_directory_path() / "memqual-bench-kernels.raw").string()),
      bytes_(static_cast<double>(side * side * 8)) {
  write_file(path_, side);
  const ArrayLayout layout = {Element::float64, side, side, 0};
  add("cached: the file mapped as a whole, summed", "", [=, this](ThreadPool& pool) {
    sum_source(kernels, pool, undropped(path_, layout), 64 * kMiB);
  });
  Row& windows = add("file sum, mapped in windows", "cached",
                     [=, this](ThreadPool& pool) {
                       sum_source(kernels, pool, must(mapped_source(path_, layout)), 4 * kMiB);
                     },
                     {{"numpy memmap sum", 2}});
  windows.share[0] = 0.95;
  windows.share[1] = 0.85;
  windows.resident = 8.0 * kMiB;
  add("file sum, read in pieces", "cached",
      [=, this](ThreadPool& pool) {
        sum_source(kernels, pool, must(file_source(path_, layout)), 4 * kMiB);
      },
      {{"numpy memmap sum"}});
  if (!File::open(path_, Caching::direct)) {
    std::printf("SKIPPED: direct reads: %s has no O_DIRECT\n", path_.c_str());
    return;
  }
  add_cold(kernels, side);
}

// Direct reads find the file on the disk, whatever the page cache holds.
void FileRows::add_cold(const Kernels& kernels, std::size_t side) {
  const std::string dd = "dd if='" + path_ + "' of=/dev/null bs=8M iflag=direct 2>/dev/null";
  if (std::system(dd.c_str()) == 0)
    add("cold: dd, direct reads of 8 MiB", "", [=](ThreadPool&) {
      if (std::system(dd.c_str()) != 0) std::exit(3);
    }).alone = true;
  add("cold: direct reads ahead, nothing done", "", [=, this](ThreadPool&) {
    sum_ahead(kernels, path_, side, ReadBy::automatic, false);
  }).alone = true;
  const auto want = [](Row& row) {
    row.share[0] = row.share[1] = 0.90;
    row.resident = 12.0 * kMiB;
  };
  const std::vector<Peer> peers = {{"numpy memmap sum, cold", 1.6}};
  const auto ahead = [&](const std::string& how, ReadBy by) {
    Row& row = add(
        "file sum, direct reads ahead by " + how, "cold",
        [=, this](ThreadPool&) { sum_ahead(kernels, path_, side, by, true); }, peers);
    row.alone = true;
    want(row);
  };
  ahead("threads", ReadBy::threads);
  want(add(
      "file sum, a pass over direct reads", "cold",
      [=, this](ThreadPool& pool) {
        const ArrayLayout layout = {Element::float64, side, side, 0};
        DirectOptions options;
        options.tiles = 8;
        sum_source(kernels, pool, must(direct_source(path_, layout, options)), 8 * kMiB);
      },
      peers));
  if (const Result<File> file = File::open(path_); !file || !uring_engine(*file, 1)) {
    std::printf("SKIPPED: direct reads by io_uring: not built in, or the kernel refuses\n");
    return;
  }
  ahead("io_uring", ReadBy::io_uring);
}

FileRows::~FileRows() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

Row& FileRows::add(const std::string& name, const std::string& limit,
                   const std::function<void(ThreadPool&)>& body, std::vector<Peer> peers) {
  rows_.push_back({name, limit, bytes_, body, std::move(peers)});
  return rows_.back();
}

}  // namespace memqual::kernels::bench
