// SPDX-License-Identifier: Apache-2.0
// Colours are few: what was measured is the accent, the formula is a bar behind it, and only what
// lies outside is red. Viewers that know no media queries see the light picture; none needs more
// than CSS 2.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/html_text.h"
#include "reports/load_line_report.h"
#include "reports/summary.h"

namespace memqual {
namespace {

constexpr double kWidth = 1310;
constexpr double kLabel = 290;  // where the plot begins, with nothing
constexpr double kZero = 40;    // from nothing to the first power of two
constexpr double kPlot = 440;
constexpr double kValue = kLabel + kZero + kPlot + 22;
constexpr double kWords = kValue + 162;
constexpr double kRow = 24;
constexpr double kGroup = 34;
constexpr double kTop = 112;
constexpr std::size_t kMaxRows = 400;

constexpr const char* kStyle = R"css(
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
fill:#1b2127;font-variant-numeric:tabular-nums}
.bg{fill:#fff}.title{font-size:18px;font-weight:600}.muted,.tick{fill:#58626d}
.tick,.small{font-size:11.5px}.group{font-weight:600}.mid{text-anchor:middle}
.grid{stroke:#e3e8ec}.rail{stroke:#cfd7de;stroke-dasharray:1 3}
.stem{stroke:#9db8d3;stroke-width:2}.bar{fill:#bcd3e9;stroke:#6f97bd}.mark{fill:#0b57a4;stroke:#fff;stroke-width:1.2}
.out .mark{fill:#b3261e}.out .words{fill:#b3261e;font-weight:600}
@media (prefers-color-scheme:dark){text{fill:#e4e9ee}.bg{fill:#101418}
.muted,.tick{fill:#9ba6b1}.grid{stroke:#232a31}.rail{stroke:#3a444d}
.stem{stroke:#365878}.bar{fill:#27445f;stroke:#5688b5}.mark{fill:#a5d0fb;stroke:#101418}
.out .mark,.out .words{fill:#ff8f83}}
)css";

// Powers of two between the least and the most figure of the picture.
struct Scale {
  int low = 12;
  int high = 40;

  double x(std::uint64_t bytes) const {
    if (bytes == 0) return kLabel;
    const double part = (std::log2(static_cast<double>(bytes)) - low) / (high - low);
    return kLabel + kZero + kPlot * std::clamp(part, 0.0, 1.0);
  }
};

Scale scale_of(const LoadLineTable& table) {
  int low = 63;
  int high = 0;
  const auto see = [&](std::uint64_t bytes) {
    if (bytes == 0) return;
    const int power = static_cast<int>(std::floor(std::log2(static_cast<double>(bytes))));
    low = std::min(low, power);
    high = std::max(high, power + 1);
  };
  for (const LoadLineRow& row : table.rows) {
    if (row.measured) see(row.measured->bytes);
    if (!row.formula) continue;
    see(row.formula->least_bytes);
    see(row.formula->most_bytes);
  }
  if (low > high) return {20, 40};
  return {std::max(0, low - 1), high + 1};
}

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

void put_tick(std::string& out, double x, double bottom, const std::string& words) {
  put(out, "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.0f}\" y2=\"{2:.0f}\"/>\n",
      x, kTop - 12, bottom);
  for (const double y : {kTop - 18, bottom + 16})
    put(out, "<text class=\"tick mid\" x=\"{:.1f}\" y=\"{:.0f}\">{}</text>\n", x, y, words);
}

void put_axis(std::string& out, const Scale& scale, double bottom) {
  constexpr int kMostTicks = 8;
  const int step = std::max(1, (scale.high - scale.low + kMostTicks - 1) / kMostTicks);
  put_tick(out, kLabel, bottom, "0");
  constexpr int kMostPower = 63;  // a line without a limit lies above the last tick
  for (int power = scale.low; power <= std::min(scale.high, kMostPower); ++power) {
    if (power % step != 0) continue;
    const std::uint64_t bytes = std::uint64_t{1} << static_cast<unsigned>(power);
    put_tick(out, scale.x(bytes), bottom, format_bytes(bytes));
  }
}

// At least as wide as can be seen beside the mark.
void put_formula(std::string& out, const Scale& scale, const LoadLine& line, double y) {
  constexpr double kLeast = 7;
  double from = scale.x(line.least_bytes);
  double width = scale.x(line.most_bytes) - from;
  if (width < kLeast) {
    from -= (kLeast - width) / 2;
    width = kLeast;
  }
  put(out,
      "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"18\" rx=\"2\"/>\n",
      from, y - 9, width);
}

void put_mark(std::string& out, const Scale& scale, std::uint64_t bytes, double y) {
  put(out, "<path class=\"mark\" d=\"M{:.1f} {:.1f}l5.5 5.5l-5.5 5.5l-5.5 -5.5z\"/>\n",
      scale.x(bytes), y - 5.5);
}

std::string value_words(const LoadLineRow& row) {
  if (!row.measured) return "not measured";
  std::string text = format_bytes(row.measured->bytes);
  if (row.kind == LoadLineKind::blocks && row.measured->bytes > 0)
    text += fmt::format(" in {}", row.measured->blocks);
  return text;
}

// "exactly RAM + swap"
std::string formula_words(const LoadLineRow& row) {
  if (!row.formula) return "";
  const LoadLine& line = *row.formula;
  const std::string band =
      format_bytes(line.most_bytes - std::min(line.least_bytes, line.most_bytes));
  if (row.difference_units.value_or(0) != 0)
    return difference_words(row) + " outside " + line.formula;
  if (!row.measured) return "computed: " + format_bytes(line.most_bytes) + " = " + line.formula;
  return (row.band_units == 0 ? "exactly " : "in a band of " + band + ": ") + line.formula;
}

void put_row(std::string& out, const Scale& scale, const LoadLineRow& row, double y) {
  const bool is_outside = row.difference_units.value_or(0) != 0;
  put(out, "<g{}><title>{}</title>\n", is_outside ? " class=\"out\"" : "",
      html(fmt::format("{}; {}: {}{}", setting_words(row), row.asked, value_words(row),
                       row.formula ? "; " + formula_words(row) + "; " + row.formula->sentence
                                   : std::string()),
           600));
  put(out, "<line class=\"rail\" x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
      kLabel, kLabel + kZero + kPlot, y, y);
  put(out, "<text x=\"36\" y=\"{:.1f}\">{}</text>\n", y + 4.5, html(row.asked, 36));
  if (row.measured)
    put(out, "<line class=\"stem\" x1=\"{:.0f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
        kLabel, scale.x(row.measured->bytes), y, y);
  if (row.formula) put_formula(out, scale, *row.formula, y);
  if (row.measured) put_mark(out, scale, row.measured->bytes, y);
  put(out, "<text{} x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n", row.measured ? "" : " class=\"muted\"",
      kValue, y + 4.5, html(value_words(row), 60));
  put(out, "<text class=\"small muted words\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n</g>\n", kWords,
      y + 4.5, html(formula_words(row), 46));
}

void put_head(std::string& out, const LoadLineTable& table) {
  const HostFacts& host = table.host;
  put(out, "<text class=\"title\" x=\"20\" y=\"34\">Load lines: the most that is granted</text>\n");
  std::string where = host.kernel_release.known() ? "kernel " + *host.kernel_release.value : "";
  if (host.mem_total_bytes.known())
    where += ", RAM " + format_bytes(*host.mem_total_bytes.value) + ", swap " +
             format_bytes(host.swap_total_bytes.value_or(0));
  if (table.machines.size() == 1) where = table.machines.front().name + ", " + where;
  if (table.machines.size() > 1)
    where = fmt::format("{} machines of the lab, named with each group", table.machines.size());
  put(out, "<text class=\"muted\" x=\"20\" y=\"55\">{}</text>\n", html(where, 200));
  put(out, "<path class=\"mark\" d=\"M{:.0f} 23l6 6l-6 6l-6 -6z\"/>", kValue);
  put(out, "<text class=\"small\" x=\"{:.0f}\" y=\"33\">measured</text>\n", kValue + 16);
  put(out, "<rect class=\"bar\" x=\"{:.0f}\" y=\"43\" width=\"16\" height=\"13\" rx=\"2\"/>",
      kValue - 8);
  put(out, "<text class=\"small\" x=\"{:.0f}\" y=\"54\">", kValue + 16);
  out += "computed from the kernel's rules before the measurement</text>\n";
}

}  // namespace

std::string render_load_line_svg(const LoadLineTable& table) {
  const Scale scale = scale_of(table);
  std::string body;
  double y = kTop;
  std::string group;
  for (std::size_t i = 0; i < table.rows.size() && i < kMaxRows; ++i) {
    const LoadLineRow& row = table.rows[i];
    if (const std::string setting = setting_words(row); i == 0 || setting != group) {
      put(body, "<text class=\"group\" x=\"20\" y=\"{:.1f}\">{}</text>\n", y + kGroup - 10,
          html(setting, 200));
      y += kGroup;
      group = setting;
    }
    put_row(body, scale, row, y + kRow / 2);
    y += kRow;
  }
  if (table.rows.empty())
    put(body, "<text x=\"20\" y=\"{:.0f}\">no load line was asked for</text>\n", y + 18);
  const double height = y + 44;
  std::string out;
  put(out,
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\">\n<title>Load "
      "lines</title>\n<style>{2}</style>\n"
      "<rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n",
      kWidth, height, kStyle);
  put_head(out, table);
  if (!table.rows.empty()) put_axis(out, scale, y + 8);
  return out + body + "</svg>\n";
}

}  // namespace memqual
