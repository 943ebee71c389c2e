// SPDX-License-Identifier: Apache-2.0
#include "reports/load_line_words.h"

#include <fmt/format.h>

#include "reports/summary.h"

namespace memqual {
namespace {

std::string exact(std::uint64_t bytes) {
  return fmt::format("{} ({} B)", format_bytes(bytes), bytes);
}

std::string unit_words(const LoadLine& line) {
  const std::uint64_t units = (line.most_bytes - line.least_bytes) / line.unit_bytes;
  if (line.unit_bytes == 1) return fmt::format("{} B", units);
  return fmt::format("{} x {}", units, format_bytes(line.unit_bytes));
}

std::string observed_words(const StepReport& step) {
  if (!step.largest_bytes) return exact(step.touched_bytes) + " until it was killed";
  std::string text = found_words(step);
  if (step.largest_blocks == 0) text = exact(*step.largest_bytes);
  text += " found";
  if (step.refused_bytes == 0) return text + ", nothing refused";
  return text + fmt::format(", {} B refused with {}", step.refused_bytes, step.refused_errno_name);
}

}  // namespace

std::string found_words(const StepReport& step) {
  if (!step.largest_bytes) return {};
  const std::string bytes = format_bytes(*step.largest_bytes);
  if (step.largest_blocks == 0) return bytes;
  return fmt::format("{} {} = {}", step.largest_blocks,
                     step.largest_blocks == 1 ? "block" : "blocks", bytes);
}

std::string line_words(const LoadLine& line) {
  if (line.least_bytes >= line.most_bytes || line.unit_bytes == 0) return exact(line.most_bytes);
  return fmt::format("{} to {}, a band of {}", exact(line.least_bytes), exact(line.most_bytes),
                     unit_words(line));
}

std::vector<std::string> load_line_lines(const Attempt& attempt) {
  std::vector<std::string> lines;
  if (!attempt.prediction) return lines;
  for (const LoadLine& line : attempt.prediction->load_lines) {
    const bool touches = line.rule == LimitingRule::cgroup_memory;
    std::string text =
        fmt::format("{} step {}: ", touches ? "touched in" : "largest of", line.step + 1);
    if (attempt.observation && reached_bytes(*attempt.observation, line.step)) {
      text += observed_words(attempt.observation->steps[line.step]) + "; ";
      if (is_outside(line, *attempt.observation)) text += "outside the ";
    }
    lines.push_back(clean_line(text + "predicted " + line_words(line) + " = " + line.formula, 500));
  }
  return lines;
}

}  // namespace memqual
