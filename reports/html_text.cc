// SPDX-License-Identifier: Apache-2.0
#include "reports/html_text.h"

#include <fmt/format.h>

#include <set>

#include "reports/summary.h"

namespace memqual {

std::string html(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (const char c : clean_line(text, max_bytes)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Anchors anchors_of(const std::vector<CaseRecord>& cases) {
  Anchors anchors;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::string anchor = "case-";
    for (const char c : cases[i].hash.substr(0, 40)) {
      if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) anchor += c;
    }
    if (!taken.insert(anchor).second) {
      anchor += "-" + std::to_string(i);
      taken.insert(anchor);
    }
    anchors.emplace(&cases[i], anchor);
  }
  return anchors;
}

std::string status_class(CaseStatus status) {
  if (needs_attention(status)) return "bad";
  return status == CaseStatus::pass || status == CaseStatus::xfail || status == CaseStatus::waived
             ? "good"
             : "idle";
}

std::string_view outcome_class(const CaseRecord& record) {
  const Observation* observation = last_observation(record);
  if (!observation) return "none";
  switch (observation->ending.kind) {
    case OutcomeKind::completed:
      return "granted";
    case OutcomeKind::refused:
      return "refused";
    default:
      return "killed";
  }
}

std::string status_mark(CaseStatus status) {
  return fmt::format(
      "<span class=\"mark {}\"><span aria-hidden=\"true\">{}</span>"
      "<span class=\"ear\">{}: </span></span>",
      status_class(status), status_symbol(status, true), to_word(status));
}

}  // namespace memqual
