// SPDX-License-Identifier: Apache-2.0
// Every scenario that ran on several machines, machine by machine, as a picture that can be read
// from across the room and cut out of the page: it says in itself what its rows and columns are.
// The table below it has the same cases with more words.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "reports/console_text.h"
#include "reports/html_text.h"
#include "reports/machine_words.h"
#include "reports/pivot.h"
#include "reports/prediction_words.h"
#include "reports/summary.h"

namespace memqual {
namespace {

constexpr double kLabel = 262;  // machines
constexpr double kCell = 240;
constexpr double kGap = 6;
constexpr double kCellHeight = 54;
constexpr double kHead = 40;      // what the columns are
constexpr double kScenario = 46;  // name and summary
constexpr std::size_t kMostRows = 150;

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

/// Cut so that it stays in its cell; the whole text is in the title and on the page.
std::string fitting(const std::string& text, std::size_t characters) {
  return html(cut_to(clean_line(text, 400), characters), 800);
}

/// The worst over all attempts: none of them may hide behind a later one.
Agreement agreement_of_case(const CaseRecord& entry) {
  Agreement worst = Agreement::none;
  for (const Attempt& attempt : entry.attempts) {
    const Agreement one = agreement_of(attempt);
    const bool counts = worst == Agreement::none || one == Agreement::mismatch ||
                        (worst == Agreement::right && one != Agreement::none) ||
                        (worst == Agreement::uncertain && one == Agreement::inconclusive);
    if (counts && worst != Agreement::mismatch) worst = one;
  }
  return worst;
}

std::string agreement_words(Agreement agreement) {
  switch (agreement) {
    case Agreement::right:
      return "= as predicted";
    case Agreement::uncertain:
      return "≈ prediction left it open";
    case Agreement::mismatch:
      return "≠ not as predicted";
    case Agreement::inconclusive:
      return "? machine changed meanwhile";
    case Agreement::none:
      break;
  }
  return {};
}

std::string place_words(const CaseRecord& entry) { return entry.machine.value_or("the host"); }

/// All of a cell in one line, for who points at it or hears it.
std::string cell_title(const RunRecord& run, const CaseRecord& entry) {
  const OutcomeWords words = outcome_words(entry);
  std::string text =
      fmt::format("{} on {}: {}", display_name(entry), place_words(entry), words.what);
  if (!words.detail.empty()) text += ", " + words.detail;
  if (const std::string limit = limit_words(entry, facts_of(run, entry)); !limit.empty())
    text += ", " + limit;
  text += fmt::format("; {}", to_word(entry.verdict.status));
  if (!entry.attempts.empty())
    if (const std::string predicted = prediction_words(entry.attempts.back()); !predicted.empty())
      text += "; predicted: " + predicted;
  return text;
}

void put_cell(std::string& out, const RunRecord& run, const CaseRecord& entry,
              const Anchors& anchors, double x, double y) {
  constexpr std::size_t kFits = 34;
  const OutcomeWords words = outcome_words(entry);
  const CaseStatus status = entry.verdict.status;
  const Agreement agreement = agreement_of_case(entry);
  const bool ran = last_observation(entry) != nullptr;
  std::string second = ran ? limit_words(entry, facts_of(run, entry)) : entry.verdict.reason;
  if (second.empty()) second = words.detail;
  put(out, "<a href=\"#{}\" class=\"{}{}\"><title>{}</title>", anchors.at(&entry),
      outcome_class(entry), needs_attention(status) ? " unexpected" : "",
      html(cell_title(run, entry), 900));
  put(out,
      "<rect class=\"cell\" x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.0f}\" height=\"{:.0f}\" "
      "rx=\"4\"/>",
      x, y, kCell, kCellHeight - kGap);
  put(out, "<text class=\"what\" x=\"{:.0f}\" y=\"{:.0f}\">{} {}</text>", x + 9, y + 16,
      status_symbol(status, true), fitting(words.what, kFits - 5));
  put(out, "<text x=\"{:.0f}\" y=\"{:.0f}\">{}</text>", x + 9, y + 29, fitting(second, kFits));
  put(out, "<text class=\"{}\" x=\"{:.0f}\" y=\"{:.0f}\">{}</text></a>\n",
      agreement == Agreement::mismatch ? "missed" : "agreement", x + 9, y + 42,
      agreement_words(agreement));
}

std::size_t lines_of(const PivotRow& row) {
  std::size_t most = 1;
  for (const auto& cases : row.cells) most = std::max(most, cases.size());
  return most;
}

/// Any case of the row: all ran on the same machine.
const CaseRecord* case_of(const PivotRow& row) {
  for (const auto& cases : row.cells)
    if (!cases.empty()) return cases.front();
  return nullptr;
}

double put_row(std::string& out, const RunRecord& run, const PivotRow& row, const Anchors& anchors,
               double y) {
  constexpr std::size_t kFits = 40;
  const CaseRecord* any = case_of(row);
  if (any == nullptr) return y;
  put(out, "<text class=\"machine\" x=\"0\" y=\"{:.0f}\">{}</text>", y + 16,
      fitting(place_words(*any), kFits - 4));
  put(out, "<text x=\"0\" y=\"{:.0f}\">{}</text>", y + 30,
      fitting(room_words(facts_of(run, *any)), kFits));
  put(out, "<text x=\"0\" y=\"{:.0f}\">{}</text>\n", y + 43, fitting(row.label, kFits));
  for (std::size_t column = 0; column < row.cells.size(); ++column)
    for (std::size_t i = 0; i < row.cells[column].size(); ++i)
      put_cell(out, run, *row.cells[column][i], anchors,
               kLabel + static_cast<double>(column) * (kCell + kGap),
               y + static_cast<double>(i) * kCellHeight);
  return y + static_cast<double>(lines_of(row)) * kCellHeight;
}

/// What all cases of a column have set and no other column has: "vm.overcommit_memory = 2 (never)".
std::string setting_of_column(const PivotTable& table, std::size_t column) {
  std::optional<std::vector<std::string>> common;
  const auto each = [&table](const auto& see) {
    for (const PivotScenario& scenario : table.scenarios)
      for (const PivotRow& row : scenario.rows)
        for (std::size_t at = 0; at < row.cells.size(); ++at)
          for (const CaseRecord* entry : row.cells[at]) see(at, entry->settings);
  };
  const auto has = [](const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  each([&](std::size_t at, const std::vector<std::string>& settings) {
    if (at != column) return;
    if (!common) common = settings;
    std::erase_if(*common, [&](const std::string& line) { return !has(settings, line); });
  });
  if (!common) return {};
  each([&](std::size_t at, const std::vector<std::string>& settings) {
    if (at != column)
      std::erase_if(*common, [&](const std::string& line) { return has(settings, line); });
  });
  return common->empty() ? std::string() : common->front();
}

void put_head(std::string& out, const PivotTable& table) {
  constexpr std::size_t kFits = 36;
  for (std::size_t column = 0; column < table.values.size(); ++column) {
    const double x = kLabel + static_cast<double>(column) * (kCell + kGap) + 9;
    if (table.axis.empty()) {
      put(out, "<text class=\"machine\" x=\"{:.0f}\" y=\"14\">what happened</text>\n", x);
      continue;
    }
    put(out, "<text class=\"machine\" x=\"{:.0f}\" y=\"14\">{}</text>", x,
        fitting(table.axis + " " + table.values[column], kFits - 6));
    put(out, "<text x=\"{:.0f}\" y=\"28\">{}</text>\n", x,
        fitting(setting_of_column(table, column), kFits));
  }
}

double width_of(const PivotTable& table) {
  return kLabel + static_cast<double>(table.values.size()) * (kCell + kGap);
}

struct Drawn {
  std::string body;
  double height = kHead;
  std::size_t left_out = 0;  ///< rows beyond kMostRows
};

Drawn draw(const RunRecord& run, const PivotTable& table, const Anchors& anchors) {
  Drawn drawn;
  std::size_t rows = 0;
  put_head(drawn.body, table);
  for (const PivotScenario& scenario : table.scenarios) {
    const std::size_t fits = std::min(kMostRows - rows, scenario.rows.size());
    drawn.left_out += scenario.rows.size() - fits;
    if (fits == 0) continue;
    const double y = drawn.height;
    put(drawn.body,
        "<line class=\"grid\" x1=\"0\" x2=\"{:.0f}\" y1=\"{:.0f}\" y2=\"{:.0f}\"/>"
        "<text class=\"scenario\" x=\"0\" y=\"{:.0f}\">{}</text><text x=\"0\" "
        "y=\"{:.0f}\">{}</text>\n",
        width_of(table), y, y, y + 19, fitting(scenario.first->scenario, 90), y + 34,
        fitting(scenario.first->summary, 140));
    drawn.height += kScenario;
    for (std::size_t i = 0; i < fits; ++i)
      drawn.height = put_row(drawn.body, run, scenario.rows[i], anchors, drawn.height);
    rows += fits;
  }
  return drawn;
}

/// For who hears the page: how many cases came to which end.
std::string ends_of(const PivotTable& table) {
  std::size_t granted = 0;
  std::size_t refused = 0;
  std::size_t killed = 0;
  std::size_t other = 0;
  for (const PivotScenario& scenario : table.scenarios)
    for (const PivotRow& row : scenario.rows)
      for (const auto& cases : row.cells)
        for (const CaseRecord* entry : cases) {
          const std::string_view end = outcome_class(*entry);
          ++(end == "granted"   ? granted
             : end == "refused" ? refused
             : end == "killed"  ? killed
                                : other);
        }
  return fmt::format("{} granted, {} refused, {} killed, {} did not run", granted, refused, killed,
                     other);
}

std::string picture(const RunRecord& run, const PivotTable& table, const Anchors& anchors,
                    std::size_t number) {
  const Drawn drawn = draw(run, table, anchors);
  const double width = width_of(table);
  const std::string columns = table.axis.empty() ? std::string("what happened")
                                                 : "a column for each value of " + table.axis;
  std::string text = fmt::format(
      "<figure class=\"map\"><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Machines, picture {0}\">"
      "<svg viewBox=\"0 0 {1:.0f} {2:.0f}\" style=\"max-width:{1:.0f}px;min-width:{3:.0f}px\" "
      "role=\"group\" aria-labelledby=\"map-{0}-title\" aria-describedby=\"map-{0}-desc\">\n"
      "<title id=\"map-{0}-title\">What each machine grants, by {4}</title>"
      "<desc id=\"map-{0}-desc\">A row for each scenario on each machine, {5}: {6}. The tables "
      "below have the same cases.</desc>\n",
      number, width, drawn.height, width * 0.78, table.axis.empty() ? "scenario" : html(table.axis),
      html(columns), ends_of(table));
  text += drawn.body + "</svg></div>";
  if (drawn.left_out > 0)
    text += fmt::format("<figcaption>{} more rows are in the table below.</figcaption>",
                        drawn.left_out);
  return text + "</figure>\n";
}

/// Scenarios that have something to show. Where nothing ran on any machine, for want of a program
/// say, the reason is told once beside the picture.
std::vector<const CaseRecord*> shown_cases(const RunRecord& record) {
  std::vector<const CaseRecord*> cases = on_several_machines(record.cases);
  std::set<std::string> shown;
  for (const CaseRecord* entry : cases)
    if (last_observation(*entry) != nullptr || needs_attention(entry->verdict.status))
      shown.insert(entry->scenario);
  std::erase_if(cases, [&](const CaseRecord* entry) { return !shown.contains(entry->scenario); });
  return cases;
}

}  // namespace

std::string html_machine_map(const RunRecord& record, const Anchors& anchors) {
  const std::vector<PivotTable> tables = pivot(shown_cases(record), PivotRows::machines);
  if (tables.empty()) return {};
  std::string text =
      "<h2>Machine by machine</h2>\n<p class=\"legend\">The same request on each machine "
      "(a row) under each setting (a column). Colour and first line: what the kernel did, "
      "<span class=\"outcome granted\">granted</span> "
      "<span class=\"outcome refused\">refused</span> "
      "<span class=\"outcome killed\">killed</span> <span class=\"outcome\">did not run</span>, "
      "after ✓ where the scenario expected it and ✗ in a red frame where not. Second line: the "
      "limit that decided. Third line: what memqual had predicted from the kernel&#39;s rules "
      "before "
      "the case ran: <span>= as predicted,</span> <span>≈ the rules left it open,</span> "
      "<span><b class=\"tag\">≠ not as predicted.</b></span> A cell leads to its evidence.</p>\n";
  text +=
      "<p class=\"legend narrow\">The picture is wider than this screen: move it sideways, or read "
      "the tables below.</p>\n";
  for (std::size_t i = 0; i < tables.size(); ++i)
    text += picture(record, tables[i], anchors, i + 1);
  return text;
}

}  // namespace memqual
