// SPDX-License-Identifier: Apache-2.0
#include "reports/console_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/attribution_words.h"
#include "reports/bandwidth_words.h"
#include "reports/kernel_words.h"
#include "reports/load_line_words.h"
#include "reports/machine_words.h"
#include "reports/prediction_words.h"
#include "reports/render.h"
#include "reports/summary.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

constexpr std::size_t kNamesPerGroup = 4;

const char* colour_of(CaseStatus status) {
  switch (status) {
    case CaseStatus::pass:
    case CaseStatus::xfail:
    case CaseStatus::waived:
      return "32";
    case CaseStatus::fail:
    case CaseStatus::xpass:
    case CaseStatus::timeout:
      return "1;31";
    case CaseStatus::error:
    case CaseStatus::flaky:
      return "1;35";
    case CaseStatus::skip:
    case CaseStatus::unsupported:
    case CaseStatus::not_run:
      return "33";
  }
  return "0";
}

std::string painted(const std::string& text, const char* code, bool colour) {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string status_column(CaseStatus status, const ConsoleStyle& style) {
  const std::string text =
      fmt::format("{} {:<11}", status_symbol(status, style.unicode), to_word(status));
  return painted(text, colour_of(status), style.colour);
}

void add_section(std::vector<std::string>& lines, const char* title,
                 const std::vector<std::string>& body) {
  if (body.empty()) return;
  lines.push_back(title);
  for (const std::string& line : body) lines.push_back("  " + line);
}

void add_field(std::vector<std::string>& lines, const char* name, const std::string& value) {
  if (!value.empty()) lines.push_back(fmt::format("{:<9} {}", name, value));
}

std::vector<std::string> check_lines(const Verdict& verdict, bool unicode) {
  std::vector<std::vector<std::string>> rows{{"", "", "expected", "observed"}};
  for (const Check& check : verdict.checks) {
    const CaseStatus mark = check.ok ? CaseStatus::pass : CaseStatus::fail;
    rows.push_back({std::string(status_symbol(mark, unicode)), clean_line(check.what, 60),
                    clean_line(check.expected, 200), clean_line(check.observed, 200)});
  }
  return rows.size() == 1 ? std::vector<std::string>{} : aligned(rows);
}

std::vector<std::string> figure_lines(const Observation& observation) {
  std::vector<std::vector<std::string>> rows;
  for (const Figure& figure : figures_of(observation)) {
    rows.push_back(
        {figure.title, figure.words, figure.source.empty() ? "" : "(" + figure.source + ")"});
  }
  return aligned(rows);
}

std::vector<std::string> cleaned(const std::vector<std::string>& lines) {
  std::vector<std::string> out;
  for (const std::string& line : lines) out.push_back(clean_line(line, 500));
  return out;
}

std::string step_title(const StepReport& step) {
  std::string text = step.kind;
  if (!step.name.empty()) text += " " + step.name;
  if (!step.label.empty()) text += " [" + step.label + "]";
  return clean_line(text, 60);
}

void add_observation(std::vector<std::string>& lines, const Observation& observation) {
  add_field(lines, "ended", clean_line(describe_ending(observation)));
  add_field(lines, "evidence", clean_line(observation.ending.evidence));
  add_section(lines, "steps", aligned(step_rows(observation)));
  for (std::size_t i = 0; i < observation.steps.size(); ++i) {
    const StepReport& step = observation.steps[i];
    if (!step.detail.empty()) {
      lines.push_back(fmt::format("  step {}: {}", i + 1, clean_line(step.detail, 500)));
    }
    add_section(lines, fmt::format("output of step {}", i + 1).c_str(), clean_lines(step.output));
  }
  add_section(lines, "kernels", kernel_lines(observation));
  add_section(lines, "bandwidth", bandwidth_lines(observation));
  add_section(lines, "figures", figure_lines(observation));
  add_section(lines, "kernel log", cleaned(observation.kernel_log));
  std::vector<std::string> leaks;
  for (const Leak& leak : observation.leaks) {
    leaks.push_back(fmt::format("process {}: {}", leak.pid, clean_line(leak.command, 200)));
  }
  add_section(lines, "left behind", leaks);
  add_section(lines, "notes", cleaned(observation.notes));
}

/// With many cases the failures have scrolled away by the end.
std::string recap(const RunRecord& record, const ConsoleStyle& style) {
  constexpr std::size_t kScreen = 15;
  constexpr std::size_t kMost = 50;
  std::size_t count = 0;
  std::string text;
  for (const CaseRecord& entry : record.cases) {
    if (!needs_attention(entry.verdict.status) || ++count > kMost) continue;
    const std::string reason = clean_line(entry.verdict.reason, 200);
    text += fmt::format("{} {}{}{}\n", status_column(entry.verdict.status, style),
                        display_name(entry), reason.empty() ? "" : ": ", reason);
  }
  if (count == 0 || record.cases.size() <= kScreen) return {};
  if (count > kMost) text += fmt::format("and {} more\n", count - kMost);
  return "\nneeds attention\n" + text;
}

std::string names_of(const ReasonGroup& group) {
  std::string text;
  for (std::size_t i = 0; i < group.cases.size() && i < kNamesPerGroup; ++i) {
    text += (i == 0 ? "" : "  ") + display_name(*group.cases[i]);
  }
  if (group.cases.size() > kNamesPerGroup) {
    text += fmt::format("  and {} more", group.cases.size() - kNamesPerGroup);
  }
  return text;
}

}  // namespace

std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

std::string cut_to(const std::string& text, std::size_t width) {
  if (columns(text) <= width) return text;
  const std::size_t keep = width > 3 ? width - 3 : 0;
  std::size_t seen = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    const bool starts = (static_cast<unsigned char>(text[end]) & 0xc0U) != 0x80U;
    if (starts && seen++ == keep) break;
  }
  return text.substr(0, end) + std::string(std::min<std::size_t>(width, 3), '.');
}

std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths[i] == 0) continue;
      line += row[i] + std::string(widths[i] - columns(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string step_state_words(const StepReport& step) {
  switch (step.state) {
    case StepState::ended:
      return "ok";
    case StepState::running:
      return "ended the case";
    case StepState::not_reached:
      return "not reached";
    case StepState::failed:
      break;
  }
  if (!step.error_name.empty()) return clean_line(step.error_name, 40);
  if (step.error != 0) return fmt::format("errno {}", step.error);
  if (step.term_signal) return fmt::format("signal {}", *step.term_signal);
  if (step.exit_status) return fmt::format("exit {}", *step.exit_status);
  return "failed";
}

std::vector<std::vector<std::string>> step_rows(const Observation& observation) {
  std::vector<std::vector<std::string>> rows;
  if (observation.steps.empty()) return rows;
  rows.push_back({"#", "step", "result", "blocks", "granted", "touched", "RSS after", "time"});
  for (std::size_t i = 0; i < observation.steps.size(); ++i) {
    const StepReport& step = observation.steps[i];
    const bool asks = step.requested_bytes > 0;
    const bool reached = step.state != StepState::not_reached;
    rows.push_back({std::to_string(i + 1), step_title(step), step_state_words(step),
                    asks ? fmt::format("{} of {}", step.granted_blocks, step.requested_blocks)
                    : step.largest_blocks > 0 ? std::to_string(step.largest_blocks)
                                              : "",
                    asks                 ? fmt::format("{} of {}", format_bytes(step.granted_bytes),
                                                       format_bytes(step.requested_bytes))
                    : step.largest_bytes ? "largest " + format_bytes(*step.largest_bytes)
                                         : "",
                    step.touched_bytes > 0 ? format_bytes(step.touched_bytes) : "",
                    step.rss_bytes > 0 ? format_bytes(step.rss_bytes) : "",
                    reached && step.elapsed_ns > 0 ? duration_words(step.elapsed_ns) : ""});
  }
  return rows;
}

std::vector<std::string> evidence_lines(const CaseRecord& record, bool unicode) {
  std::vector<std::string> lines;
  add_field(lines, "claim", clean_line(record.summary));
  add_field(lines, "source", clean_line(record.source));
  add_field(lines, "reason", clean_line(record.verdict.reason));
  add_field(lines, "hint", clean_line(record.verdict.hint));
  add_section(lines, "checks", check_lines(record.verdict, unicode));
  for (std::size_t i = 0; i < record.attempts.size(); ++i) {
    const Attempt& attempt = record.attempts[i];
    if (record.attempts.size() > 1) {
      lines.push_back(fmt::format("attempt {} of {}: {} {}", i + 1, record.attempts.size(),
                                  to_word(attempt.verdict.status),
                                  clean_line(attempt.verdict.reason)));
    }
    if (attempt.prediction) {
      add_field(lines, "predicted", prediction_words(attempt));
      for (const std::string& line : load_line_lines(attempt)) add_field(lines, "", line);
      add_section(lines, "because", arithmetic_lines(*attempt.prediction));
    }
    add_field(lines, "cause", attribution_words(attempt));
    if (attempt.observation) add_observation(lines, *attempt.observation);
  }
  add_section(lines, "settings", cleaned(record.settings));
  add_section(lines, "workload", cleaned(record.workload));
  if (!record.origin.file.empty()) add_field(lines, "at", clean_line(to_string(record.origin)));
  add_field(lines, "repeat", clean_line(record.repeat_command));
  return lines;
}

std::string console_header(const RunRecord& record, std::size_t total, const ConsoleStyle& style) {
  if (style.quiet) return {};
  std::string host;
  for (const HostLine& line : host_lines(record.host)) {
    if (line.words == "unknown" || line.name == "CPUs") continue;
    std::string name = line.name;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (line.name == "RAM") name = "RAM";
    if (line.name == "Huge pages (THP)") name = "THP";
    host += (host.empty() ? "" : ", ") + name + " " + line.words;
  }
  std::string text = fmt::format("memqual {}: {} {}\n", clean_line(record.tool_version, 40), total,
                                 total == 1 ? "case" : "cases");
  if (!host.empty()) text += "host: " + host + "\n";
  return text + "\n";
}

std::string console_case(const CaseRecord& record, const ConsoleStyle& style, bool full) {
  const CaseStatus status = record.verdict.status;
  const std::uint64_t took = wall_ns(record);
  const OutcomeWords words = outcome_words(record);
  std::string text = status_column(status, style);
  text += fmt::format(" {:>9}  {}", took > 0 ? duration_words(took) : "", display_name(record));
  const bool ran = last_observation(record) != nullptr;
  if (ran) text += "  " + words.what;
  if (ran && !words.detail.empty()) text += ", " + words.detail;
  text += "\n";
  if (!full) return text;
  text += "\n";
  for (const std::string& line : evidence_lines(record, style.unicode)) {
    text += "      " + line + "\n";
  }
  return text + "\n";
}

std::string console_footer(const RunRecord& record, const ConsoleStyle& style) {
  std::string text;
  if (!style.quiet) {
    for (const ReasonGroup& group : group_by_reason(record.cases)) {
      text += fmt::format("\n{} {}: {}\n", group.cases.size(), group_title(group),
                          group.reason.empty() ? "no reason given" : group.reason);
      if (!group.hint.empty()) text += "    to change that: " + group.hint + "\n";
      text += "    " + names_of(group) + "\n";
    }
    text += recap(record, style);
    const std::vector<std::string> machines = machine_lines(record.machines);
    if (!machines.empty()) text += "\nmachines of the lab\n";
    for (const std::string& line : machines) text += "  " + line + "\n";
    const std::vector<std::string> prices = price_lines(record);
    if (!prices.empty()) text += "\nwhat each way costs: time of the fastest, median round\n";
    for (const std::string& line : prices) text += line + "\n";
    for (const std::string& line : mismatch_lines(record)) text += "\n" + line + "\n";
    const std::string oracle = oracle_line(record);
    if (!oracle.empty()) text += "\n" + oracle + "\n";
    const std::string causes = cause_line(record);
    if (!causes.empty()) text += causes + "\n";
    if (!record.notes.empty()) text += "\n";
    for (const std::string& note : record.notes) text += "note: " + clean_line(note) + "\n";
    text += "\n";
  }
  bool bad = !record.complete;
  for (const CaseRecord& entry : record.cases) bad = bad || !is_acceptable(entry.verdict.status);
  return text + painted(summary_line(record), bad ? "1;31" : "1;32", style.colour) + "\n";
}

std::string render_console(const RunRecord& record, const ConsoleStyle& style) {
  std::string text = console_header(record, record.cases.size(), style);
  std::size_t blocks = 0;
  for (const CaseRecord& entry : record.cases) {
    if (style.quiet) break;
    const bool wanted = needs_attention(entry.verdict.status);
    const bool full = style.verbose || (wanted && blocks < kFullBlocks);
    if (wanted) ++blocks;
    text += console_case(entry, style, full);
  }
  return text + console_footer(record, style);
}

}  // namespace memqual
