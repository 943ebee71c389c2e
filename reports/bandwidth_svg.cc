// SPDX-License-Identifier: Apache-2.0
// Bars lie: names and figures are words, and words are read from left to right. One scale for the
// whole picture, so that places can be compared.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/bandwidth_report.h"
#include "reports/bandwidth_words.h"
#include "reports/html_text.h"

namespace memqual {
namespace {

constexpr double kWidth = 1080;
constexpr double kBars = 250;  // where they begin
constexpr double kPlot = 520;
constexpr double kValue = kBars + kPlot + 16;
constexpr double kRow = 22;
constexpr double kGap = 12;  // between operations
constexpr double kGroup = 40;
constexpr double kTop = 96;
constexpr std::size_t kMostBars = 600;

constexpr const char* kStyle = R"css(
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
fill:#1b2127;font-variant-numeric:tabular-nums}
.bg{fill:#fff}.title{font-size:18px;font-weight:600}.muted,.tick{fill:#58626d}
.tick,.small{font-size:11.5px}.group{font-weight:600}.mid{text-anchor:middle}.end{text-anchor:end}
.grid{stroke:#e3e8ec}.bar{fill:#7fa8cf}.spread{stroke:#0b3d70;stroke-width:1.5}
.off .bar{fill:#f0c4c0}.off .value,.bad{fill:#b3261e;font-weight:600}
@media (prefers-color-scheme:dark){text{fill:#e4e9ee}.bg{fill:#101418}.muted,.tick{fill:#9ba6b1}
.grid{stroke:#232a31}.bar{fill:#3d6a95}.spread{stroke:#cfe4fa}
.off .bar{fill:#6b2f2b}.off .value,.bad{fill:#ff8f83}}
)css";

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

double rate_at(const BandwidthFigure& figure, std::uint64_t nanoseconds) {
  BandwidthFigure other = figure;
  other.median_ns = nanoseconds;
  return other.bytes_per_second() / 1e9;
}

// The next of 1, 2, 5, 10 ... that gives at most eight steps.
double step_for(double most) {
  double step = std::pow(10, std::floor(std::log10(most)) - 1);
  for (const double factor : {1.0, 2.0, 5.0, 10.0, 20.0})
    if (most / (step * factor) <= 8) return step * factor;
  return step * 20;
}

struct Scale {
  double most = 1;  // GB/s at the right end
  double step = 1;
  double x(double rate) const { return kBars + kPlot * std::clamp(rate / most, 0.0, 1.0); }
};

Scale scale_of(const BandwidthTable& table) {
  double most = 0;
  for (const BandwidthRow& row : table.rows)
    for (const BandwidthFigure& figure : row.figures)
      most = std::max(most, figure.bytes_per_second() / 1e9);
  if (!(most > 0)) return {};
  const double step = step_for(most);
  return {std::ceil(most * 1.02 / step) * step, step};
}

void put_axis(std::string& out, const Scale& scale, double bottom) {
  const int ticks = static_cast<int>(std::lround(scale.most / scale.step));
  for (int i = 0; i <= ticks; ++i) {
    const double x = scale.x(i * scale.step);
    put(out, "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.0f}\" y2=\"{2:.0f}\"/>\n",
        x, kTop - 8, bottom);
    put(out, "<text class=\"tick mid\" x=\"{:.1f}\" y=\"{:.0f}\">{:g}{}</text>\n", x, kTop - 14,
        i * scale.step, i == ticks ? " GB/s" : "");
  }
}

std::string value_words(const BandwidthFigure& figure) {
  std::string text = rate_words(figure.bytes_per_second());
  if (const std::string cost = page_cost_words(figure); !cost.empty()) text += ", " + cost;
  return text;
}

void put_bar(std::string& out, const Scale& scale, const BandwidthRow& row,
             const BandwidthFigure& figure, bool named, double y) {
  const bool off = !row.reliable && figure.threads > 1;
  put(out, "<g{}><title>{}: {}</title>\n", off ? " class=\"off\"" : "", html(place_words(row)),
      html(fmt::format("{}, {} threads, {}", operation_words(figure.operation), figure.threads,
                       figure.way),
           200));
  if (named)
    put(out, "<text x=\"36\" y=\"{:.1f}\">{}</text>\n", y + 4.5,
        html(std::string(operation_words(figure.operation))));
  put(out, "<text class=\"small muted end\" x=\"{:.0f}\" y=\"{:.1f}\">{} {}</text>\n", kBars - 10,
      y + 4, figure.threads, figure.threads == 1 ? "thread" : "threads");
  put(out,
      "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"16\" rx=\"2\"/>\n",
      kBars, y - 8, scale.x(figure.bytes_per_second() / 1e9) - kBars);
  put(out, "<line class=\"spread\" x1=\"{0:.1f}\" x2=\"{1:.1f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>\n",
      scale.x(rate_at(figure, figure.most_ns)), scale.x(rate_at(figure, figure.least_ns)), y);
  put(out, "<text class=\"value\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n</g>\n", kValue, y + 4.5,
      html(value_words(figure)));
}

// The height that it took.
double put_place(std::string& out, const Scale& scale, const BandwidthRow& row, double top) {
  double y = top + kGroup - 12;
  put(out, "<text class=\"group\" x=\"20\" y=\"{:.1f}\">{}</text>\n", y, html(place_words(row)));
  if (row.figures.empty())
    put(out, "<text class=\"muted\" x=\"{:.0f}\" y=\"{:.1f}\">not measured: {}</text>\n", kBars, y,
        html(row.reason, 90));
  if (!row.reliable) {
    // Longer than the picture is wide: a line for each half.
    const std::string words = control_words(row.figures);
    const std::size_t half = std::min(words.find("; "), words.size());
    for (const std::string& part :
         {words.substr(0, half), words.substr(std::min(half + 2, words.size()))}) {
      y += kRow - 4;
      put(out, "<text class=\"bad small\" x=\"36\" y=\"{:.1f}\">{}</text>\n", y, html(part, 200));
    }
  }
  y += kRow;
  const BandwidthFigure* before = nullptr;
  for (std::size_t i = 0; i < row.figures.size() && i < kMostBars; ++i) {
    const BandwidthFigure& figure = row.figures[i];
    const bool named = before == nullptr || before->operation != figure.operation;
    if (named && before != nullptr) y += kGap;
    put_bar(out, scale, row, figure, named, y);
    y += kRow;
    before = &figure;
  }
  return y - top;
}

}  // namespace

std::string render_bandwidth_svg(const BandwidthTable& table) {
  const Scale scale = scale_of(table);
  std::string body;
  double y = kTop;
  for (const BandwidthRow& row : table.rows) y += put_place(body, scale, row, y);
  const double height = y + 24;
  std::string out;
  put(out,
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\">\n<title>What memory gives</title>\n"
      "<style>{2}</style>\n<rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n",
      kWidth, height, kStyle);
  put(out, "<text class=\"title\" x=\"20\" y=\"34\">What memory gives</text>\n");
  put(out, "<text class=\"muted\" x=\"20\" y=\"55\">{}</text>\n", html(machine_words(table.host)));
  if (!table.rows.empty())
    put(out, "<text class=\"small muted\" x=\"{:.0f}\" y=\"34\">{}</text>\n", kBars,
        html(conditions_words(table.rows.front()) + "; the line is from the slowest to the "
                                                    "fastest round"));
  put_axis(out, scale, y);
  return out + body + "</svg>\n";
}

}  // namespace memqual
