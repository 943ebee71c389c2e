// SPDX-License-Identifier: Apache-2.0
#include "reports/bandwidth_words.h"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "reports/render.h"
#include "reports/summary.h"

using namespace memqual;
using Operation = BandwidthOperation;

namespace {

BandwidthFigure figure(Operation operation, std::uint32_t threads, double gb_per_second) {
  BandwidthFigure made;
  made.operation = operation;
  made.threads = threads;
  made.way = "streaming stores";
  made.moved_bytes = 512 * kMiB;
  made.median_ns = static_cast<std::uint64_t>(static_cast<double>(512 * kMiB) / gb_per_second);
  made.least_ns = made.median_ns / 2;
  made.most_ns = made.median_ns * 2;
  made.first_ns = made.median_ns * 4;
  made.faults = is_fault(operation) ? 131072 : 0;
  return made;
}

Observation seen(std::vector<BandwidthFigure> figures) {
  Observation observation;
  StepReport& step = observation.steps.emplace_back();
  step.kind = "bandwidth";
  step.state = StepState::ended;
  step.bandwidth = std::move(figures);
  return observation;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bandwidth_in_reports)

BOOST_AUTO_TEST_CASE(a_rate_has_three_digits_at_most_and_nonsense_has_none) {
  const std::vector<std::pair<double, const char*>> rows = {
      {23.44e9, "23.4 GB/s"},
      {1e9, "1.0 GB/s"},
      {3.5e8, "350 MB/s"},
      {0, "-"},
      {-1, "-"},
      {std::numeric_limits<double>::quiet_NaN(), "-"},
      {std::numeric_limits<double>::infinity(), "-"}};
  for (const auto& [rate, words] : rows) BOOST_TEST(rate_words(rate) == words);
}

BOOST_AUTO_TEST_CASE(a_line_has_the_median_the_spread_and_the_way) {
  const auto lines = bandwidth_lines(seen({figure(Operation::copy, 2, 40)}));
  BOOST_REQUIRE_EQUAL(lines.size(), 1U);
  BOOST_TEST(lines[0] ==
             "copy, 2 threads: 40.0 GB/s (20.0 GB/s to 80.0 GB/s), by streaming stores");
}

BOOST_AUTO_TEST_CASE(a_first_touch_has_its_cost_per_page_and_what_the_very_first_cost) {
  const auto lines = bandwidth_lines(seen({figure(Operation::page_fault, 1, 2.048)}));
  BOOST_REQUIRE_EQUAL(lines.size(), 1U);
  BOOST_TEST(lines[0] ==
             "first touch, base pages, 1 thread: 2.0 GB/s (1.0 GB/s to 4.1 GB/s), 2000 ns per "
             "4 KiB, 131072 faults; the very first 512 MB/s");
}

BOOST_AUTO_TEST_CASE(a_control_that_is_off_is_told_loudly_and_one_that_is_right_is_not) {
  const auto with_two = [](double rate) {
    return bandwidth_lines(
        seen({figure(Operation::copy, 1, 20), figure(Operation::copy, 2, rate)}));
  };
  BOOST_TEST(with_two(38).size() == 2U);
  BOOST_REQUIRE_EQUAL(with_two(24).size(), 3U);
  BOOST_TEST(has(with_two(24)[2],
                 "do not believe the figures of several threads: two copy "
                 "1.20 times as fast as one"));
}

BOOST_AUTO_TEST_CASE(console_and_page_show_the_figures) {
  RunRecord record;
  CaseRecord& entry = record.cases.emplace_back();
  entry.scenario = "limits";
  entry.verdict.status = CaseStatus::pass;
  Attempt& attempt = entry.attempts.emplace_back();
  attempt.verdict = entry.verdict;
  attempt.observation = seen({figure(Operation::copy, 1, 20), figure(Operation::read, 1, 16)});
  attempt.observation->steps[0].bandwidth[1].way = "<b>\x1b[31m";
  ConsoleStyle style;
  style.verbose = true;
  const std::string page = render_html(record);
  for (const std::string& report : {render_console(record, style), page}) {
    BOOST_TEST(has(report, "copy, 1 thread: 20.0 GB/s"));
    BOOST_TEST(!has(report, "\x1b[31m"));
  }
  BOOST_TEST(!has(page, "<b>\\x1b"));
  BOOST_TEST(has(outcome_words(entry).what, "copy 20.0 GB/s"));
}

BOOST_AUTO_TEST_SUITE_END()
