// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reports/html_text.h"
#include "reports/pivot.h"
#include "reports/summary.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

std::string cell_case(const RunRecord& run, const CaseRecord& record, const Anchors& anchors) {
  const OutcomeWords words = outcome_words(record);
  const CaseStatus status = record.verdict.status;
  std::string text =
      fmt::format("<a class=\"outcome {}{}\" href=\"#{}\">{}{}</a>", outcome_class(record),
                  needs_attention(status) ? " unexpected" : "", anchors.at(&record),
                  status_mark(status), html(words.what, 120));
  std::string detail = html(words.detail, 160);
  const std::string limit = limit_words(record, facts_of(run, record));
  if (!limit.empty()) detail += (detail.empty() ? "" : "; ") + html(limit, 160);
  if (needs_attention(status)) {
    const std::string why = last_observation(record) ? "expected " + html(record.expected, 120)
                                                     : html(record.verdict.reason, 160);
    detail = fmt::format("<b class=\"tag\">{}</b> {}{}{}", to_word(status), why,
                         detail.empty() ? "" : "; ", detail);
  } else if (status == CaseStatus::xfail || status == CaseStatus::waived) {
    detail = fmt::format("{}: {}", to_word(status), html(record.verdict.reason, 120));
  } else if (!last_observation(record)) {
    detail = html(record.verdict.reason, 160);
  }
  if (!detail.empty()) text += "<small>" + detail + "</small>";
  return text;
}

/// `column`: the head of the column, which a narrow screen shows in the cell.
std::string cell(const RunRecord& run, const std::vector<const CaseRecord*>& cases,
                 const std::string& column, const Anchors& anchors) {
  const std::string axis = column.empty() ? "" : fmt::format(" data-axis=\"{}\"", column);
  if (cases.empty()) return fmt::format("<td class=\"empty\"{}>not in the matrix</td>", axis);
  std::string text = fmt::format("<td{}>", axis);
  for (const CaseRecord* record : cases) text += cell_case(run, *record, anchors);
  return text + "</td>";
}

/// Names are long and have no spaces: a line may break after an underscore.
std::string breakable(const std::string& name) {
  std::string text;
  for (const char c : html(name, 120)) text += c == '_' ? std::string("_<wbr>") : std::string(1, c);
  return text;
}

std::string scenario_head(const PivotScenario& scenario) {
  const CaseRecord& first = *scenario.first;
  std::string text =
      fmt::format("<th scope=\"rowgroup\" rowspan=\"{}\"><span class=\"name\">{}</span>",
                  scenario.rows.size(), breakable(first.scenario));
  if (!first.summary.empty()) {
    text += fmt::format("<span class=\"summary\">{}</span>", html(first.summary, 300));
  }
  if (!first.source.empty()) {
    text += fmt::format("<span class=\"source\">{}</span>", html(first.source, 300));
  }
  return text + "</th>";
}

bool has_labels(const PivotTable& table) {
  for (const PivotScenario& scenario : table.scenarios) {
    for (const PivotRow& row : scenario.rows) {
      if (!row.label.empty()) return true;
    }
  }
  return false;
}

/// Columns that only a table without an axis has room for.
std::string wide_cells(const CaseRecord& record) {
  const Observation* observation = last_observation(record);
  const Fact<std::uint64_t> peak =
      observation ? observation->rss_peak_bytes : Fact<std::uint64_t>{};
  return fmt::format(
      "<td class=\"text\" data-axis=\"expected\">{}</td><td class=\"num\" data-axis=\"peak "
      "resident\">{}</td>"
      "<td class=\"num\" data-axis=\"time\">{}</td>",
      html(record.expected, 200), peak.known() ? format_bytes(*peak.value) : "",
      observation ? duration_words(wall_ns(record)) : "");
}

std::string table_head(const PivotTable& table, bool labels) {
  std::string text = "<colgroup><col class=\"scenario\">";
  if (labels) text += "<col class=\"label\">";
  for (std::size_t i = 0; i < table.values.size(); ++i) text += "<col>";
  if (table.axis.empty()) text += "<col><col class=\"number\"><col class=\"number\">";
  text += "</colgroup><thead><tr><th scope=\"col\">Scenario</th>";
  if (labels) text += "<th scope=\"col\">Parameters</th>";
  if (table.axis.empty()) {
    text +=
        "<th scope=\"col\">What happened</th><th scope=\"col\">Expected</th>"
        "<th scope=\"col\" class=\"num\">Peak resident</th>"
        "<th scope=\"col\" class=\"num\">Time</th>";
  }
  for (const std::string& value : table.values) {
    if (table.axis.empty()) break;
    text += fmt::format("<th scope=\"col\"><span class=\"axis\">{}</span> {}</th>",
                        html(table.axis, 60), html(value, 60));
  }
  return text + "</tr></thead>";
}

std::string scenario_rows(const RunRecord& run, const PivotTable& table,
                          const PivotScenario& scenario, bool labels, const Anchors& anchors) {
  std::string text = "<tbody>";
  for (std::size_t i = 0; i < scenario.rows.size(); ++i) {
    const PivotRow& row = scenario.rows[i];
    text += "<tr>";
    if (i == 0) text += scenario_head(scenario);
    if (labels) text += fmt::format("<td class=\"label\">{}</td>", html(row.label, 200));
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      const std::string column =
          table.axis.empty() ? "" : html(table.axis + " " + table.values[c], 120);
      text += cell(run, row.cells[c], column, anchors);
    }
    if (table.axis.empty() && !row.cells.front().empty()) {
      text += wide_cells(*row.cells.front().front());
    }
    text += "</tr>\n";
  }
  return text + "</tbody>\n";
}

}  // namespace

std::string html_matrix(const RunRecord& record, const Anchors& anchors) {
  std::string text;
  for (const PivotTable& table : pivot(record.cases)) {
    const bool labels = has_labels(table);
    text += fmt::format("<div class=\"scroll\"><table class=\"matrix\">\n{}\n",
                        table_head(table, labels));
    for (const PivotScenario& scenario : table.scenarios) {
      text += scenario_rows(record, table, scenario, labels, anchors);
    }
    text += "</table></div>\n";
  }
  return text;
}

}  // namespace memqual
