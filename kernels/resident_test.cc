// SPDX-License-Identifier: Apache-2.0
// Passes over a file far larger than their budget, each in a process of its own, whose peak the
// kernel knows.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/direct_source.h"
#include "kernels/fake_files.h"
#include "kernels/pass.h"
#include "kernels/read_ahead.h"
#include "kernels/sweep.h"
#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kRows = 1024;
constexpr std::size_t kCols = 256 * 1024;  // float32: 1 GiB
/// Stacks, page tables, library pages touched for the first time.
constexpr std::size_t kOverhead = 3 * kMiB;
/// Whole huge pages of the page cache at both ends of a tile besides.
constexpr std::size_t kMappedOverhead = kOverhead + 4 * kMiB;

std::size_t status_bytes(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;)
    if (std::size_t kib = 0; word == key && file >> kib) return kib * 1024;
  return 0;
}

/// By how much the peak of a forked child exceeds what it had at its start; nothing if `body` is
/// false.
template <class Body>
std::optional<std::size_t> peak_of(const Body& body) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    const std::size_t before = status_bytes("VmRSS:");
    const bool well = body();
    const std::size_t peak = status_bytes("VmHWM:");
    const std::size_t grown = well ? peak - std::min(before, peak) : ~std::size_t{0};
    const bool told = ::write(ends[1], &grown, sizeof grown) == sizeof grown;
    ::_exit(told ? 0 : 1);
  }
  std::size_t grown = ~std::size_t{0};
  const bool heard = ::read(ends[0], &grown, sizeof grown) == sizeof grown;
  ::close(ends[0]);
  ::close(ends[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!heard || grown == ~std::size_t{0}) return std::nullopt;
  return grown;
}

struct Fixture {
  Fixture() {
    dir.write("sparse", "");
    std::filesystem::resize_file(dir.file("sparse"), layout.bytes());
  }
  bool sum(const Result<ArraySource>& source, std::size_t budget, std::size_t threads) const {
    ThreadPool pool(threads);
    PassRequest request;
    if (!source) return false;
    request.source = *source;
    request.reduce = Reduce::sum;
    request.budget = budget;
    const Result<PassReport> report = run_pass(Kernels(supported_targets().back()), pool, request);
    return report.ok() && report->reduction->sum == 0 && report->bytes_read == layout.bytes();
  }
  /// As much as the budget allows is in memory at once, so that what is not counted shows.
  bool run(PassRequest request, std::size_t threads) const {
    ThreadPool pool(threads);
    return run_pass(Kernels(supported_targets().back()), pool, request).ok();
  }
  TempDir dir;
  ArrayLayout layout = {Element::float32, kRows, kCols, 0};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(resident, Fixture)

BOOST_AUTO_TEST_CASE(a_pass_stays_within_its_budget) {
  if (status_bytes("VmHWM:") == 0) {
    std::cout << "SKIPPED: no VmHWM in /proc/self/status\n";
    return;
  }
  for (const std::size_t threads : {1u, 2u}) {
    for (const std::size_t budget : {8 * kMiB, 32 * kMiB}) {
      BOOST_TEST_CONTEXT(threads << " threads, " << budget / kMiB << " MiB") {
        const auto mapped = peak_of(
            [&] { return sum(mapped_source(dir.file("sparse"), layout), budget, threads); });
        const auto read =
            peak_of([&] { return sum(file_source(dir.file("sparse"), layout), budget, threads); });
        BOOST_REQUIRE(mapped.has_value());
        BOOST_REQUIRE(read.has_value());
        BOOST_TEST_MESSAGE("mapped " << *mapped / 1024 << " KiB, read " << *read / 1024 << " KiB");
        BOOST_TEST(*mapped <= budget + kOverhead);
        BOOST_TEST(*read <= budget + kOverhead);
        const auto direct = peak_of(
            [&] { return sum(direct_source(dir.file("sparse"), layout), budget, threads); });
        if (!direct)
          std::cout << "SKIPPED: no direct reads here\n";
        else
          BOOST_TEST(*direct <= budget + kOverhead);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_sink_a_chain_and_a_halo_stay_within_the_budget_too) {
  if (status_bytes("VmHWM:") == 0) return;
  constexpr std::size_t kBudget = 32 * kMiB;
  // As little as 300 rows: every tile of a blur reaches the edges, and is copied with its halo.
  const ArrayLayout low = {Element::float32, 300, 100 * 1024, 0};
  const ArrayLayout tall = {Element::float32, 2048, 16 * 1024, 0};
  struct Kind {
    const char* name;
    ArrayLayout layout;
    std::vector<Step> steps;
  };
  const Kind kinds[] = {
      {"sink", tall, {}},
      {"chain", tall, {ScaleOffsetStep{2, 1}, SqrtStep{}, ConvertStep{Element::float16}}},
      {"blur", low, {NeighbourhoodStep{BoxBlur{200}, {}}}},
      {"stencil in whole rows", tall, {NeighbourhoodStep{FivePoint{{0.5, 0.125, 0}}, {}}}},
      {"stencil in parts of rows", low, {NeighbourhoodStep{FivePoint{{0.5, 0.125, 0}}, {}}}},
  };
  for (const std::size_t threads : {1u, 2u}) {
    for (const auto& [name, array, steps] : kinds) {
      for (const bool mapped : {false, true}) {
        const auto peak = peak_of([&] {
          PassRequest request;
          request.steps = steps;
          const Result<ArraySource> source = mapped ? mapped_source(dir.file("sparse"), array)
                                                    : file_source(dir.file("sparse"), array);
          if (!source) return false;
          request.source = *source;
          if (!mapped) request.source.tile_target = kBudget;
          const Element element =
              std::string(name) == "chain" ? Element::float16 : Element::float32;
          Result<ArrayWriter> writer =
              ArrayWriter::create_raw(dir.file("out"), element, array.rows, array.cols);
          if (!writer) return false;
          request.sink = writer->sink();
          request.budget = kBudget;
          return run(request, threads);
        });
        BOOST_TEST_CONTEXT(name << ", " << threads << " threads, "
                                << (mapped ? "mapped" : "read")) {
          BOOST_REQUIRE(peak.has_value());
          BOOST_TEST_MESSAGE(name << " " << threads << " " << mapped << ": " << *peak / 1024
                                  << " KiB");
          BOOST_TEST(*peak <= kBudget + kOverhead);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(small_tiles_of_a_mapped_file_leave_nothing_behind) {
  if (status_bytes("VmHWM:") == 0) return;
  // Real pages, of which the system maps several around each that is read; the tiles begin at none
  // of its boundaries.
  const ArrayLayout array = {Element::float64, 2000, 4000, 0};
  ThreadPool pool(1);
  const Kernels kernels(supported_targets().back());
  Result<ArrayWriter> writer =
      ArrayWriter::create_raw(dir.file("full"), array.element, array.rows, array.cols);
  require_ok(writer);
  require_ok(run_content(kernels, pool, RandomElements{1}, writer->sink(), {}));
  require_ok(writer->finish());
  const auto peak = peak_of([&] {
    PassRequest request;
    request.source = *mapped_source(dir.file("full"), array);
    request.steps = {NeighbourhoodStep{FivePoint{{0.5, 0.125, 0}}, {}}};
    request.reduce = Reduce::sum;
    request.budget = kMiB;
    return run(request, 1);
  });
  BOOST_REQUIRE(peak.has_value());
  BOOST_TEST_MESSAGE("peak " << *peak / 1024 << " KiB");
  BOOST_TEST(*peak <= kMiB + kMappedOverhead);
}

BOOST_AUTO_TEST_CASE(a_sum_in_tall_tiles_counts_what_its_rows_leave_open) {
  if (status_bytes("VmHWM:") == 0) return;
  constexpr std::size_t kBudget = 64 * kMiB;
  // 512 columns of bytes in tiles of 256: a node of the sum for each row until its half comes.
  const ArrayLayout tall = {Element::uint8, std::size_t{1} << 20, 512, 0};
  const auto peak = peak_of([&] {
    PassRequest request;
    request.source = *file_source(dir.file("sparse"), tall);
    request.reduce = Reduce::sum;
    request.budget = kBudget;
    request.tile_cols = 256;
    return run(request, 1);
  });
  BOOST_REQUIRE(peak.has_value());
  BOOST_TEST_MESSAGE("peak " << *peak / 1024 << " KiB");
  BOOST_TEST(*peak <= kBudget + kOverhead);
}

BOOST_AUTO_TEST_CASE(reading_ahead_costs_its_blocks) {
  for (const ReadBy by : {ReadBy::threads, ReadBy::io_uring}) {
    const auto peak = peak_of([&] {
      Result<File> file = File::open(dir.file("sparse"), Caching::direct);
      if (!file) return false;
      ReadAheadOptions options;
      options.by = by;
      ReadAhead reader(*std::move(file), layout.bytes(), options);
      for (;;) {
        const auto block = reader.next();
        if (!block) return false;
        if (!*block) return true;
      }
    });
    if (!peak) {
      std::cout << "SKIPPED: no direct reads, or no io_uring, here\n";
      continue;
    }
    BOOST_TEST_MESSAGE("peak " << *peak / 1024 << " KiB");
    BOOST_TEST(*peak <= 8 * kMiB + kOverhead);
  }
}

BOOST_AUTO_TEST_SUITE_END()
