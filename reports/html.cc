// SPDX-License-Identifier: Apache-2.0
// One page that answers "what does this machine grant, and why not" on its first screen: verdict,
// host, matrix, and beside it what went wrong and what did not run. The evidence of each case is
// folded below. The page needs no script and no network, and forbids itself both.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "reports/attribution_words.h"
#include "reports/html_text.h"
#include "reports/kernel_words.h"
#include "reports/machine_words.h"
#include "reports/prediction_words.h"
#include "reports/render.h"
#include "reports/summary.h"

namespace memqual {
namespace {

/// From here on passing cases are shown in brief, so that the page stays a few megabytes.
constexpr std::size_t kManyCases = 200;
constexpr std::size_t kUnfolded = 5;
constexpr std::size_t kListed = 12;
constexpr std::size_t kNamed = 6;

std::string page_class(const RunRecord& record) {
  bool good = false;
  for (const CaseRecord& entry : record.cases) {
    if (!is_acceptable(entry.verdict.status)) return "bad";
    good = good || entry.verdict.status == CaseStatus::pass;
  }
  return record.complete ? (good ? "good" : "idle") : "bad";
}

/// "2026-03-01T10:00:00.123Z" -> "2026-03-01 10:00:00 UTC"
std::string moment(const std::string& rfc3339) {
  if (rfc3339.size() < 19 || rfc3339[10] != 'T') return html(rfc3339, 40);
  return html(rfc3339.substr(0, 10) + " " + rfc3339.substr(11, 8) + " UTC");
}

std::string machines_counted(const RunRecord& record) {
  const std::size_t count = record.machines.size();
  return fmt::format("{} {}", count, count == 1 ? "machine" : "machines");
}

std::string page_head(const RunRecord& record) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>memqual: {}</title>\n<style>{}</style>\n</head>\n<body><main>\n",
      html(headline(record)), html_style());
}

std::string verdict_part(const RunRecord& record) {
  std::string text = fmt::format("<header class=\"{}\"><h1>{}</h1><p>", page_class(record),
                                 html(headline(record)));
  if (!record.complete) text += "<b class=\"tag\">Incomplete: the run was stopped.</b> ";
  const std::string host = record.host.hostname.value_or("");
  if (!host.empty()) text += fmt::format("Host <b>{}</b>, ", html(host, 100));
  if (!record.machines.empty())
    text += fmt::format("<b>{}</b> of the lab, ", machines_counted(record));
  text += fmt::format("{}, took {}", moment(record.started_at),
                      duration_words(record.duration_ms * 1000000));
  const std::string oracle = oracle_line(record);
  if (!oracle.empty()) text += "; " + html(oracle);
  const std::string causes = cause_line(record);
  if (!causes.empty()) text += "; " + html(causes);
  text += "</p>";
  for (const std::string& line : mismatch_lines(record))
    text += fmt::format("<p><b>{}</b></p>", html(line, 1000));
  return text + "</header>\n";
}

std::string facts_part(const RunRecord& record) {
  std::string text;
  if (!record.machines.empty())
    text +=
        "<h2>The host that booted them</h2>\n<p class=\"legend\">Its own limits do not apply to "
        "the machines of the lab.</p>\n";
  text += "<dl class=\"facts\" aria-label=\"Host facts\">\n";
  for (const HostLine& line : host_lines(record.host)) {
    text += fmt::format("<div><dt>{}</dt><dd>{}", html(line.name), html(line.words));
    if (!line.detail.empty()) text += fmt::format("<small>{}</small>", html(line.detail));
    text += "</dd></div>\n";
  }
  return text + "</dl>\n";
}

std::string attention_part(const RunRecord& record, const Anchors& anchors) {
  std::string text;
  std::size_t count = 0;
  for (const CaseRecord& entry : record.cases) {
    if (!needs_attention(entry.verdict.status)) continue;
    if (++count > kListed) continue;
    text += fmt::format(
        "<li>{}<a href=\"#{}\">{}</a> <span class=\"word bad\">{}</span><p>{}</p></li>\n",
        status_mark(entry.verdict.status), anchors.at(&entry), html(display_name(entry)),
        to_word(entry.verdict.status), html(entry.verdict.reason, 400));
  }
  if (count == 0) return {};
  if (count > kListed) text += fmt::format("<li>and {} more, below</li>\n", count - kListed);
  return "<h2>Needs attention</h2><ul>\n" + text + "</ul>\n";
}

std::string group_part(const RunRecord& record, const Anchors& anchors) {
  std::string text;
  for (const ReasonGroup& group : group_by_reason(record.cases)) {
    text += fmt::format("<li>{}<b>{} {}</b><p>{}</p>", status_mark(group.status),
                        group.cases.size(), group_title(group), html(group.reason, 400));
    if (!group.hint.empty()) {
      text += fmt::format("<p>To change that: <b>{}</b></p>", html(group.hint, 400));
    }
    text += "<p class=\"cases\">";
    for (std::size_t i = 0; i < std::min(group.cases.size(), kNamed); ++i) {
      text += fmt::format("{}<a href=\"#{}\">{}</a>", i == 0 ? "" : ", ",
                          anchors.at(group.cases[i]), html(display_name(*group.cases[i])));
    }
    if (group.cases.size() > kNamed) {
      text += fmt::format(" and {} more", group.cases.size() - kNamed);
    }
    text += "</p></li>\n";
  }
  return text.empty() ? text : "<h2>Did not run, and why</h2><ul>\n" + text + "</ul>\n";
}

std::string notes_part(const RunRecord& record) {
  if (record.notes.empty()) return {};
  std::string text = "<h2>Notes of the run</h2><ul>\n";
  for (const std::string& note : record.notes) text += "<li>" + html(note) + "</li>\n";
  return text + "</ul>\n";
}

std::string matrix_part(const RunRecord& record, const Anchors& anchors) {
  return fmt::format(
             "<h2>What {} grants</h2>\n<p class=\"legend\">"
             "<span><span class=\"outcome granted\">granted</span> "
             "<span class=\"outcome refused\">refused</span> "
             "<span class=\"outcome killed\">killed</span> is what happened;</span> "
             "<span>✓ as expected,</span> <span>✗ not as expected,</span> "
             "<span>○ could not run here, – skipped.</span> A cell leads to its evidence.</p>\n",
             record.machines.empty() ? "this machine" : "each machine") +
         html_matrix(record, anchors);
}

/// `main` beside what went wrong and what did not run.
/// `width`: " wide" where `main` needs the whole page sooner.
std::string columns_part(const RunRecord& record, const Anchors& anchors, const std::string& main,
                         std::string_view width = {}) {
  const std::string aside =
      attention_part(record, anchors) + group_part(record, anchors) + notes_part(record);
  std::string text = fmt::format("<div class=\"columns{}\">\n<section>\n{}</section>\n",
                                 aside.empty() ? " single" : width, main);
  if (!aside.empty()) text += "<aside>\n" + aside + "</aside>\n";
  return text + "</div>\n";
}

/// The answer comes first: where cases ran on several machines that is their picture.
std::string overview_part(const RunRecord& record, const Anchors& anchors) {
  const std::string machines = html_machines(record) + facts_part(record);
  const std::string map = html_machine_map(record, anchors);
  if (map.empty()) return machines + columns_part(record, anchors, matrix_part(record, anchors));
  return columns_part(record, anchors, map, " wide") + machines + "<section>" +
         matrix_part(record, anchors) + "</section>\n";
}

/// In the order of the run, which is that of machines where there are several; here a scenario is
/// told in one place.
std::vector<const CaseRecord*> by_scenario(const std::vector<CaseRecord>& cases) {
  std::map<std::string_view, std::size_t> first;
  std::vector<const CaseRecord*> sorted;
  for (const CaseRecord& entry : cases) {
    first.try_emplace(entry.scenario, sorted.size());
    sorted.push_back(&entry);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [&](const CaseRecord* a, const CaseRecord* b) {
    return first[a->scenario] < first[b->scenario];
  });
  return sorted;
}

std::string evidence_part(const RunRecord& record, const Anchors& anchors) {
  std::string text = "<section><h2>Evidence</h2>\n";
  std::optional<std::string> scenario;
  std::size_t unfolded = 0;
  const bool many = record.cases.size() > kManyCases;
  for (const CaseRecord* at : by_scenario(record.cases)) {
    const CaseRecord& entry = *at;
    if (entry.scenario != scenario) {
      scenario = entry.scenario;
      text += fmt::format("<h3>{} <span class=\"muted\">{}</span></h3>\n",
                          html(entry.scenario, 120), html(entry.summary, 300));
    }
    const bool wanted = needs_attention(entry.verdict.status);
    const bool open = wanted && unfolded < kUnfolded;
    if (open) ++unfolded;
    const Detail detail = many && !wanted ? Detail::brief : Detail::full;
    text += html_evidence(entry, anchors.at(&entry), detail, open);
  }
  return text + "</section>\n";
}

std::string foot_part(const RunRecord& record) {
  std::string command;
  for (const std::string& word : record.command_line) {
    command += (command.empty() ? "" : " ") + word;
  }
  return fmt::format(
      "<footer>memqual {} · run {} · exit code {} · "
      "<code>{}</code></footer>\n</main></body></html>\n",
      html(record.tool_version, 60), html(record.run_id, 60), record.exit_code, html(command));
}

}  // namespace

std::string render_html(const RunRecord& record) {
  const Anchors anchors = anchors_of(record.cases);
  return page_head(record) + verdict_part(record) + overview_part(record, anchors) +
         html_roofline(record) + html_prices(record) + evidence_part(record, anchors) +
         foot_part(record);
}

}  // namespace memqual
