// SPDX-License-Identifier: Apache-2.0
#include "reports/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "scenarios/model/text.h"

namespace memqual {
namespace {

constexpr std::size_t kMaxBlockBytes = 16 * 1024;

/// U+FFFE and U+FFFF are valid UTF-8, and yet no XML document may hold them.
void replace_noncharacters(std::string& text) {
  for (const char* bad : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (std::size_t at = text.find(bad); at != std::string::npos; at = text.find(bad, at)) {
      text.replace(at, 3, "\xef\xbf\xbd");
    }
  }
}

struct StatusText {
  CaseStatus status;
  std::string_view unicode;
  std::string_view ascii;
  std::string_view words;
};
constexpr StatusText kStatusTexts[] = {
    {CaseStatus::pass, "✓", "+", "passed"},
    {CaseStatus::fail, "✗", "x", "failed"},
    {CaseStatus::xfail, "✓", "+", "failed as known"},
    {CaseStatus::xpass, "✗", "x", "passed unexpectedly"},
    {CaseStatus::skip, "–", "-", "skipped"},
    {CaseStatus::unsupported, "○", "o", "unsupported"},
    {CaseStatus::error, "!", "!", "in error"},
    {CaseStatus::timeout, "✗", "x", "timed out"},
    {CaseStatus::flaky, "~", "~", "flaky"},
    {CaseStatus::waived, "✓", "+", "waived"},
    {CaseStatus::not_run, "·", ".", "not run"},
};

const StatusText& text_of(CaseStatus status) {
  return kStatusTexts[static_cast<std::size_t>(status)];
}

std::size_t count_of(const RunRecord& record, CaseStatus status) {
  return static_cast<std::size_t>(
      std::count_if(record.cases.begin(), record.cases.end(),
                    [status](const CaseRecord& entry) { return entry.verdict.status == status; }));
}

int group_rank(CaseStatus status) {
  switch (status) {
    case CaseStatus::unsupported:
      return 0;
    case CaseStatus::skip:
      return 1;
    case CaseStatus::not_run:
      return 2;
    case CaseStatus::xfail:
      return 3;
    default:
      return 4;
  }
}

}  // namespace

std::string clean_line(std::string_view text, std::size_t max_bytes) {
  std::string line = escape_text(text, max_bytes);
  replace_noncharacters(line);
  return line;
}

std::vector<std::string> clean_lines(std::string_view text, std::size_t max_lines) {
  std::vector<std::string> lines;
  const std::size_t cut = text.size() > kMaxBlockBytes ? text.size() - kMaxBlockBytes : 0;
  std::string_view rest = text.substr(cut);
  while (!rest.empty() && rest.back() == '\n') rest.remove_suffix(1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    lines.push_back(clean_line(rest.substr(0, end), 1000));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  std::size_t dropped = 0;
  if (lines.size() > max_lines) {
    dropped = lines.size() - max_lines;
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(dropped));
  }
  if (cut > 0) {
    lines.insert(lines.begin(), "(only the end is shown)");
  } else if (dropped > 0) {
    lines.insert(lines.begin(), fmt::format("({} lines before are not shown)", dropped));
  }
  return lines;
}

std::string display_name(const CaseRecord& record) {
  std::string name = record.scenario;
  for (std::size_t i = 0; i < record.parameters.size(); ++i) {
    name += (i == 0 ? "[" : ",") + record.parameters[i].name + "=" + record.parameters[i].value;
  }
  if (!record.parameters.empty()) name += "]";
  return clean_line(name, 300);
}

std::string_view status_symbol(CaseStatus status, bool unicode) {
  return unicode ? text_of(status).unicode : text_of(status).ascii;
}

std::string_view status_words(CaseStatus status) { return text_of(status).words; }

bool needs_attention(CaseStatus status) {
  return status == CaseStatus::fail || status == CaseStatus::xpass || status == CaseStatus::error ||
         status == CaseStatus::timeout || status == CaseStatus::flaky;
}

const Observation* last_observation(const CaseRecord& record) {
  for (auto attempt = record.attempts.rbegin(); attempt != record.attempts.rend(); ++attempt) {
    if (attempt->observation) return &*attempt->observation;
  }
  return nullptr;
}

std::string duration_words(std::uint64_t nanoseconds) {
  const double ms = static_cast<double>(nanoseconds) / 1e6;
  if (ms < 0.095) return fmt::format("{:.2f} ms", ms);
  if (ms < 9.95) return fmt::format("{:.1f} ms", ms);
  if (ms < 999.5) return fmt::format("{:.0f} ms", ms);
  const double seconds = ms / 1e3;
  if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::uint64_t wall_ns(const CaseRecord& record) {
  std::uint64_t sum = 0;
  for (const Attempt& attempt : record.attempts) {
    if (attempt.observation) sum += attempt.observation->wall_ns.value_or(0);
  }
  return sum;
}

std::vector<ReasonGroup> group_by_reason(const std::vector<CaseRecord>& cases) {
  std::vector<ReasonGroup> groups;
  std::map<std::tuple<CaseStatus, std::string, std::string>, std::size_t> index;
  for (const CaseRecord& record : cases) {
    const Verdict& verdict = record.verdict;
    if (verdict.status == CaseStatus::pass || needs_attention(verdict.status)) continue;
    const auto [at, is_new] =
        index.try_emplace({verdict.status, verdict.reason, verdict.hint}, groups.size());
    if (is_new) {
      groups.push_back({verdict.status, clean_line(verdict.reason), clean_line(verdict.hint), {}});
    }
    groups[at->second].cases.push_back(&record);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const ReasonGroup& a, const ReasonGroup& b) {
    if (group_rank(a.status) != group_rank(b.status)) {
      return group_rank(a.status) < group_rank(b.status);
    }
    return a.cases.size() > b.cases.size();
  });
  return groups;
}

std::string group_title(const ReasonGroup& group) {
  switch (group.status) {
    case CaseStatus::unsupported:
      return "could not run here";
    case CaseStatus::xfail:
      return "known to fail";
    default:
      return std::string(status_words(group.status));
  }
}

std::string summary_line(const RunRecord& record) {
  const std::size_t total = record.cases.size();
  std::string text = fmt::format("{} {}", total, total == 1 ? "case" : "cases");
  const char* separator = ": ";
  for (const StatusCount& count : count_statuses(record)) {
    if (count.count == 0) continue;
    text += fmt::format("{}{} {}", separator, count.count, status_words(count.status));
    separator = ", ";
  }
  text += " in " + duration_words(record.duration_ms * 1000000);
  if (!record.complete) text += "; INCOMPLETE: the run was stopped before its end";
  return text;
}

std::string headline(const RunRecord& record) {
  const std::size_t total = record.cases.size();
  const std::size_t as_expected = count_of(record, CaseStatus::pass) +
                                  count_of(record, CaseStatus::xfail) +
                                  count_of(record, CaseStatus::waived);
  if (total == 0) return "Nothing was run";
  std::string text = as_expected == total
                         ? fmt::format("All {} cases as expected", total)
                         : fmt::format("{} of {} cases as expected", as_expected, total);
  if (total == 1 && as_expected == 1) text = "The one case is as expected";
  std::vector<std::string> parts;
  for (const CaseStatus status : {CaseStatus::fail, CaseStatus::xpass, CaseStatus::timeout,
                                  CaseStatus::error, CaseStatus::flaky}) {
    const std::size_t count = count_of(record, status);
    if (count > 0) parts.push_back(fmt::format("{} {}", count, status_words(status)));
  }
  const std::size_t unsupported = count_of(record, CaseStatus::unsupported);
  if (unsupported > 0) parts.push_back(fmt::format("{} could not run here", unsupported));
  for (const CaseStatus status : {CaseStatus::skip, CaseStatus::not_run}) {
    const std::size_t count = count_of(record, status);
    if (count > 0) parts.push_back(fmt::format("{} {}", count, status_words(status)));
  }
  if (!parts.empty()) text += fmt::format(" – {}", fmt::join(parts, ", "));
  return text;
}

}  // namespace memqual
