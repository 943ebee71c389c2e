// SPDX-License-Identifier: Apache-2.0
#include "reports/prediction_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reports/attribution_words.h"
#include "reports/load_line_words.h"
#include "reports/summary.h"

namespace memqual {
namespace {

std::string allowed_words(const Prediction& prediction) {
  std::vector<OutcomePattern> any_of;
  for (const OutcomeKind kind : prediction.allowed) any_of.push_back({kind, {}});
  return to_string(any_of);
}

std::string left_out(const Prediction& prediction) {
  std::string text;
  for (const std::string& what : prediction.not_modelled) text += (text.empty() ? "" : ", ") + what;
  return text;
}

void add_arithmetic(std::vector<std::string>& lines, const std::vector<Quantity>& arithmetic,
                    const std::string& citation) {
  for (const Quantity& quantity : arithmetic)
    lines.push_back(clean_line(fmt::format(
        "{} = {} ({})", quantity.name,
        quantity.is_count ? std::to_string(quantity.value) : format_bytes(quantity.value),
        quantity.source)));
  if (!citation.empty()) lines.push_back(clean_line("rule: " + citation));
}

// The load line that was missed, where that is all that was missed.
std::string first_outside(const Attempt& attempt) {
  const Prediction& prediction = *attempt.prediction;
  const Ending& ending = attempt.observation->ending;
  if (std::find(prediction.allowed.begin(), prediction.allowed.end(), ending.kind) ==
      prediction.allowed.end())
    return {};
  const std::vector<std::string> lines = load_line_lines(attempt);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (is_outside(prediction.load_lines[i], *attempt.observation)) return lines[i];
  return {};
}

}  // namespace

std::string prediction_words(const Attempt& attempt) {
  if (!attempt.prediction) return {};
  const Prediction& prediction = *attempt.prediction;
  const std::string sentence =
      clean_line(prediction.sentence.empty() ? allowed_words(prediction) : prediction.sentence);
  switch (agreement_of(attempt)) {
    case Agreement::none:
      return sentence;
    case Agreement::right:
      return sentence + " - as observed";
    case Agreement::uncertain:
      if (!prediction.not_modelled.empty())
        return "not certain, outside the model: " + clean_line(left_out(prediction));
      return "either " + allowed_words(prediction) + ": " + sentence;
    case Agreement::inconclusive:
      return "inconclusive, the machine changed meanwhile: " +
             clean_line(fmt::format("{}", fmt::join(prediction.moved, ", ")));
    case Agreement::mismatch:
      if (const std::string line = first_outside(attempt); !line.empty())
        return "MISMATCH: " + line;
      return fmt::format("MISMATCH: predicted {}, observed {}: {}", allowed_words(prediction),
                         clean_line(describe_ending(*attempt.observation)), sentence);
  }
  return sentence;
}

std::vector<std::string> arithmetic_lines(const Prediction& prediction) {
  std::vector<std::string> lines;
  add_arithmetic(lines, prediction.arithmetic, prediction.citation);
  for (const LoadLine& line : prediction.load_lines)
    add_arithmetic(lines, line.arithmetic, line.citation);
  return lines;
}

std::string oracle_line(const RunRecord& record) {
  const OracleScore score = score_oracle(record);
  const std::size_t all = score.right + score.uncertain + score.mismatch + score.inconclusive;
  if (all == 0) return {};
  std::string line = fmt::format("oracle: right in {} of {}, uncertain {}, mismatch {}",
                                 score.right, all, score.uncertain, score.mismatch);
  if (score.inconclusive > 0) line += fmt::format(", inconclusive {}", score.inconclusive);
  return line;
}

std::vector<std::string> mismatch_lines(const RunRecord& record) {
  std::vector<std::string> lines;
  for (const CaseRecord& entry : record.cases)
    for (const Attempt& attempt : entry.attempts)
      if (agreement_of(attempt) == Agreement::mismatch)
        lines.push_back(display_name(entry) + ": " + prediction_words(attempt));
  for (std::string& line : cause_mismatch_lines(record)) lines.push_back(std::move(line));
  return lines;
}

}  // namespace memqual
