// SPDX-License-Identifier: Apache-2.0
#include "kernels/bench/rows.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "kernels/bandwidth.h"
#include "kernels/operations.h"
#include "kernels/pass.h"
#include "kernels/reduction.h"
#include "kernels/stencil.h"
#include "kernels/transpose.h"

namespace memqual::kernels::bench {
namespace {

constexpr Store kStream = Store::streaming;

// A benchmark of something that failed would be a figure for nothing.
template <class T>
void must(const Result<T>& result) {
  if (result) return;
  std::fprintf(stderr, "benchmark: %s\n", result.error().message.c_str());
  std::exit(3);
}

/// `rows` rows in one share for each thread; boundaries are multiples of `step` rows.
void over_rows(ThreadPool& pool, std::size_t rows, std::size_t step,
               const std::function<void(std::size_t first, std::size_t count)>& body) {
  pool.run([&](std::size_t worker) {
    const Share share = share_of((rows + step - 1) / step, worker, pool.size());
    const std::size_t first = share.first * step;
    const std::size_t last = std::min(share.last * step, rows);
    if (first < last) body(first, last - first);
  });
}

CacheSizes caches() {
  const Caches sizes = read_caches();
  return {sizes.l1, sizes.l2, sizes.l3};
}

struct Maker {
  const Kernels& kernels;
  Arrays& arrays;
  std::vector<Row> rows;

  std::size_t side() const { return arrays.side; }
  double size() const { return static_cast<double>(arrays.bytes()); }
  View a(Element e = Element::float64) const {
    const Memory& memory = e == Element::float64   ? arrays.a
                           : e == Element::float32 ? arrays.a32
                                                   : arrays.a16;
    return memory.view(side(), side(), e);
  }
  View b() const { return arrays.b.view(side(), side(), Element::float64); }
  View c(Element e = Element::float64) const { return arrays.c.view(side(), side(), e); }

  void add(const std::string& name, const std::string& limit, double bytes,
           const std::function<void(std::size_t first, std::size_t count)>& body,
           std::vector<std::string> peers = {}, std::size_t step = 1) {
    rows.push_back({name, limit, bytes,
                    [this_rows = side(), body, step](ThreadPool& pool) {
                      over_rows(pool, this_rows, step, body);
                    },
                    std::move(peers)});
  }
  void limits();
  void elementwise();
  void neighbours();
  void sums();
  void tiles();
};

void Maker::limits() {
  const StreamArrays streams{arrays.b.data(), arrays.a.data(), arrays.c.data(), arrays.bytes()};
  for (const StreamWay& way : stream_ways()) {
    if (way.operation == BandwidthOperation::triad) continue;  // x + a*y itself
    const double bytes = static_cast<double>(arrays_of(way.operation)) * size();
    rows.push_back(
        {std::string(to_string(way.operation)) + ": " + way.name,
         "",
         bytes,
         [this, streams, &way](ThreadPool& pool) { run_way(kernels, pool, way, streams); },
         {}});
  }
}

void Maker::elementwise() {
  const auto part = [this](const View& view, std::size_t first, std::size_t n) {
    return view.part(first, 0, n, side());
  };
  add("sqrt f64", "copy", 2 * size(),
      [=, this](auto first, auto n) {
        must(sqrt(kernels, part(a(), first, n), part(c(), first, n), kStream));
      },
      {"numpy sqrt chunks", "dask sqrt chunks", "numpy sqrt out=", "torch sqrt out="});
  add("a*x + b", "copy", 2 * size(),
      [=, this](auto first, auto n) {
        must(scale_offset(kernels, part(a(), first, n), part(c(), first, n), 1.1, 0.3, kStream));
      },
      {"numexpr a*x+b", "numpy a*x+b"});
  add("x + a*y", "triad", 3 * size(),
      [=, this](auto first, auto n) {
        must(triad(kernels, part(a(), first, n), part(b(), first, n), part(c(), first, n), 1.1,
                   kStream));
      },
      {"numexpr x+a*y", "torch x+a*y"});
  const Element f32 = Element::float32;
  const Element f16 = Element::float16;
  add("f32 -> f16", "copy", 0.75 * size(),
      [=, this](auto first, auto n) {
        must(convert(kernels, part(a(f32), first, n), part(c(f16), first, n), kStream));
      },
      {"numpy f32->f16", "torch f32->f16"});
  add("f16 -> f32", "copy", 0.75 * size(),
      [=, this](auto first, auto n) {
        must(convert(kernels, part(a(f16), first, n), part(c(f32), first, n), kStream));
      },
      {"numpy f16->f32", "torch f16->f32"});
  add("fill", "nt_write", size(),
      [=, this](auto first, auto n) { must(fill(kernels, part(c(), first, n), 1.5, kStream)); },
      {"numpy fill", "torch fill"});
  add("random f64", "nt_write", size(),
      [=, this](auto first, auto n) {
        must(fill_random(kernels, part(c(), first, n), 1, {first, 0, side()}, kStream));
      },
      {"numpy SFC64"});
}

void Maker::neighbours() {
  add("5-point stencil", "copy", 2 * size(),
      [=, this](auto first, auto n) {
        const Rect rect{first, 0, n, side()};
        must(apply(kernels, FivePoint{{0.5, 0.125, 0}}, a(), rect, {Boundary::clamp, 0},
                   c().part(first, 0, n, side()), kStream));
      },
      {"numpy stencil out=", "numexpr stencil"});
  add(
      "transpose", "copy", 2 * size(),
      [=, this](auto first, auto n) {
        must(transpose(kernels, a().part(first, 0, n, side()), c().part(0, first, side(), n),
                       kStream));
      },
      {"numpy copyto T", "torch T"}, 64);
}

void Maker::sums() {
  const auto pass = [this](Element element, Reduce what) {
    return [=, this](ThreadPool& pool) {
      PassRequest request;
      request.source = memory_source(a(element));
      request.reduce = what;
      request.caches = caches();
      must(run_pass(kernels, pool, request));
    };
  };
  rows.push_back({"sum f64",
                  "read",
                  size(),
                  pass(Element::float64, Reduce::sum),
                  {"numpy sum", "torch sum", "dask sum"}});
  rows.push_back({"sum+min+max f64",
                  "read",
                  size(),
                  pass(Element::float64, Reduce::summary),
                  {"numpy sum,min,max"}});
  rows.push_back({"sum of squares f32",
                  "read",
                  0.5 * size(),
                  pass(Element::float32, Reduce::sum_of_squares),
                  {"numpy dot f32"}});
  rows.push_back({"checksum",
                  "read",
                  size(),
                  [this](ThreadPool& pool) {
                    PassRequest request;
                    request.source = memory_source(a());
                    request.checksum = true;
                    request.caches = caches();
                    must(run_pass(kernels, pool, request));
                  },
                  {"zlib crc32"}});
}

void Maker::tiles() {
  // What recycled tiles save: a new result each time, in pages of 4 KiB.
  rows.push_back({"sqrt f64, fresh 4 KiB pages",
                  "copy",
                  2 * size(),
                  [this](ThreadPool& pool) {
                    const Memory fresh(arrays.bytes(), PageKind::base, false);
                    over_rows(pool, side(), 1, [&](std::size_t first, std::size_t n) {
                      const View out = fresh.view(side(), side(), Element::float64);
                      must(sqrt(kernels, a().part(first, 0, n, side()),
                                out.part(first, 0, n, side()), Store::cached));
                    });
                  },
                  {}});
  rows.push_back({"sqrt f64, tiles",
                  "copy",
                  2 * size(),
                  [this](ThreadPool& pool) {
                    PassRequest request;
                    request.source = memory_source(a());
                    request.sink = memory_sink(c());
                    request.steps = {SqrtStep{}};
                    request.caches = caches();
                    must(run_pass(kernels, pool, request));
                  },
                  {}});
  rows.push_back({"sqrt f64, 1000x1000 tiles",
                  "copy",
                  2 * size(),
                  [this](ThreadPool& pool) {
                    PassRequest request;
                    request.source = memory_source(a());
                    request.sink = memory_sink(c());
                    request.steps = {SqrtStep{}};
                    request.tile_rows = 1000;
                    request.tile_cols = 1000;
                    must(run_pass(kernels, pool, request));
                  },
                  {}});
}

}  // namespace

std::vector<Row> memory_rows(const Kernels& kernels, Arrays& arrays) {
  for (const View& view : {arrays.a.view(arrays.side, arrays.side, Element::float64),
                           arrays.a32.view(arrays.side, arrays.side, Element::float32),
                           arrays.a16.view(arrays.side, arrays.side, Element::float16)})
    must(fill_random(kernels, view, 7, {0, 0, arrays.side}, kStream));
  std::memset(arrays.b.data(), 0x11, arrays.bytes());
  const auto maker = std::make_shared<Maker>(Maker{kernels, arrays, {}});
  maker->limits();
  maker->elementwise();
  maker->sums();
  maker->tiles();
  maker->neighbours();
  std::vector<Row> rows = std::move(maker->rows);
  // What the rows do refers to the maker, which lives as long as any of them.
  for (Row& row : rows)
    row.run = [maker, body = std::move(row.run)](ThreadPool& pool) { body(pool); };
  return rows;
}

}  // namespace memqual::kernels::bench
