// SPDX-License-Identifier: Apache-2.0
// ./dev bench kernels: what the kernels reach of the machine's limit, and against their peers. One
// run, everything in turns, medians, ratios; the limits are measured in the same turns.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "kernels/bench/file_rows.h"
#include "kernels/bench/peers.h"
#include "kernels/bench/rows.h"

namespace {

using namespace memqual::kernels;
using namespace memqual::kernels::bench;

struct Options {
  std::size_t side = 7168;  ///< float64 arrays of 392 MiB; 3.3 GiB with the peers
  int rounds = 11;
  bool peers = true;
  std::string only;
};

double seconds_of(const std::function<void(ThreadPool&)>& run, ThreadPool& pool) {
  const auto start = std::chrono::steady_clock::now();
  run(pool);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Times of one row: by threads, and by peer and threads.
struct Times {
  std::vector<double> ours[2];
  std::map<std::string, std::vector<double>> peers[2];
};

void measure_round(const std::vector<Row>& rows, ThreadPool* const pools[2], Peers* peers,
                   std::vector<Times>& times) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::size_t two : {0u, 1u}) {
      times[i].ours[two].push_back(seconds_of(rows[i].run, *pools[two]));
      if (peers == nullptr) continue;
      for (const std::string& name : rows[i].peers)
        if (const auto seconds = peers->seconds(name, two + 1))
          times[i].peers[two][name].push_back(*seconds);
    }
  }
}

/// Bytes per second of the best limit whose name begins with `kind`; a triad reads two for one
/// written, so it is held against copying, too.
double limit(const std::vector<Row>& rows, const std::vector<Times>& times, const std::string& kind,
             std::size_t two) {
  const std::string begin = kind == "triad" ? "copy" : kind;
  double best = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].name.starts_with(begin + ":"))
      best = std::max(best, rows[i].bytes / median(times[i].ours[two]));
  }
  return best;
}

void print_row(const std::vector<Row>& rows, const std::vector<Times>& times, std::size_t i,
               bool asked) {
  const Row& row = rows[i];
  double share[2] = {0, 0};
  for (const std::size_t two : {0u, 1u}) {
    const std::string kind = row.limit.empty() ? row.name.substr(0, row.name.find(':')) : row.limit;
    share[two] = row.bytes / median(times[i].ours[two]) / limit(rows, times, kind, two);
  }
  std::printf("| %s | %s | %.2f | %.2f |", row.name.c_str(), row.limit.c_str(), share[0], share[1]);
  const char* separator = " ";
  for (const std::string& name : asked ? row.peers : std::vector<std::string>()) {
    double ratio[2] = {0, 0};
    for (const std::size_t two : {0u, 1u}) {
      const auto found = times[i].peers[two].find(name);
      if (found != times[i].peers[two].end())
        ratio[two] = median(found->second) / median(times[i].ours[two]);
    }
    if (ratio[0] > 0)
      std::printf("%s%s %.1fx, %.1fx", separator, name.c_str(), ratio[0], ratio[1]);
    else
      std::printf("%s%s: not installed", separator, name.c_str());
    separator = "; ";
  }
  std::printf(" |\n");
}

void print_table(const std::vector<Row>& rows, const std::vector<Times>& times, bool asked) {
  std::printf(
      "| what | limit | share of it, 1 thread | 2 threads | times as fast as (1, 2 threads) |\n");
  std::printf("|---|---|---|---|---|\n");
  for (std::size_t i = 0; i < rows.size(); ++i) print_row(rows, times, i, asked);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].name != "copy: streaming stores") continue;
    const double control = median(times[i].ours[0]) / median(times[i].ours[1]);
    std::printf(
        "\ncontrol: copying with two threads is %.2f times as fast as with one%s\n", control,
        control < 1.7 ? "; it should be about 1.9: DO NOT BELIEVE THE TWO-THREAD FIGURES" : "");
  }
}

int run(const Options& options) {
  const Result<Kernels> kernels = Kernels::from_environment();
  if (!kernels) {
    std::fprintf(stderr, "%s (%s)\n", kernels.error().message.c_str(),
                 kernels.error().hint.c_str());
    return 2;
  }
  ThreadPool one(1);
  ThreadPool two(2, {0, 1});
  ThreadPool* const pools[2] = {&one, &two};
  FileRows files(*kernels, options.side);
  std::printf("target %s, %zu MiB arrays, %d rounds\n",
              std::string(to_string(kernels->target())).c_str(), options.side * options.side >> 17,
              options.rounds);
  std::vector<Times> file_times(files.rows().size());
  Peers file_peers(MEMQUAL_SOURCE_DIR "/kernels/bench/peers.py", 64, files.path());
  const bool with_files = options.only.empty() || options.only == "file";
  for (int round = 0; round < options.rounds && with_files; ++round)
    measure_round(files.rows(), pools, options.peers ? &file_peers : nullptr, file_times);

  Arrays arrays(options.side);
  std::vector<Row> rows = memory_rows(*kernels, arrays);
  if (!options.only.empty())
    std::erase_if(rows, [&](const Row& row) {
      return !row.limit.empty() && row.name.find(options.only) == std::string::npos;
    });
  Peers peers(MEMQUAL_SOURCE_DIR "/kernels/bench/peers.py", options.peers ? options.side : 64, "");
  std::printf("peers: %s\n\n", options.peers ? peers.versions().c_str() : "not asked for");
  std::vector<Times> times(rows.size());
  std::vector<Times> warm_up(rows.size());
  measure_round(rows, pools, options.peers ? &peers : nullptr, warm_up);
  for (int round = 0; round < options.rounds; ++round)
    measure_round(rows, pools, options.peers ? &peers : nullptr, times);
  print_table(rows, times, options.peers);
  if (with_files) {
    std::printf("\n");
    print_table(files.rows(), file_times, options.peers);
    files.print_resident();
  }
  return 0;
}

int usage() {
  std::fprintf(
      stderr,
      "usage: memqual_bench_kernels [--side N] [--rounds N] [--no-peers] [--only WORD]\n"
      "  N x N float64 arrays, 4 times that for us, 5 times for the peers (default 7168: 392 MiB"
      " each)\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--side" && more)
      options.side = std::strtoul(argv[++i], nullptr, 10) / 64 * 64;
    else if (word == "--rounds" && more)
      options.rounds = std::atoi(argv[++i]);
    else if (word == "--only" && more)
      options.only = argv[++i];
    else if (word == "--no-peers")
      options.peers = false;
    else
      return usage();
  }
  if (options.side < 256 || options.rounds < 1) return usage();
  return run(options);
}
