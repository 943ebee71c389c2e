// SPDX-License-Identifier: Apache-2.0
// The resident set over time as an inline SVG: no script draws it, so it is there in mail and on
// paper.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "reports/html_text.h"
#include "reports/summary.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

constexpr std::size_t kMaxPoints = 120;
constexpr double kWidth = 680;
constexpr double kHeight = 200;
constexpr double kLeft = 78;
constexpr double kRight = 12;
constexpr double kTop = 22;
constexpr double kBottom = 34;

struct Scale {
  double last_us = 1;
  double top_bytes = 1;
  double x(double us) const { return kLeft + us / last_us * (kWidth - kLeft - kRight); }
  double y(double bytes) const {
    return kHeight - kBottom - bytes / top_bytes * (kHeight - kTop - kBottom);
  }
};

/// One point per bucket, the highest: a peak must not get lost.
std::vector<TimelinePoint> thinned(const std::vector<TimelinePoint>& points) {
  if (points.size() <= kMaxPoints) return points;
  std::vector<TimelinePoint> out{points.front()};
  const std::size_t buckets = kMaxPoints - 2;
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::size_t begin = 1 + b * (points.size() - 2) / buckets;
    const std::size_t end = std::max(begin + 1, 1 + (b + 1) * (points.size() - 2) / buckets);
    out.push_back(*std::max_element(
        points.begin() + static_cast<std::ptrdiff_t>(begin),
        points.begin() + static_cast<std::ptrdiff_t>(end),
        [](const TimelinePoint& a, const TimelinePoint& c) { return a.rss_bytes < c.rss_bytes; }));
  }
  out.push_back(points.back());
  return out;
}

/// The limit of the case's control group where the settings name one in bytes, else 0.
std::uint64_t cgroup_limit(const CaseRecord& record) {
  constexpr std::string_view kPrefix = "cgroup memory_max = ";
  for (const std::string_view line : record.settings) {
    if (line.substr(0, kPrefix.size()) != kPrefix) continue;
    const Result<Size> size = parse_size(line.substr(kPrefix.size()));
    if (size && size->is_literal()) return literal_bytes(*size);
  }
  return 0;
}

/// A power of two that divides the axis into 2 to 5 parts.
std::uint64_t byte_tick(double top) {
  std::uint64_t tick = 1;
  while (top / static_cast<double>(tick) > 5) tick *= 2;
  return tick;
}

/// 1, 2 or 5 times a power of ten, for 3 to 8 parts.
double time_tick(double last_us) {
  double tick = 1;
  for (int i = 0; last_us / tick > 8; ++i) tick *= i % 3 == 1 ? 2.5 : 2;
  return tick;
}

std::string byte_axis(const Scale& scale) {
  std::string text;
  const std::uint64_t tick = byte_tick(scale.top_bytes);
  // In floating point: near 2^64 the next tick would wrap around and never end.
  for (double at = 0; at <= scale.top_bytes && at < 0x1p64; at += static_cast<double>(tick)) {
    const double y = scale.y(at);
    text += fmt::format(
        "<line class=\"grid\" x1=\"{:.0f}\" y1=\"{:.1f}\" x2=\"{:.0f}\" y2=\"{:.1f}\"/>"
        "<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>",
        kLeft, y, kWidth - kRight, y, kLeft - 6, y + 4,
        at < 1 ? "0" : format_bytes(static_cast<std::uint64_t>(at)));
  }
  return text;
}

std::string time_axis(const Scale& scale) {
  std::string text;
  const double tick = time_tick(scale.last_us);
  const bool seconds = scale.last_us >= 2e6;
  const double unit = seconds ? 1e6 : scale.last_us >= 2e3 ? 1e3 : 1;
  for (double at = 0; at <= scale.last_us * 1.0001; at += tick) {
    text += fmt::format("<text x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"middle\">{:g}</text>",
                        scale.x(at), kHeight - kBottom + 15, at / unit);
  }
  text += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">time, {}</text>",
                      kWidth - kRight, kHeight - 4,
                      seconds    ? "s"
                      : unit > 1 ? "ms"
                                 : "µs");
  return text;
}

/// Where each step began and ended, from the time each took.
std::string step_extents(const Observation& observation, const Scale& scale) {
  std::string text;
  double at = 0;
  for (std::size_t i = 0; i < observation.steps.size(); ++i) {
    const StepReport& step = observation.steps[i];
    if (step.state == StepState::not_reached || at > scale.last_us) break;
    const bool killed = step.state == StepState::running;
    const double end =
        killed ? scale.last_us
               : std::min(scale.last_us, at + static_cast<double>(step.elapsed_ns) / 1e3);
    const double x = scale.x(at);
    const double width = scale.x(end) - x;
    if (i % 2 == 1) {
      text += fmt::format(
          "<rect class=\"band\" x=\"{:.1f}\" y=\"{:.0f}\" width=\"{:.1f}\" "
          "height=\"{:.0f}\"/>",
          x, kTop, width, kHeight - kTop - kBottom);
    }
    std::string title = step.kind + (step.name.empty() ? "" : " " + step.name);
    const std::string label = fmt::format("{} {}", i + 1, clean_line(title, 40));
    // About 6.2 units per character at this size.
    const bool fits = width > 6.2 * static_cast<double>(label.size());
    if (fits || width > 16) {
      text += fmt::format("<text x=\"{:.1f}\" y=\"{:.0f}\">{}</text>", x + 3, kTop - 6,
                          fits ? html(label) : std::to_string(i + 1));
    }
    at = end;
  }
  return text;
}

std::string curve(const std::vector<TimelinePoint>& points, const Scale& scale) {
  std::string line;
  for (const TimelinePoint& point : points) {
    line += fmt::format("{}{:.1f},{:.1f}", line.empty() ? "" : " ",
                        scale.x(static_cast<double>(point.at_us)),
                        scale.y(static_cast<double>(point.rss_bytes)));
  }
  const double floor = scale.y(0);
  return fmt::format(
      "<polygon class=\"area\" points=\"{:.1f},{:.1f} {} {:.1f},{:.1f}\"/>"
      "<polyline class=\"rss\" points=\"{}\"/>",
      scale.x(static_cast<double>(points.front().at_us)), floor, line,
      scale.x(static_cast<double>(points.back().at_us)), floor, line);
}

std::string limit_line(std::uint64_t limit, const Scale& scale) {
  if (limit == 0 || static_cast<double>(limit) > scale.top_bytes) return {};
  const double y = scale.y(static_cast<double>(limit));
  return fmt::format(
      "<line class=\"limit\" x1=\"{:.0f}\" y1=\"{:.1f}\" x2=\"{:.0f}\" y2=\"{:.1f}\"/>"
      "<text class=\"limit\" x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">cgroup limit {}</text>",
      kLeft, y, kWidth - kRight, y, kWidth - kRight, y - 4, format_bytes(limit));
}

}  // namespace

std::string html_timeline(const CaseRecord& record, const Observation& observation) {
  if (observation.timeline.size() < 2) return {};
  const std::vector<TimelinePoint> points = thinned(observation.timeline);
  std::uint64_t highest = 1;
  std::uint64_t last = 1;
  for (const TimelinePoint& point : points) {
    highest = std::max(highest, point.rss_bytes);
    last = std::max(last, point.at_us);
  }
  const std::uint64_t limit = cgroup_limit(record);
  double top = static_cast<double>(highest);
  if (limit > 0 && static_cast<double>(limit) < 3 * top) {
    top = std::max(top, static_cast<double>(limit));
  }
  const Scale scale{static_cast<double>(last), top * 1.15};
  std::string text = fmt::format(
      "<figure><svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"Resident set over "
      "time: "
      "highest {} within {}\">",
      kWidth, kHeight, format_bytes(highest), duration_words(last * 1000));
  text += step_extents(observation, scale) + byte_axis(scale) + time_axis(scale) +
          limit_line(limit, scale) + curve(points, scale);
  return text + "</svg><figcaption>Resident set over time; the steps above</figcaption></figure>\n";
}

}  // namespace memqual
