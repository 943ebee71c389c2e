// SPDX-License-Identifier: Apache-2.0
#include "kernels/bandwidth.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>

#include "kernels/touch.h"

namespace memqual::kernels {
namespace {

using Operation = BandwidthOperation;

// ------------------------------------------------------------------------- ways

// What was read is used, so that the reading cannot be left out.
void keep(std::uint64_t value) { asm volatile("" : : "r"(value) : "memory"); }

void read_in_order(const Kernels& kernels, const StreamArrays& arrays, std::size_t first,
                   std::size_t last) {
  keep(kernels.read().in_order(arrays.x + first, last - first));
}
void read_four_pages(const Kernels& kernels, const StreamArrays& arrays, std::size_t first,
                     std::size_t last) {
  keep(kernels.read().four_pages(arrays.x + first, last - first));
}
void write_cached(const Kernels& kernels, const StreamArrays& arrays, std::size_t first,
                  std::size_t last) {
  kernels.elementwise().fill(arrays.out + first, last - first, 0x3333333333333333ull,
                             Store::cached);
}
void write_memset(const Kernels&, const StreamArrays& arrays, std::size_t first, std::size_t last) {
  std::memset(arrays.out + first, 0x33, last - first);
}
void write_streaming(const Kernels& kernels, const StreamArrays& arrays, std::size_t first,
                     std::size_t last) {
  kernels.elementwise().fill(arrays.out + first, last - first, 0x3333333333333333ull,
                             Store::streaming);
}
void copy_memcpy(const Kernels&, const StreamArrays& arrays, std::size_t first, std::size_t last) {
  std::memcpy(arrays.out + first, arrays.x + first, last - first);
}
void copy_streaming(const Kernels& kernels, const StreamArrays& arrays, std::size_t first,
                    std::size_t last) {
  kernels.elementwise().copy(arrays.x + first, arrays.out + first, last - first, Store::streaming);
}
void triad_streaming(const Kernels& kernels, const StreamArrays& arrays, std::size_t first,
                     std::size_t last) {
  const auto doubles = [first](const std::byte* from) {
    return reinterpret_cast<const double*>(from + first);
  };
  kernels.elementwise().triad_f64(doubles(arrays.x), doubles(arrays.y),
                                  reinterpret_cast<double*>(arrays.out + first),
                                  (last - first) / sizeof(double), 1.1, Store::streaming);
}

constexpr std::array kWays = {
    StreamWay{Operation::read, "in order", read_in_order},
    StreamWay{Operation::read, "four pages at once", read_four_pages},
    StreamWay{Operation::write, "stores", write_cached},
    StreamWay{Operation::write, "memset", write_memset},
    StreamWay{Operation::nt_write, "streaming stores", write_streaming},
    StreamWay{Operation::copy, "memcpy", copy_memcpy},
    StreamWay{Operation::copy, "streaming stores", copy_streaming},
    StreamWay{Operation::triad, "streaming stores", triad_streaming},
};

constexpr StreamWay kTouch = {Operation::page_fault, "one write to each page", nullptr};

// ------------------------------------------------------------------------- measuring

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class T>
T median(std::vector<T> values) {
  if (values.empty()) return T{};
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Share page_share(std::size_t bytes, std::size_t worker, std::size_t workers) {
  constexpr std::size_t page = 4096;
  const Share pages = share_of((bytes + page - 1) / page, worker, workers);
  return {std::min(bytes, pages.first * page), std::min(bytes, pages.last * page)};
}

void touch_part(const PageMemory& memory, std::size_t worker, std::size_t workers) {
  const Share part = page_share(memory.bytes(), worker, workers);
  if (part.first < part.last)
    touch_write({memory.data() + part.first, part.last - part.first, 4096, 1}, nullptr);
}

/// One way with one number of threads.
struct Track {
  const StreamWay* way;
  Operation operation;
  ThreadPool* pool;
  std::vector<double> seconds;
  std::vector<std::uint64_t> faults;
  double first_seconds = 0;
};

class Measurement {
 public:
  Measurement(const Kernels& kernels, const BandwidthRequest& request)
      : kernels_(kernels), request_(request) {
    for (const unsigned threads : request.threads)
      pools_.push_back(std::make_unique<ThreadPool>(threads, request.cpus));
  }

  Status run() {
    for (const Operation operation : request_.operations) add_tracks(operation);
    if (Status status = run_streams(); !status) return status;
    return run_faults();
  }

  std::vector<BandwidthResult> results() const {
    std::vector<BandwidthResult> results;
    for (const Operation operation : request_.operations)
      for (const auto& pool : pools_) results.push_back(best_of(operation, *pool));
    return results;
  }

 private:
  void add_tracks(Operation operation) {
    const auto add = [&](const StreamWay& way) {
      for (const auto& pool : pools_) tracks_.push_back({&way, operation, pool.get(), {}, {}});
    };
    if (is_fault(operation)) return add(kTouch);
    for (const StreamWay& way : kWays)
      if (way.operation == operation) add(way);
  }

  // Touched by the largest pool: each part lies near the CPU that will work on it then.
  Status map_streams() {
    std::size_t count = 0;
    for (const Operation operation : request_.operations)
      if (!is_fault(operation)) count = std::max(count, arrays_of(operation));
    const auto most =
        std::max_element(pools_.begin(), pools_.end(),
                         [](const auto& a, const auto& b) { return a->size() < b->size(); });
    for (std::size_t i = 0; i < count; ++i) {
      Result<PageMemory> memory = PageMemory::map(request_.bytes, request_.pages, request_.node);
      if (!memory) return memory.error();
      (*most)->run([&](std::size_t worker) {
        const Share part = page_share(request_.bytes, worker, (*most)->size());
        if (part.first < part.last)
          std::memset(memory->data() + part.first, 0x11, part.last - part.first);
      });
      memory_.push_back(*std::move(memory));
    }
    return done();
  }

  Status run_streams() {
    if (Status status = map_streams(); !status) return status;
    if (memory_.empty()) return done();
    // What is read was not written just before, where there is more than one array.
    const StreamArrays arrays{memory_.back().data(), memory_[memory_.size() / 2].data(),
                              memory_.front().data(), request_.bytes};
    for (unsigned round = 0; round <= request_.rounds; ++round)
      for (Track& track : tracks_) {
        if (is_fault(track.operation)) continue;
        const auto start = std::chrono::steady_clock::now();
        run_way(kernels_, *track.pool, *track.way, arrays);
        if (round > 0) track.seconds.push_back(seconds_since(start));
      }
    return done();
  }

  Status run_faults() {
    for (unsigned round = 0; round <= request_.rounds; ++round)
      for (Track& track : tracks_)
        if (is_fault(track.operation))
          if (Status status = fault_once(track, round == 0); !status) return status;
    return done();
  }

  Status fault_once(Track& track, bool first) {
    const Result<PageMemory> memory = PageMemory::map(
        request_.bytes,
        track.operation == Operation::huge_page_fault ? PageKind::huge : PageKind::base,
        request_.node);
    if (!memory) return memory.error();
    const std::uint64_t faults_before = fault_count();
    const auto start = std::chrono::steady_clock::now();
    track.pool->run([&](std::size_t worker) { touch_part(*memory, worker, track.pool->size()); });
    const double seconds = seconds_since(start);
    if (first) {
      track.first_seconds = seconds;
    } else {
      track.seconds.push_back(seconds);
      track.faults.push_back(fault_count() - faults_before);
    }
    return done();
  }

  BandwidthResult best_of(Operation operation, const ThreadPool& pool) const {
    BandwidthResult best;
    for (const Track& track : tracks_) {
      if (track.operation != operation || track.pool != &pool) continue;
      const double seconds = median(track.seconds);
      if (best.threads != 0 && !best.way.empty() && best.median_seconds <= seconds) continue;
      const auto [least, most] = std::minmax_element(track.seconds.begin(), track.seconds.end());
      best = {operation,
              static_cast<unsigned>(pool.size()),
              track.way->name,
              std::uint64_t{request_.bytes} * arrays_of(operation),
              seconds,
              *least,
              *most,
              median(track.faults),
              track.first_seconds,
              pool.pinned()};
    }
    return best;
  }

  const Kernels& kernels_;
  const BandwidthRequest& request_;
  std::vector<std::unique_ptr<ThreadPool>> pools_;
  std::vector<PageMemory> memory_;
  std::vector<Track> tracks_;
};

Status check(const BandwidthRequest& request) {
  const auto bad = [](const std::string& why, const std::string& hint) {
    return Error{"cannot measure bandwidth: " + why, hint};
  };
  if (request.operations.empty()) return bad("no operation", "name one: read, copy, ...");
  if (request.bytes == 0 || request.bytes % 4096 != 0)
    return bad("arrays of " + std::to_string(request.bytes) + " bytes",
               "use a multiple of 4096 bytes");
  if (request.rounds == 0) return bad("no round", "use 1 or more");
  if (request.threads.empty()) return bad("no number of threads", "use 1");
  for (const unsigned threads : request.threads)
    if (threads == 0 || threads > 1024)
      return bad(std::to_string(threads) + " threads", "use 1 to 1024");
  return done();
}

}  // namespace

std::string_view to_string(BandwidthOperation operation) {
  switch (operation) {
    case Operation::read:
      return "read";
    case Operation::write:
      return "write";
    case Operation::nt_write:
      return "nt_write";
    case Operation::copy:
      return "copy";
    case Operation::triad:
      return "triad";
    case Operation::page_fault:
      return "page_fault";
    case Operation::huge_page_fault:
      return "huge_page_fault";
  }
  return "?";
}

std::optional<BandwidthOperation> bandwidth_operation_from(std::string_view word) {
  for (const Operation operation : kBandwidthOperations)
    if (to_string(operation) == word) return operation;
  return std::nullopt;
}

std::span<const StreamWay> stream_ways() { return kWays; }

void run_way(const Kernels& kernels, ThreadPool& pool, const StreamWay& way,
             const StreamArrays& arrays) {
  pool.run([&](std::size_t worker) {
    const Share part = page_share(arrays.bytes, worker, pool.size());
    way.run(kernels, arrays, part.first, part.last);
  });
}

std::size_t bandwidth_arrays(const BandwidthRequest& request) {
  std::size_t streams = 0;
  std::size_t fresh = 0;
  for (const Operation operation : request.operations)
    if (is_fault(operation))
      fresh = 1;
    else
      streams = std::max(streams, arrays_of(operation));
  return streams + fresh;
}

Result<std::vector<BandwidthResult>> measure_bandwidth(const Kernels& kernels,
                                                       const BandwidthRequest& request) {
  if (Status status = check(request); !status) return status.error();
  Measurement measurement(kernels, request);
  if (Status status = measurement.run(); !status) return status.error();
  return measurement.results();
}

}  // namespace memqual::kernels
