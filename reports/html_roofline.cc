// SPDX-License-Identifier: Apache-2.0
// What kernel steps reached, as bars against what the machine's memory gives. All of them are bound
// by memory, so that arithmetic intensity would put every point on the same slope: the roof that
// matters differs by what a kernel does, reads, writes or both.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "reports/bandwidth_words.h"
#include "reports/console_text.h"
#include "reports/html_text.h"
#include "reports/kernel_words.h"
#include "reports/summary.h"

namespace memqual {
namespace {

constexpr double kWidth = 960;
constexpr double kBars = 330;
constexpr double kPlot = 370;
constexpr double kValue = kBars + kPlot + 12;
constexpr double kRow = 22;
constexpr double kLabels = 15;  // height of a limit's label
constexpr std::size_t kMostBars = 200;
constexpr std::array kRoofs = {BandwidthOperation::read, BandwidthOperation::copy,
                               BandwidthOperation::nt_write};

struct Bar {
  std::string name;
  std::string label;  // the same, cut to the room beside the bar
  double rate = 0;    // bytes per second
  BandwidthOperation roof = BandwidthOperation::copy;
  std::string tile;
  double limit = 0;  // measured around the case, else in the run; 0: not measured
  bool doubted = false;
};

struct Group {
  std::map<BandwidthOperation, double> limits;  // the most that was seen
  std::vector<Bar> bars;
};
/// Limits hold for one machine: those of a guest say nothing about another, or about the host.
struct Place {
  std::optional<std::string> machine;  // of the lab; absent: the host
  std::uint64_t threads = 0;
  auto operator<=>(const Place&) const = default;
};
using Groups = std::map<Place, Group>;

void see_limits(Groups& groups, const CaseRecord& entry,
                const std::vector<BandwidthFigure>& figures) {
  for (const BandwidthFigure& figure : figures) {
    double& limit = groups[{entry.machine, figure.threads}].limits[figure.operation];
    limit = std::max(limit, figure.bytes_per_second());
  }
}

// What a kernel that only reads, only writes, or does both can reach at most.
BandwidthOperation roof_of(const KernelReport& kernel) {
  if (kernel.bytes_written == 0) return BandwidthOperation::read;
  return kernel.bytes_read == 0 ? BandwidthOperation::nt_write : BandwidthOperation::copy;
}

// The last kernel step of a case is what it is about, and so are those with a label; what comes
// before them makes arrays, on pages that nobody has touched yet.
std::vector<const StepReport*> steps_worth_showing(const Observation& observation) {
  std::vector<const StepReport*> steps;
  const StepReport* last = nullptr;
  for (const StepReport& step : observation.steps) {
    if (!step.kernel || step.kernel->throughput == 0) continue;
    if (last != nullptr && !last->label.empty()) steps.push_back(last);
    last = &step;
  }
  if (last != nullptr) steps.push_back(last);
  return steps;
}

// What tells bars apart is at the end of a name, so that it is the scenario that is cut.
std::string short_name(const CaseRecord& entry, const std::string& kernel) {
  constexpr std::size_t kFits = 46;
  constexpr std::size_t kLeast = 10;
  std::string end;
  for (const Parameter& parameter : entry.parameters)
    end += (end.empty() ? "[" : ",") + clean_line(parameter.value, 40);
  end += (end.empty() ? ": " : "]: ") + clean_line(kernel, 60);
  const std::size_t room = kFits - std::min(kFits - kLeast, columns(end));
  return cut_to(cut_to(clean_line(entry.scenario, 200), room) + end, kFits);
}

void add_bars(Groups& groups, const CaseRecord& entry, const Observation& observation) {
  for (const StepReport* shown : steps_worth_showing(observation)) {
    const StepReport& step = *shown;
    Bar bar;
    const std::string& kernel = step.name.empty() ? step.label : step.name;
    bar.name = display_name(entry) + ": " + kernel;
    bar.label = short_name(entry, kernel);
    bar.rate = static_cast<double>(step.kernel->throughput);
    bar.roof = roof_of(*step.kernel);
    bar.tile = tile_words(*step.kernel);
    if (observation.machine_limit && observation.machine_limit->threads == step.kernel->threads) {
      bar.limit = limit_rate(*observation.machine_limit, bar.roof);
      bar.doubted = !observation.machine_limit->doubt.empty();
    }
    groups[{entry.machine, step.kernel->threads}].bars.push_back(std::move(bar));
  }
}

Groups groups_of(const RunRecord& record) {
  Groups groups;
  for (const CaseRecord& entry : record.cases) {
    const Observation* observation = last_observation(entry);
    if (observation == nullptr) continue;
    for (const StepReport& step : observation->steps) see_limits(groups, entry, step.bandwidth);
    if (observation->machine_limit) {
      see_limits(groups, entry, observation->machine_limit->before);
      see_limits(groups, entry, observation->machine_limit->after);
    }
    add_bars(groups, entry, *observation);
  }
  std::erase_if(groups, [](const auto& group) { return group.second.bars.empty(); });
  for (auto& [place, group] : groups) {
    if (group.bars.size() > kMostBars) group.bars.resize(kMostBars);
    for (Bar& bar : group.bars)
      if (bar.limit == 0 && group.limits.count(bar.roof) != 0) bar.limit = group.limits[bar.roof];
  }
  return groups;
}

double most_of(const Groups& groups) {
  double most = 0;
  for (const auto& [place, group] : groups) {
    for (const Bar& bar : group.bars) most = std::max(most, bar.rate);
    for (const BandwidthOperation roof : kRoofs)
      if (const auto limit = group.limits.find(roof); limit != group.limits.end())
        most = std::max(most, limit->second);
  }
  return most * 1.02;
}

bool has_limits(const Groups& groups) {
  return std::any_of(groups.begin(), groups.end(),
                     [](const auto& group) { return !group.second.limits.empty(); });
}

double x_of(double rate, double most) { return kBars + kPlot * std::clamp(rate / most, 0.0, 1.0); }

// Each limit has a line of its own for its label, because two of them often lie side by side; the
// highest comes first, so that no line crosses a label.
std::string roofs(const Group& group, double most, double top, double bottom) {
  std::vector<std::pair<double, BandwidthOperation>> limits;
  for (const BandwidthOperation roof : kRoofs)
    if (const auto limit = group.limits.find(roof);
        limit != group.limits.end() && limit->second > 0)
      limits.emplace_back(limit->second, roof);
  std::sort(limits.rbegin(), limits.rend());
  std::string text;
  double y = top;
  for (const auto& [rate, roof] : limits) {
    const double x = x_of(rate, most);
    text += fmt::format(
        "<line class=\"roof\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.0f}\" y2=\"{2:.0f}\"/>"
        "<text class=\"roof\" x=\"{3:.1f}\" y=\"{4:.0f}\" text-anchor=\"end\">{5} {6}</text>\n",
        x, y - 8, bottom, x - 4, y, operation_words(roof), rate_words(rate));
    y += kLabels;
  }
  return text;
}

std::string place_words(const Place& place) {
  const std::string threads =
      fmt::format("{} {}", place.threads, place.threads == 1 ? "thread" : "threads");
  return place.machine ? threads + " on " + html(*place.machine, 60) : threads;
}

std::string bar_words(const Bar& bar) {
  std::string text = rate_words(bar.rate);
  if (bar.limit > 0)
    text += fmt::format(", {:.0f} % of {}", 100 * bar.rate / bar.limit, operation_words(bar.roof));
  return text + (bar.doubted ? " (doubted)" : "");
}

std::string bar_of(const Bar& bar, double most, double y) {
  return fmt::format(
      "<g{}><title>{}</title><text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>"
      "<rect class=\"reached\" x=\"{:.0f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"14\"/>"
      "<text class=\"reached\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text></g>\n",
      bar.doubted ? " class=\"doubted\"" : "", html(bar.name + ", " + bar.tile, 500), kBars - 8,
      y + 11, html(bar.label, 200), kBars, y, std::max(1.0, x_of(bar.rate, most) - kBars), kValue,
      y + 11, html(bar_words(bar)));
}

}  // namespace

std::string html_roofline(const RunRecord& record) {
  const Groups groups = groups_of(record);
  const double most = most_of(groups);
  if (groups.empty() || !(most > 0) || !std::isfinite(most)) return {};
  std::string body;
  double y = 18;
  for (const auto& [place, group] : groups) {
    body += fmt::format("<text class=\"threads\" x=\"4\" y=\"{:.0f}\">{}</text>\n", y,
                        place_words(place));
    const double top = y;
    y += (group.limits.empty() ? 1 : static_cast<double>(kRoofs.size())) * kLabels - 4;
    std::string bars;
    for (const Bar& bar : group.bars) {
      bars += bar_of(bar, most, y);
      y += kRow;
    }
    body += bars + roofs(group, most, top, y);
    y += 26;
  }
  return fmt::format(
      "<section><h2>What the kernels reached</h2>\n<p class=\"legend\">Bytes read and written per "
      "second, beside what the machine's memory gave with as many threads in the same run: where "
      "a kernel only reads, reading is its limit; where it only writes, writing past the caches; "
      "else copying.{}</p>\n<svg class=\"roofline\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" "
      "aria-label=\"Throughput of kernel steps against the limits of memory\">\n{}</svg>\n"
      "</section>\n",
      has_limits(groups) ? ""
                         : " No limit was measured in this run: a scenario asks for it with "
                           "expect: {throughput: {min: 80 % of copy}}.",
      kWidth, y, body);
}

}  // namespace memqual
