// SPDX-License-Identifier: Apache-2.0
#include "reports/load_line_report.h"

#include <fmt/format.h>

#include <map>

#include "reports/console_text.h"
#include "reports/load_line_words.h"
#include "reports/machine_words.h"
#include "reports/summary.h"
#include "scenarios/model/record_codec.h"

namespace memqual {
namespace {

std::string unit_name(std::uint64_t unit_bytes, std::uint64_t units) {
  if (unit_bytes == 1) return "B";
  const std::string plural = units == 1 ? "" : "s";
  return (unit_bytes == 4096 || unit_bytes == 16384 || unit_bytes == 65536 ? "page" : "block") +
         plural;
}

std::string measured_words(const LoadLineRow& row) {
  if (!row.measured) return "-";
  const LoadLineMeasured& measured = *row.measured;
  std::string text = format_bytes(measured.bytes);
  if (row.kind == LoadLineKind::blocks && measured.bytes > 0)
    text += fmt::format(" in {}", measured.blocks);
  return text;
}

std::string formula_words(const LoadLineRow& row) {
  if (!row.formula) return "-";
  const LoadLine& line = *row.formula;
  if (line.least_bytes >= line.most_bytes) return format_bytes(line.most_bytes);
  return format_bytes(line.least_bytes) + " to " + format_bytes(line.most_bytes);
}

std::string bytes_words(const LoadLineRow& row) {
  return row.measured ? std::to_string(row.measured->bytes) : "";
}

std::string band_words(const LoadLineRow& row) {
  if (!row.formula || row.band_units == 0) return "";
  const std::string width = format_bytes(row.formula->most_bytes - row.formula->least_bytes);
  if (row.formula->unit_bytes == 1) return width;
  return fmt::format("{} ({} {})", width, row.band_units,
                     unit_name(row.formula->unit_bytes, row.band_units));
}

std::string host_words(const HostFacts& host) {
  std::string text = host.os_name.value_or("this host");
  if (host.kernel_release.known()) text += ", kernel " + *host.kernel_release.value;
  if (host.mem_total_bytes.known())
    text += ", RAM " + format_bytes(*host.mem_total_bytes.value) + ", swap " +
            format_bytes(host.swap_total_bytes.value_or(0));
  return clean_line(text, 200);
}

// The one machine that was measured; of several a line each, and the rows name theirs.
std::string place_words(const LoadLineTable& table) {
  if (table.machines.empty()) return host_words(table.host);
  if (table.machines.size() == 1)
    return clean_line(table.machines.front().name, 100) + ", " + host_words(table.host);
  std::string text = "machines of the lab";
  for (const std::string& line : machine_lines(table.machines)) text += "\n  " + line;
  return text;
}

std::string aligned_rows(const LoadLineTable& table) {
  std::vector<std::vector<std::string>> rows{{"asked for", "measured", "bytes", "formula",
                                              "difference", "band", "rule", "formula in words"}};
  for (const LoadLineRow& row : table.rows)
    rows.push_back({"  " + clean_line(row.asked, 80), measured_words(row), bytes_words(row),
                    formula_words(row), difference_words(row), band_words(row),
                    row.formula ? std::string(to_word(row.formula->rule)) : "-",
                    row.formula ? clean_line(row.formula->formula, 120) : ""});
  const std::vector<std::string> lines = aligned(rows);
  std::string text = lines.front() + "\n";
  std::string group;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (const std::string setting = setting_words(table.rows[i]); i == 0 || setting != group) {
      text += setting + "\n";
      group = setting;
    }
    text += lines[i + 1] + "\n";
  }
  return text;
}

// Equal reasons once, with how many rows they keep from being measured.
std::string not_measured(const LoadLineTable& table) {
  std::map<std::pair<std::string, std::string>, std::size_t> reasons;
  for (const LoadLineRow& row : table.rows)
    if (!row.measured) ++reasons[{row.reason, row.hint}];
  std::string text;
  for (const auto& [why, count] : reasons) {
    text += fmt::format("\nnot measured, {} {}: {}\n", count, count == 1 ? "line" : "lines",
                        why.first.empty() ? "the step was not reached" : clean_line(why.first));
    if (!why.second.empty()) text += "    to change that: " + clean_line(why.second) + "\n";
  }
  return text;
}

std::string missed(const LoadLineTable& table) {
  std::string text;
  for (const LoadLineRow& row : table.rows)
    if (row.difference_units.value_or(0) != 0 || row.status == CaseStatus::error)
      text += fmt::format("\n{} {}, {}: {}\n", to_word(row.status), setting_words(row),
                          clean_line(row.asked, 80), clean_line(row.reason));
  return text;
}

}  // namespace

Result<ReportRequest> parse_load_line_report(const std::string& text) {
  static const std::vector<std::string> kFormats{"table", "json", "svg"};
  return parse_report_request(text, kFormats);
}

std::string difference_words(const LoadLineRow& row) {
  if (!row.difference_units || !row.formula) return "";
  const std::int64_t units = *row.difference_units;
  const std::uint64_t size =
      units < 0 ? 0 - static_cast<std::uint64_t>(units) : static_cast<std::uint64_t>(units);
  return fmt::format("{}{} {}", units > 0 ? "+" : "", units,
                     unit_name(row.formula->unit_bytes, size));
}

std::string setting_words(const LoadLineRow& row) {
  if (row.settings.empty()) return "as the host has it";
  std::string text;
  for (const std::string& line : row.settings) text += (text.empty() ? "" : ", ") + line;
  return clean_line(text, 120);
}

std::string render_load_line_text(const LoadLineTable& table) {
  return "The most that is granted, on " + place_words(table) + "\n\n" + aligned_rows(table) +
         not_measured(table) + missed(table);
}

std::string render_load_line_json(const LoadLineTable& table) {
  return encode_load_line_table(table) + "\n";
}

}  // namespace memqual
