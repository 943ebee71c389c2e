// SPDX-License-Identifier: Apache-2.0
#include "reports/kernel_words.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;

namespace {

StepReport kernel_step(std::uint64_t round_ns) {
  StepReport step;
  step.kind = "kernel";
  step.name = "sqrt, sum";
  step.label = "roots";
  step.state = StepState::ended;
  KernelReport& report = step.kernel.emplace();
  report.target = "avx2";
  report.tile_rows = 10;
  report.tile_cols = 20;
  report.tiles = 3;
  report.threads = 1;
  report.rounds = 5;
  report.budget_bytes = 8 << 20;
  report.bytes_read = 800'000'000;
  report.bytes_written = 800'000'000;
  report.round_ns = round_ns;
  report.throughput = round_ns == 0 ? 0 : 1'600'000'000'000'000'000U / round_ns;
  report.sum = 0.5;
  report.verified = true;
  return step;
}

CaseRecord way(const std::string& name, std::uint64_t round_ns) {
  CaseRecord record;
  record.scenario = "job";
  record.id = "job[way=" + name + "]-12345678";
  record.parameters = {{"way", name}};
  Observation observation;
  observation.steps = {kernel_step(round_ns)};
  observation.rss_peak_bytes.set(10 << 20, "VmHWM");
  if (round_ns == 0) {
    observation.steps[0].kernel.reset();
    observation.steps[0].state = StepState::running;
    observation.ending.kind = OutcomeKind::oom_killed;
    observation.ending.step = 0;
  }
  record.attempts.emplace_back().observation = observation;
  return record;
}

RunRecord run_of(std::vector<CaseRecord> cases) {
  RunRecord record;
  record.cases = std::move(cases);
  return record;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernel_words)

BOOST_AUTO_TEST_CASE(a_step_says_what_was_moved_how_and_what_came_of_it) {
  Observation observation;
  observation.steps = {kernel_step(100'000'000), StepReport{}};
  const std::vector<std::string> lines = kernel_lines(observation);
  BOOST_REQUIRE(lines.size() == 1u);
  BOOST_TEST(lines[0] ==
             "sqrt, sum [roots]: 16.0 GB/s, 1.6 GB moved in 100 ms (median of 5), 3 tiles of "
             "10x20, 1 thread, budget 8 MiB, avx2, sum 0.5, verified");
}

BOOST_AUTO_TEST_CASE(what_overlapping_tiles_read_again_is_told_beside_what_the_rate_is_of) {
  Observation observation;
  observation.steps = {kernel_step(100'000'000)};
  KernelReport& report = *observation.steps[0].kernel;
  report.bytes_useful = 1'600'000'000;
  BOOST_TEST(kernel_lines(observation).at(0).find("16.0 GB/s, 1.6 GB moved in") !=
             std::string::npos);
  report.bytes_read = 7'200'000'000;
  BOOST_TEST(
      kernel_lines(observation).at(0).find("16.0 GB/s, 1.6 GB (with overlaps 8.0 GB) moved in") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(why_the_tile_was_chosen_stands_with_the_step_and_with_the_price) {
  RunRecord record = run_of({way("a", 100), way("b", 200)});
  KernelReport& report = *record.cases[0].attempts[0].observation->steps[0].kernel;
  report.tile_reason = "10x20 tiles of 1 MiB: whole rows within half of the second cache";
  const std::string words = "3 tiles of 10x20 (1 MiB: whole rows within half of the second cache)";
  BOOST_TEST(tile_words(report) == words);
  BOOST_TEST(kernel_lines(*record.cases[0].attempts[0].observation).at(0).find(words) !=
             std::string::npos);
  BOOST_TEST(html_prices(record).find("<td class=\"muted\">" + words) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_fastest_way_costs_one_and_a_killed_one_has_no_price) {
  const RunRecord record =
      run_of({way("whole", 0), way("big", 100'000'000), way("small", 150'000'000)});
  const std::vector<KernelJob> jobs = kernel_jobs(record);
  BOOST_REQUIRE(jobs.size() == 1u);
  BOOST_REQUIRE(jobs[0].ways.size() == 3u);
  BOOST_TEST(jobs[0].ways[0].price == 0.0);
  BOOST_TEST(jobs[0].ways[0].ending.find("OOM-killed") == 0u);
  BOOST_TEST(jobs[0].ways[1].price == 1.0);
  BOOST_TEST(jobs[0].ways[2].price == 1.5);
  const std::vector<std::string> lines = price_lines(record);
  BOOST_REQUIRE(lines.size() == 4u);
  BOOST_TEST(lines[0] == "job, roots");
  BOOST_TEST(lines[3] == "  way=small    1.50x    150 ms  10.7 GB/s  10 MiB resident");
}

BOOST_AUTO_TEST_CASE(one_way_or_none_that_was_done_is_no_comparison) {
  BOOST_TEST(kernel_jobs(run_of({way("big", 100)})).empty());
  BOOST_TEST(kernel_jobs(run_of({way("a", 0), way("b", 0)})).empty());
  RunRecord unlabelled = run_of({way("a", 100), way("b", 200)});
  for (CaseRecord& entry : unlabelled.cases) entry.attempts[0].observation->steps[0].label.clear();
  BOOST_TEST(kernel_jobs(unlabelled).empty());
  BOOST_TEST(html_prices(unlabelled).empty());
}

BOOST_AUTO_TEST_CASE(the_page_has_a_row_for_each_way_and_nothing_unescaped) {
  RunRecord record = run_of({way("<b>", 0), way("big", 100'000'000)});
  const std::string page = html_prices(record);
  BOOST_TEST(page.find("What each way costs") != std::string::npos);
  BOOST_TEST(page.find("way=&lt;b&gt;") != std::string::npos);
  BOOST_TEST(page.find("1.00x") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
