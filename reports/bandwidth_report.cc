// SPDX-License-Identifier: Apache-2.0
#include "reports/bandwidth_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/bandwidth_words.h"
#include "reports/console_text.h"
#include "reports/summary.h"
#include "scenarios/model/record_codec.h"

namespace memqual {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr const char* kUnbelievable = "!";

template <class T, class Get>
std::vector<T> distinct(const std::vector<BandwidthFigure>& figures, bool faults, const Get& get) {
  std::vector<T> values;
  for (const BandwidthFigure& figure : figures)
    if (is_fault(figure.operation) == faults &&
        std::find(values.begin(), values.end(), get(figure)) == values.end())
      values.push_back(get(figure));
  return values;
}

std::vector<BandwidthOperation> operations_in(const BandwidthRow& row, bool faults) {
  return distinct<BandwidthOperation>(row.figures, faults,
                                      [](const BandwidthFigure& f) { return f.operation; });
}
std::vector<std::uint32_t> threads_in(const BandwidthRow& row, bool faults) {
  return distinct<std::uint32_t>(row.figures, faults,
                                 [](const BandwidthFigure& f) { return f.threads; });
}

// "23.4", in GB/s; "~" where the rounds differ much.
std::string cell(const BandwidthFigure* figure) {
  if (figure == nullptr || figure->median_ns == 0) return "-";
  return fmt::format("{}{:.1f}", is_wide(*figure) ? "~" : "", figure->bytes_per_second() / 1e9);
}

std::string mark(const BandwidthRow& row, std::uint32_t threads) {
  return !row.reliable && threads > 1 ? kUnbelievable : "";
}

std::string streams(const BandwidthRow& row) {
  const std::vector<BandwidthOperation> operations = operations_in(row, false);
  if (operations.empty()) return {};
  Rows rows{{"threads"}};
  for (const BandwidthOperation operation : operations)
    rows[0].emplace_back(operation_words(operation));
  for (const std::uint32_t threads : threads_in(row, false)) {
    std::vector<std::string>& line = rows.emplace_back();
    line.push_back(std::to_string(threads));
    for (const BandwidthOperation operation : operations)
      line.push_back(cell(find_figure(row.figures, operation, threads)));
    line.push_back(mark(row, threads));
  }
  std::string text;
  for (const std::string& line : aligned(rows)) text += "  " + line + "\n";
  return text;
}

std::string first_touches(const BandwidthRow& row) {
  Rows rows{{"", "threads", "GB/s", "ns per 4 KiB", "faults", "the very first, GB/s"}};
  for (const BandwidthOperation operation : operations_in(row, true))
    for (const std::uint32_t threads : threads_in(row, true)) {
      const BandwidthFigure* figure = find_figure(row.figures, operation, threads);
      if (figure == nullptr) continue;
      BandwidthFigure first = *figure;
      first.median_ns = figure->first_ns;
      rows.push_back(
          {std::string(operation_words(operation)), std::to_string(threads), cell(figure),
           fmt::format("{:.0f}",
                       static_cast<double>(figure->median_ns) * 4096 /
                           static_cast<double>(std::max<std::uint64_t>(1, figure->moved_bytes))),
           std::to_string(figure->faults),
           first.median_ns == 0 ? "-" : fmt::format("{:.1f}", first.bytes_per_second() / 1e9),
           mark(row, threads)});
    }
  if (rows.size() == 1) return {};
  std::string text = "\n";
  for (const std::string& line : aligned(rows)) text += "  " + line + "\n";
  return text;
}

// What qualifies the figures of a place, a line each.
std::string remarks(const BandwidthRow& row) {
  std::string text;
  if (row.control_percent && row.reliable)
    text += fmt::format("\n  two threads copy {:.2f} times as fast as one\n",
                        static_cast<double>(*row.control_percent) / 100);
  if (!row.reliable) text += fmt::format("\n  {} {}\n", kUnbelievable, control_words(row.figures));
  if (std::any_of(row.figures.begin(), row.figures.end(), is_wide))
    text += fmt::format(
        "  ~ the fastest and the slowest round differ by more than {:.0f} % of the median\n",
        kWideSpread * 100);
  for (const BandwidthFigure& figure : row.figures)
    if (figure.pinned_threads < figure.threads)
      return text + "  some threads did not keep to a CPU of their own\n";
  return text;
}

std::string not_measured(const BandwidthRow& row) {
  std::string text =
      fmt::format("  not measured: {} {}\n", to_word(row.status), clean_line(row.reason, 400));
  if (!row.hint.empty()) text += "  to change that: " + clean_line(row.hint, 400) + "\n";
  return text;
}

}  // namespace

Result<ReportRequest> parse_bandwidth_report(const std::string& text) {
  static const std::vector<std::string> kFormats{"table", "json", "svg"};
  return parse_report_request(text, kFormats);
}

bool is_wide(const BandwidthFigure& figure) {
  const std::uint64_t spread =
      figure.most_ns > figure.least_ns ? figure.most_ns - figure.least_ns : 0;
  return static_cast<double>(spread) > kWideSpread * static_cast<double>(figure.median_ns);
}

std::string place_words(const BandwidthRow& row) {
  std::string text =
      row.cpu_node ? "CPUs of node " + std::to_string(*row.cpu_node) : std::string("all CPUs");
  if (row.memory_node) text += ", memory of node " + std::to_string(*row.memory_node);
  return text;
}

std::string machine_words(const HostFacts& host) {
  std::string text = host.os_name.value_or("this host");
  if (host.kernel_release.known()) text += ", kernel " + *host.kernel_release.value;
  if (host.cpus.known())
    text += fmt::format(", {} {}", *host.cpus.value, *host.cpus.value == 1 ? "CPU" : "CPUs");
  if (host.mem_total_bytes.known()) text += ", RAM " + format_bytes(*host.mem_total_bytes.value);
  return clean_line(text, 200);
}

std::string conditions_words(const BandwidthRow& row) {
  if (row.figures.empty()) return {};
  const BandwidthFigure& figure = row.figures.front();
  return fmt::format("arrays of {}, median of {} {}",
                     format_bytes(figure.moved_bytes / arrays_of(figure.operation)), figure.rounds,
                     figure.rounds == 1 ? "round" : "rounds");
}

std::string render_bandwidth_text(const BandwidthTable& table) {
  std::string text = "What memory gives, in GB/s, on " + machine_words(table.host) + "\n";
  for (const BandwidthRow& row : table.rows) {
    const std::string conditions = conditions_words(row);
    text += "\n" + place_words(row) + (conditions.empty() ? "" : ", " + conditions) + "\n";
    text +=
        row.figures.empty() ? not_measured(row) : streams(row) + first_touches(row) + remarks(row);
  }
  return text;
}

std::string render_bandwidth_json(const BandwidthTable& table) {
  return encode_bandwidth_table(table) + "\n";
}

}  // namespace memqual
