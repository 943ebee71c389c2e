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
                                                   : arrays.a16;  // or bfloat16: any bits
    return memory.view(side(), side(), e);
  }
  View b() const { return arrays.b.view(side(), side(), Element::float64); }
  View c(Element e = Element::float64) const { return arrays.c.view(side(), side(), e); }

  /// A share of the rows for each thread, in multiples of `step` rows.
  Row& add(const std::string& name, const std::string& limit, double bytes,
           const std::function<void(std::size_t first, std::size_t count)>& body,
           std::vector<Peer> peers = {}, std::size_t step = 1) {
    return add_pass(
        name, limit, bytes,
        [this_rows = side(), body, step](ThreadPool& pool) {
          over_rows(pool, this_rows, step, body);
        },
        std::move(peers));
  }
  Row& add_pass(const std::string& name, const std::string& limit, double bytes,
                std::function<void(ThreadPool&)> run, std::vector<Peer> peers = {}) {
    rows.push_back({name, limit, bytes, std::move(run), std::move(peers)});
    return rows.back();
  }
  void limits();
  void elementwise();
  void conversions();
  void no_input();
  void neighbours();
  void sums();
  void fresh_pages();
  void root_in(ThreadPool& pool, const Memory& fresh) const;
  void tiles();
};

void Maker::limits() {
  const StreamArrays streams{arrays.b.data(), arrays.a.data(), arrays.c.data(), arrays.bytes()};
  for (const StreamWay& way : stream_ways()) {
    if (way.operation == BandwidthOperation::triad) continue;  // x + a*y itself
    const double bytes = static_cast<double>(arrays_of(way.operation)) * size();
    add_pass(std::string(to_string(way.operation)) + ": " + way.name, "", bytes,
             [this, streams, &way](ThreadPool& pool) { run_way(kernels, pool, way, streams); });
  }
}

void want(Row& row, double share) { row.share[0] = row.share[1] = share; }

void Maker::elementwise() {
  const auto part = [this](const View& view, std::size_t first, std::size_t n) {
    return view.part(first, 0, n, side());
  };
  want(add("sqrt f64", "copy", 2 * size(),
           [=, this](auto first, auto n) {
             must(sqrt(kernels, part(a(), first, n), part(c(), first, n), kStream));
           },
           {{"numpy sqrt chunks", 3.5, 6},
            {"dask sqrt chunks"},
            {"numpy sqrt out="},
            {"torch sqrt out=", 1.5}}),
       0.92);
  const Element f32 = Element::float32;
  add("sqrt f32", "copy", size(),
      [=, this](auto first, auto n) {
        must(sqrt(kernels, part(a(f32), first, n), part(c(f32), first, n), kStream));
      },
      {{"numpy sqrt f32 out="}, {"torch sqrt f32 out="}});
  want(add("a*x + b", "copy", 2 * size(),
           [=, this](auto first, auto n) {
             must(scale_offset(kernels, part(a(), first, n), part(c(), first, n), 1.1, 0.3,
                               kStream));
           },
           {{"numexpr a*x+b", 2}, {"numpy a*x+b"}}),
       0.90);
  want(add("x + a*y", "triad", 3 * size(),
           [=, this](auto first, auto n) {
             must(triad(kernels, part(a(), first, n), part(b(), first, n), part(c(), first, n), 1.1,
                        kStream));
           },
           {{"numexpr x+a*y", 2}, {"torch x+a*y"}}),
       0.90);
}

void Maker::conversions() {
  const auto one = [this](const std::string& name, Element from, Element to,
                          std::vector<Peer> peers) -> Row& {
    return add(
        name, "copy", 0.75 * size(),
        [=, this](auto first, auto n) {
          must(convert(kernels, a(from).part(first, 0, n, side()), c(to).part(first, 0, n, side()),
                       kStream));
        },
        std::move(peers));
  };
  const Element f32 = Element::float32;
  want(one("f32 -> f16", f32, Element::float16, {{"numpy f32->f16", 8}, {"torch f32->f16", 1.7}}),
       0.80);
  want(one("f16 -> f32", Element::float16, f32, {{"numpy f16->f32", 5.5}, {"torch f16->f32", 1.7}}),
       0.90);
  one("f32 -> bf16", f32, Element::bfloat16, {{"torch f32->bf16"}});
  one("bf16 -> f32", Element::bfloat16, f32, {{"torch bf16->f32"}});
}

void Maker::no_input() {
  want(add("fill", "nt_write", size(),
           [this](auto first, auto n) {
             must(fill(kernels, c().part(first, 0, n, side()), 1.5, kStream));
           },
           {{"numpy fill", 2.2}, {"torch fill", 2.2}}),
       0.95);
  want(add("random f64", "nt_write", size(),
           [this](auto first, auto n) {
             must(fill_random(kernels, c().part(first, 0, n, side()), 1, {first, 0, side()},
                              kStream));
           },
           {{"numpy SFC64", 6}}),
       0.90);
}

void Maker::neighbours() {
  const auto near = [this](const std::string& name, const Neighbourhood& what,
                           std::vector<Peer> peers) -> Row& {
    return add(
        name, "copy", 2 * size(),
        [=, this](auto first, auto n) {
          const Rect rect{first, 0, n, side()};
          must(apply(kernels, what, a(), rect, {Boundary::clamp, 0}, c().part(first, 0, n, side()),
                     kStream));
        },
        std::move(peers));
  };
  want(near("5-point stencil", FivePoint{{0.5, 0.125, 0}},
            {{"numpy stencil out=", 4}, {"numexpr stencil", 3.5}}),
       0.80);
  near("9-point stencil", NinePoint{{0.5, 0.1, 0.025}}, {{"numexpr 9-point stencil"}});
  near("box blur, 3x3", BoxBlur{1}, {{"numpy box out="}});
  want(add(
           "transpose", "copy", 2 * size(),
           [=, this](auto first, auto n) {
             must(transpose(kernels, a().part(first, 0, n, side()), c().part(0, first, side(), n),
                            kStream));
           },
           {{"numpy copyto T", 8}, {"torch T", 3}}, 64),
       0.60);
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
  want(add_pass("sum f64", "read", size(), pass(Element::float64, Reduce::sum),
                {{"numpy sum"}, {"torch sum"}, {"dask sum"}}),
       0.93);
  want(add_pass("sum+min+max f64", "read", size(), pass(Element::float64, Reduce::summary),
                {{"numpy sum,min,max", 5.5}}),
       0.93);
  add_pass("sum of squares f32", "read", 0.5 * size(),
           pass(Element::float32, Reduce::sum_of_squares), {{"numpy dot f32"}});
  add_pass("checksum", "read", size(),
           [this](ThreadPool& pool) {
             PassRequest request;
             request.source = memory_source(a());
             request.checksum = true;
             request.caches = caches();
             must(run_pass(kernels, pool, request));
           },
           {{"zlib crc32"}});
}

// The same job done on all of the array at once: a new result each time, in pages of 4 KiB.
void Maker::fresh_pages() {
  add_pass("sqrt f64, whole, in fresh 4 KiB pages", "copy", 2 * size(), [this](ThreadPool& pool) {
    root_in(pool, Memory(arrays.bytes(), PageKind::base, false));
  });
  add_pass("sum of sqrt f64, whole, in fresh 4 KiB pages", "read", size(),
           [this](ThreadPool& pool) {
             const Memory fresh(arrays.bytes(), PageKind::base, false);
             root_in(pool, fresh);
             PassRequest request;
             request.source = memory_source(fresh.view(side(), side(), Element::float64));
             request.reduce = Reduce::sum;
             request.caches = caches();
             must(run_pass(kernels, pool, request));
           });
}

void Maker::root_in(ThreadPool& pool, const Memory& fresh) const {
  over_rows(pool, side(), 1, [&](std::size_t first, std::size_t n) {
    const View out = fresh.view(side(), side(), Element::float64);
    must(
        sqrt(kernels, a().part(first, 0, n, side()), out.part(first, 0, n, side()), Store::cached));
  });
}

void Maker::tiles() {
  fresh_pages();
  const std::vector<Peer> peers = {{"numpy sqrt chunks"}, {"torch sqrt out="}};
  const auto request = [this] {
    PassRequest made;
    made.source = memory_source(a());
    made.steps = {SqrtStep{}};
    made.caches = caches();
    return made;
  };
  Row& roots = add_pass(
      "sqrt f64, tiles", "copy", 2 * size(),
      [=, this](ThreadPool& pool) {
        PassRequest tiled = request();
        tiled.sink = memory_sink(c());
        must(run_pass(kernels, pool, tiled));
      },
      peers);
  roots.other_rows = {{"sqrt f64", 0.95}, {"sqrt f64, whole, in fresh 4 KiB pages"}};
  add_pass(
      "sqrt f64, 1000x1000 tiles", "copy", 2 * size(),
      [=, this](ThreadPool& pool) {
        PassRequest tiled = request();
        tiled.sink = memory_sink(c());
        tiled.tile_rows = 1000;
        tiled.tile_cols = 1000;
        must(run_pass(kernels, pool, tiled));
      },
      peers)
      .other_rows = {{"sqrt f64", 0.95}};
  add_pass("sum of sqrt f64, tiles used again", "read", size(), [=, this](ThreadPool& pool) {
    PassRequest tiled = request();
    tiled.reduce = Reduce::sum;
    must(run_pass(kernels, pool, tiled));
  }).other_rows = {{"sum of sqrt f64, whole, in fresh 4 KiB pages", 8}};
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
  maker->conversions();
  maker->no_input();
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
