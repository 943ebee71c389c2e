// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/throughput.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <regex>

#include "scenarios/model/text.h"
#include "scenarios/model/workload.h"

namespace memqual {
namespace {

constexpr const char* kNumber = "([0-9]+(?:\\.[0-9]+)?)";

std::string operations_pattern() {
  std::string words;
  for (const std::string& word : words_of<BandwidthOperation>())
    if (!is_fault(*from_word<BandwidthOperation>(word))) words += (words.empty() ? "" : "|") + word;
  return words;
}

std::string share_pattern() {
  return std::string(kNumber) + " ?% of (" + operations_pattern() + ")";
}
std::string absolute_pattern() { return std::string(kNumber) + " ?(kB|MB|GB|KiB|MiB|GiB)/s"; }

double number_of(const std::string& digits) {
  double value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

double unit_bytes(const std::string& unit) {
  const double base = unit.size() == 3 ? 1024 : 1000;
  return std::pow(base, unit[0] == 'G' ? 3 : unit[0] == 'M' ? 2 : 1);
}

}  // namespace

std::string rate_pattern() { return "^(" + share_pattern() + "|" + absolute_pattern() + ")$"; }

Result<Rate> parse_rate(const std::string& text) {
  const Error unknown{in_quotes(text, 60) + " is no rate",
                      "write for instance 80 % of copy (read, write, nt_write, copy or triad), or "
                      "2 GB/s"};
  constexpr std::size_t kLongest = 60;
  if (text.size() > kLongest) return unknown;
  Rate rate;
  rate.text = text;
  std::smatch parts;
  if (std::regex_match(text, parts, std::regex(share_pattern()))) {
    rate.share = number_of(parts[1]) / 100;
    rate.of = from_word<BandwidthOperation>(parts[2].str());
  } else if (std::regex_match(text, parts, std::regex(absolute_pattern()))) {
    rate.bytes_per_second = number_of(parts[1]) * unit_bytes(parts[2]);
  } else {
    return unknown;
  }
  if (!(rate.share > 0) && !(rate.bytes_per_second > 0))
    return Error{in_quotes(text, 60) + " is no rate above 0", unknown.hint};
  return rate;
}

std::vector<BandwidthOperation> limits_of(const ThroughputBound& bound) {
  std::vector<BandwidthOperation> operations;
  for (const std::optional<Rate>* side : {&bound.min, &bound.max})
    if (*side && (*side)->of &&
        std::find(operations.begin(), operations.end(), *(*side)->of) == operations.end())
      operations.push_back(*(*side)->of);
  return operations;
}

double limit_rate(const MachineLimit& limit, BandwidthOperation operation) {
  double most = 0;
  for (const std::vector<BandwidthFigure>* figures : {&limit.before, &limit.after})
    if (const BandwidthFigure* figure = find_figure(*figures, operation, limit.threads))
      most = std::max(most, figure->bytes_per_second());
  return most;
}

std::string doubt_about(const MachineLimit& limit) {
  for (const std::vector<BandwidthFigure>* figures : {&limit.before, &limit.after}) {
    const std::optional<double> control = thread_control(*figures);
    if (control && limit.threads > 1 && control_is_off(*control)) {
      const auto percent = static_cast<int>(std::lround(*control * 100));
      return "two threads copied " + std::to_string(percent) +
             " % as fast as one, where about 190 is usual: other work is running, or both are "
             "threads of one core";
    }
  }
  for (const std::vector<BandwidthFigure>* figures : {&limit.before, &limit.after})
    for (const BandwidthFigure& figure : *figures) {
      const double spread =
          figure.most_ns > figure.least_ns
              ? static_cast<double>(figure.most_ns - figure.least_ns) /
                    static_cast<double>(std::max<std::uint64_t>(1, figure.median_ns))
              : 0;
      if (figure.threads == limit.threads && spread > kMostLimitSpread)
        return "the rounds in which the limit was measured differ by " +
               std::to_string(std::lround(spread * 100)) + " % (" +
               std::string(to_word(figure.operation)) + "): other work is running";
    }
  for (const BandwidthFigure& before : limit.before) {
    if (before.threads != limit.threads) continue;
    const BandwidthFigure* after = find_figure(limit.after, before.operation, before.threads);
    if (after == nullptr) return "the limit was not measured after the case";
    const double first = before.bytes_per_second();
    const double second = after->bytes_per_second();
    const double most = std::max(first, second);
    if (most > 0 && std::abs(first - second) > kMostLimitDrift * most)
      return "the limit itself moved by " +
             std::to_string(std::lround(std::abs(first - second) / most * 100)) + " % (" +
             std::string(to_word(before.operation)) + ") between before and after the case";
  }
  if (limit.before.empty() && limit.after.empty()) return "the limit was not measured";
  return {};
}

}  // namespace memqual
