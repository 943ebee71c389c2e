// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reports/attribution_words.h"
#include "reports/bandwidth_words.h"
#include "reports/console_text.h"
#include "reports/html_text.h"
#include "reports/kernel_words.h"
#include "reports/load_line_words.h"
#include "reports/prediction_words.h"
#include "reports/summary.h"

namespace memqual {
namespace {

std::string list(const char* title, const std::vector<std::string>& lines, bool code) {
  if (lines.empty()) return {};
  std::string text = fmt::format("<div><h5>{}</h5><ul{}>", title, code ? " class=\"code\"" : "");
  for (const std::string& line : lines) text += "<li>" + html(line, 500) + "</li>";
  return text + "</ul></div>\n";
}

std::string preformatted(const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string text = fmt::format("<h5>{}</h5><pre>", html(title));
  for (const std::string& line : lines) text += html(line, 1200) + "\n";
  return text + "</pre>\n";
}

std::string checks_table(const Verdict& verdict) {
  if (verdict.checks.empty()) return {};
  std::string text =
      "<table><thead><tr><th scope=\"col\">Check</th><th scope=\"col\">Expected</th>"
      "<th scope=\"col\">Observed</th><th scope=\"col\">Agree</th></tr></thead><tbody>";
  for (const Check& check : verdict.checks) {
    text += fmt::format("<tr{}><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
                        check.ok ? "" : " class=\"differs\"", html(check.what, 100),
                        html(check.expected, 300), html(check.observed, 300),
                        check.ok ? "✓ yes" : "✗ no");
  }
  return text + "</tbody></table>\n";
}

std::string steps_table(const Observation& observation) {
  const auto rows = step_rows(observation);
  if (rows.empty()) return {};
  std::string text = "<h5>Steps</h5><div class=\"scroll\"><table><thead><tr>";
  for (std::size_t i = 0; i < rows.front().size(); ++i) {
    text += fmt::format("<th scope=\"col\"{}>{}</th>", i > 2 ? " class=\"num\"" : "",
                        html(rows.front()[i]));
  }
  text += "</tr></thead><tbody>";
  for (std::size_t r = 1; r < rows.size(); ++r) {
    const StepState state = observation.steps[r - 1].state;
    const bool differs = state == StepState::failed || state == StepState::running;
    text += differs ? "<tr class=\"ended\">" : "<tr>";
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      text += fmt::format("<td{}>{}</td>", i > 2 ? " class=\"num\"" : "", html(rows[r][i], 200));
    }
    text += "</tr>";
  }
  text += "</tbody></table></div>\n";
  for (std::size_t i = 0; i < observation.steps.size(); ++i) {
    const std::string& detail = observation.steps[i].detail;
    if (!detail.empty()) {
      text += fmt::format("<p class=\"muted\">Step {}: {}</p>", i + 1, html(detail, 500));
    }
  }
  return text;
}

std::string figures_table(const Observation& observation) {
  const std::vector<Figure> figures = figures_of(observation);
  if (figures.empty()) return {};
  std::string text =
      "<h5>Figures</h5><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Figure</th>"
      "<th scope=\"col\" class=\"num\">Value</th><th scope=\"col\">Source</th></tr></thead><tbody>";
  for (const Figure& figure : figures) {
    text += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"num\" title=\"{} = {}\">{}</td>"
        "<td class=\"muted\">{}</td></tr>",
        html(figure.title), figure.name, figure.value, html(figure.words),
        html(figure.source, 200));
  }
  return text + "</tbody></table></div>\n";
}

/// What the kernel and the harness had to say about the case.
std::string remarks(const Observation& observation) {
  std::vector<std::string> leaks;
  for (const Leak& leak : observation.leaks) {
    leaks.push_back(fmt::format("process {}: {}", leak.pid, leak.command));
  }
  return preformatted("Kernel log", observation.kernel_log) + list("Left behind", leaks, true) +
         list("Notes", observation.notes, false);
}

std::string observation_part(const CaseRecord& record, const Observation& observation,
                             Detail detail) {
  std::string text = fmt::format("<p><b>Ended:</b> {}", html(describe_ending(observation), 500));
  if (!observation.ending.evidence.empty()) {
    text +=
        fmt::format(" <span class=\"muted\">({})</span>", html(observation.ending.evidence, 500));
  }
  text += "</p>\n";
  text += "<div class=\"pair\"><div>\n";
  if (detail == Detail::full) text += html_timeline(record, observation);
  text += steps_table(observation);
  text += list("Kernels", kernel_lines(observation), false);
  text += list("Bandwidth", bandwidth_lines(observation), false);
  for (std::size_t i = 0; i < observation.steps.size() && detail == Detail::full; ++i) {
    text += preformatted(fmt::format("Output of step {}", i + 1),
                         clean_lines(observation.steps[i].output));
  }
  text += "</div><div>\n" + figures_table(observation);
  if (detail == Detail::full) text += remarks(observation);
  return text + "</div></div>\n";
}

std::string prediction_part(const Attempt& attempt) {
  return fmt::format("<p><b>Predicted:</b> {}</p>\n", html(prediction_words(attempt), 1000)) +
         list("Largest", load_line_lines(attempt), false) +
         list("Because", arithmetic_lines(*attempt.prediction), true);
}

std::string attempts_part(const CaseRecord& record, Detail detail) {
  std::string text;
  for (std::size_t i = 0; i < record.attempts.size(); ++i) {
    const Attempt& attempt = record.attempts[i];
    if (record.attempts.size() > 1) {
      text += fmt::format("<h4>Attempt {} of {}: {} {}</h4>", i + 1, record.attempts.size(),
                          to_word(attempt.verdict.status), html(attempt.verdict.reason, 300));
    }
    if (attempt.prediction) text += prediction_part(attempt);
    if (attempt.attribution)
      text += fmt::format("<p><b>Cause:</b> {}</p>\n", html(attribution_words(attempt), 1000));
    if (attempt.observation) text += observation_part(record, *attempt.observation, detail);
  }
  return text;
}

}  // namespace

std::string html_evidence(const CaseRecord& record, const std::string& anchor, Detail detail,
                          bool open) {
  const OutcomeWords words = outcome_words(record);
  const CaseStatus status = record.verdict.status;
  std::string text = fmt::format(
      "<details id=\"{}\"{}><summary>{}<b>{}</b> <span class=\"word {}\">{}</span> "
      "<span class=\"outcome {}\">{}</span> <span class=\"muted\">{}</span></summary>"
      "<div class=\"body\">\n",
      anchor, open ? " open" : "", status_mark(status), html(display_name(record), 300),
      status_class(status), to_word(status), outcome_class(record), html(words.what, 120),
      last_observation(record) ? duration_words(wall_ns(record)) : "");
  if (!record.verdict.reason.empty()) {
    text += fmt::format("<p><b>Reason:</b> {}</p>", html(record.verdict.reason));
  }
  if (!record.verdict.hint.empty()) {
    text += fmt::format("<p><b>To change that:</b> {}</p>", html(record.verdict.hint));
  }
  text += checks_table(record.verdict);
  text += "<div class=\"lists\">" + list("Settings", record.settings, true) +
          list("Workload", record.workload, true) + list("Expected", {record.expected}, true) +
          "</div>\n";
  text += attempts_part(record, detail);
  if (!record.origin.file.empty()) {
    text +=
        fmt::format("<p class=\"muted\">Written in {}</p>", html(to_string(record.origin), 500));
  }
  if (!record.repeat_command.empty()) {
    text += fmt::format("<p><b>Repeat:</b> <code>{}</code></p>", html(record.repeat_command));
  }
  return text + "</div></details>\n";
}

}  // namespace memqual
