// SPDX-License-Identifier: Apache-2.0
// ./dev bench kernels: what the kernels reach of the machine's limit, and against their peers. One
// run, everything in turns, medians, ratios; the limits are measured in the same turns. Missed
// targets are told at the end; the exit code does not speak of them, because machines differ.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/bandwidth.h"
#include "kernels/bench/file_rows.h"
#include "kernels/bench/own_session.h"
#include "kernels/bench/peers.h"
#include "kernels/bench/rows.h"
#include "kernels/bench/table.h"
#include "kernels/page_memory.h"

namespace {

using namespace memqual::kernels;
using namespace memqual::kernels::bench;

struct Options {
  std::size_t side = 7168;  ///< float64 arrays of 392 MiB; 3.9 GiB with the peers
  int rounds = 11;
  bool peers = true;
  std::string only;
};

constexpr std::size_t kSwept = std::size_t{256} << 20;

/// What takes part in every measurement.
struct Bench {
  const Kernels& kernels;
  ThreadPool one{1, usable_cpus()};
  ThreadPool two{2, usable_cpus()};
  std::optional<Memory> swept = {};  ///< to be read between measurements, where they are of memory
};

// What the last one wrote leaves the caches before the next one begins: else that pays for it.
void sweep_caches(Bench& bench) {
  if (!bench.swept) return;
  const StreamArrays arrays{bench.swept->data(), nullptr, nullptr, bench.swept->bytes()};
  run_way(bench.kernels, bench.two, stream_ways().front(), arrays);
}

void measure_ours(Bench& bench, const Row& row, std::size_t two, Measured& runs) {
  sweep_caches(bench);
  reset_peak_resident();
  const std::size_t before = peak_resident();
  const auto start = std::chrono::steady_clock::now();
  row.run(two == 0 ? bench.one : bench.two);
  runs.seconds[two].push_back(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  const std::size_t peak = peak_resident();
  runs.grown[two] = std::max(runs.grown[two], peak - std::min(before, peak));
}

bool has_threads(const std::string& peer) {
  return !peer.starts_with("numpy") && !peer.starts_with("zlib");
}

/// The peers of one round: each is asked once, whatever rows it stands beside.
class Round {
 public:
  Round(Bench& bench, Peers* peers) : bench_(bench), peers_(peers) {}

  void measure(const Row& row, Times& times) {
    for (const std::size_t two : {0u, 1u}) {
      if (two == 0 || !row.alone) measure_ours(bench_, row, two, times.ours);
      for (const Peer& peer : row.peers)
        if (const auto run = ask(peer.name, two)) {
          Measured& runs = times.peers[peer.name];
          runs.seconds[two].push_back(run->seconds);
          runs.grown[two] = std::max(runs.grown[two], run->grown);
        }
    }
  }

 private:
  std::optional<PeerRun> ask(const std::string& name, std::size_t two) {
    if (peers_ == nullptr) return std::nullopt;
    const std::size_t threads = has_threads(name) ? two + 1 : 1;
    const auto [found, fresh] = asked_.try_emplace({name, threads});
    if (fresh) {
      sweep_caches(bench_);
      found->second = peers_->run(name, threads);
    }
    return found->second;
  }

  Bench& bench_;
  Peers* peers_;
  std::map<std::pair<std::string, std::size_t>, std::optional<PeerRun>> asked_;
};

std::vector<Times> measure(Bench& bench, const std::vector<Row>& rows, Peers* peers, int rounds) {
  std::vector<Times> times(rows.size());
  std::vector<Times> warm_up(rows.size());
  for (int round = 0; round <= rounds; ++round) {
    Round turn(bench, peers);
    for (std::size_t i = 0; i < rows.size(); ++i)
      turn.measure(rows[i], round == 0 ? warm_up[i] : times[i]);
  }
  return times;
}

void print_end(double control, const std::vector<std::string>& missed) {
  std::printf("\ncontrol: copying with two threads is %.2f times as fast as with one%s\n", control,
              control >= 1.7 && control <= 2.3
                  ? ""
                  : "; it should be about 1.9: figures of two threads (!) are not to be believed"
                    " and were not judged");
  std::printf("\ntargets missed in this run: %s\n",
              missed.empty() ? "none" : std::to_string(missed.size()).c_str());
  for (const std::string& line : missed) std::printf("- %s\n", line.c_str());
}

int run(const Options& options) {
  const Result<Kernels> kernels = Kernels::from_environment();
  if (!kernels) {
    std::fprintf(stderr, "%s (%s)\n", kernels.error().message.c_str(),
                 kernels.error().hint.c_str());
    return 2;
  }
  Bench bench{*kernels};
  std::printf("target %s, %zu MiB arrays, %d rounds\n",
              std::string(to_string(kernels->target())).c_str(), options.side * options.side >> 17,
              options.rounds);
  // Files first: their passes are held against a budget, and nothing else is resident then.
  const std::string script = MEMQUAL_SOURCE_DIR "/kernels/bench/peers.py";
  FileRows files(*kernels, options.side);
  std::vector<Row> file_rows;
  if (options.only.empty() || options.only == "file") file_rows = files.rows();
  Peers file_peers(script, 64, files.path());
  const std::vector<Times> file_times =
      measure(bench, file_rows, options.peers ? &file_peers : nullptr, options.rounds);

  bench.swept.emplace(kSwept);
  Arrays arrays(options.side);
  std::vector<Row> rows = memory_rows(*kernels, arrays);
  if (!options.only.empty())
    std::erase_if(rows, [&](const Row& row) {
      return !row.limit.empty() && row.name.find(options.only) == std::string::npos;
    });
  Peers peers(script, options.peers ? options.side : 64, "");
  std::printf("peers: %s\n\n", options.peers ? peers.versions().c_str() : "not asked for");
  const std::vector<Times> times =
      measure(bench, rows, options.peers ? &peers : nullptr, options.rounds);

  const double control = control_of(rows, times);
  const Table table(rows, times, control, options.peers);
  table.print();
  std::vector<std::string> missed = table.missed();
  if (!file_rows.empty()) {
    std::printf("\n");
    const Table file_table(file_rows, file_times, control, options.peers);
    file_table.print();
    const std::vector<std::string> more = file_table.missed();
    missed.insert(missed.end(), more.begin(), more.end());
  }
  print_end(control, missed);
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
  continue_in_own_session();
  return run(options);
}
