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
      fmt::format("<a class=\"outcome {}\" href=\"#{}\">{}{}</a>", outcome_class(record),
                  anchors.at(&record), status_mark(status), html(words.what, 120));
  std::string detail = html(words.detail, 160);
  const std::string bound = refusal_bound(record, run.host);
  if (!bound.empty()) detail += (detail.empty() ? "" : " &gt; ") + html(bound, 160);
  if (needs_attention(status)) {
    detail = fmt::format("<b class=\"tag\">{}</b> expected {}{}{}", to_word(status),
                         html(record.expected, 120), detail.empty() ? "" : "; ", detail);
  } else if (status == CaseStatus::xfail || status == CaseStatus::waived) {
    detail = fmt::format("{}: {}", to_word(status), html(record.verdict.reason, 120));
  } else if (!last_observation(record)) {
    detail = html(record.verdict.reason, 160);
  }
  if (!detail.empty()) text += "<small>" + detail + "</small>";
  return text;
}

std::string cell(const RunRecord& run, const std::vector<const CaseRecord*>& cases,
                 const Anchors& anchors) {
  if (cases.empty()) return "<td class=\"empty\">not in the matrix</td>";
  std::string text = "<td>";
  for (const CaseRecord* record : cases) text += cell_case(run, *record, anchors);
  return text + "</td>";
}

std::string scenario_head(const PivotScenario& scenario) {
  const CaseRecord& first = *scenario.first;
  std::string text =
      fmt::format("<th scope=\"rowgroup\" rowspan=\"{}\"><span class=\"name\">{}</span>",
                  scenario.rows.size(), html(first.scenario, 120));
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
  return fmt::format("<td class=\"text\">{}</td><td class=\"num\">{}</td><td class=\"num\">{}</td>",
                     html(record.expected, 200), peak.known() ? format_bytes(*peak.value) : "",
                     observation ? duration_words(wall_ns(record)) : "");
}

std::string table_head(const PivotTable& table, bool labels) {
  std::string text = "<thead><tr><th scope=\"col\">Scenario</th>";
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
    for (const auto& cases : row.cells) text += cell(run, cases, anchors);
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
