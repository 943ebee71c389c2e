// SPDX-License-Identifier: Apache-2.0
#include "kernels/bench/table.h"

#include <algorithm>
#include <cstdio>

namespace memqual::kernels::bench {
namespace {

constexpr double kMiB = 1 << 20;

std::string number(double value, const char* format) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string threads(std::size_t two) { return two == 0 ? "1 thread" : "2 threads"; }

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double control_of(const std::vector<Row>& rows, const std::vector<Times>& times) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].name == "copy: streaming stores")
      return median(times[i].ours.seconds[0]) / median(times[i].ours.seconds[1]);
  return 0;
}

double Table::seconds(std::size_t row, std::size_t two) const {
  return median(times_[row].ours.seconds[rows_[row].alone ? 0 : two]);
}

// Of the best limit whose name begins with the kind. A triad reads two arrays for one written: it
// is held against copying.
double Table::share(std::size_t row, std::size_t two) const {
  const Row& what = rows_[row];
  std::string kind = what.limit.empty() ? what.name.substr(0, what.name.find(':')) : what.limit;
  if (kind == "triad") kind = "copy";
  double best = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (rows_[i].name.starts_with(kind + ":"))
      best = std::max(best, rows_[i].bytes / seconds(i, two));
  return what.bytes / seconds(row, two) / best;
}

double Table::against_peer(std::size_t row, const std::string& name, std::size_t two) const {
  const auto found = times_[row].peers.find(name);
  if (found == times_[row].peers.end()) return 0;
  return median(found->second.seconds[two]) / seconds(row, two);
}

double Table::against_row(std::size_t row, const std::string& name, std::size_t two) const {
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (rows_[i].name == name) return seconds(i, two) / seconds(row, two);
  return 0;
}

std::string Table::ratios(std::size_t row) const {
  std::string all;
  const auto tell = [&](const std::string& name, double one, double two) {
    if (!all.empty()) all += "; ";
    if (one == 0) {
      all += name + ": not here";
      return;
    }
    const char* format = one < 2 ? "%.2fx" : "%.1fx";
    all += name + " " + number(one, format);
    if (!rows_[row].alone) all += ", " + number(two, format) + (steady_ ? "" : "!");
  };
  for (const Peer& other : rows_[row].other_rows)
    tell("`" + other.name + "`", against_row(row, other.name, 0), against_row(row, other.name, 1));
  if (!asked_) return all;
  for (const Peer& peer : rows_[row].peers) {
    tell(peer.name, against_peer(row, peer.name, 0), against_peer(row, peer.name, 1));
    const auto found = times_[row].peers.find(peer.name);
    if (rows_[row].resident > 0 && found != times_[row].peers.end())
      all += " (grows by " + number(double(found->second.grown[0]) / kMiB, "%.0f") + " MiB)";
  }
  return all;
}

void Table::print() const {
  std::printf(
      "| what | limit | share of it, 1 thread | 2 threads | grows by, MiB (1, 2 threads) | times as"
      " fast as (1, 2 threads) |\n|---|---|---|---|---|---|\n");
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const std::string two = row.alone ? "" : number(share(i, 1), "%.2f") + (steady_ ? "" : "!");
    std::string grown = number(double(times_[i].ours.grown[0]) / kMiB, "%.1f");
    if (!row.alone) grown += ", " + number(double(times_[i].ours.grown[1]) / kMiB, "%.1f");
    std::printf("| %s | %s | %.2f | %s | %s | %s |\n", row.name.c_str(), row.limit.c_str(),
                share(i, 0), two.c_str(), grown.c_str(), ratios(i).c_str());
  }
}

void Table::judge(std::size_t row, std::size_t two, std::vector<std::string>& missed) const {
  const Row& what = rows_[row];
  const auto hold = [&](double is, double wanted, const std::string& unit) {
    if (wanted > 0 && is > 0 && is < wanted)
      missed.push_back(what.name + ", " + threads(two) + ": " + number(is, "%.2f") + unit +
                       ", wanted " + number(wanted, "%.2f"));
  };
  if (two == 0 || steady_) {
    hold(share(row, two), what.share[two], " of " + what.limit);
    for (const Peer& peer : what.peers)
      hold(against_peer(row, peer.name, two), peer.wanted[two], " times " + peer.name);
    for (const Peer& other : what.other_rows)
      hold(against_row(row, other.name, two), other.wanted[two], " times `" + other.name + "`");
  }
  const auto grown = double(times_[row].ours.grown[two]);
  if (what.resident > 0 && grown > what.resident)
    missed.push_back(what.name + ", " + threads(two) + ": grows by " +
                     number(grown / kMiB, "%.1f") + " MiB, wanted " +
                     number(what.resident / kMiB, "%.0f"));
}

std::vector<std::string> Table::missed() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < rows_.size(); ++i)
    for (const std::size_t two : {0u, 1u})
      if (two == 0 || !rows_[i].alone) judge(i, two, all);
  return all;
}

}  // namespace memqual::kernels::bench
