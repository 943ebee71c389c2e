// SPDX-License-Identifier: Apache-2.0
#include "reports/load_line_words.h"

#include <boost/test/unit_test.hpp>

#include "reports/console_text.h"
#include "reports/prediction_words.h"
#include "reports/render.h"

using namespace memqual;

namespace {

constexpr std::uint64_t kPage = 4096;

// Predicted 64 MiB to 64 MiB + `band`, found `found`.
Attempt attempt(std::uint64_t found, std::uint64_t band = 0) {
  Attempt attempt;
  attempt.verdict.status = CaseStatus::pass;
  StepReport& step = attempt.observation.emplace().steps.emplace_back();
  step.kind = "find_largest";
  step.state = StepState::ended;
  step.largest_bytes = found;
  step.unit_bytes = kPage;
  step.refused_bytes = found + kPage;
  step.refused_errno_name = "ENOMEM";
  Prediction& prediction = attempt.prediction.emplace();
  prediction.allowed = {OutcomeKind::completed};
  prediction.sentence = "completes: no rule stands in the way";
  LoadLine& line = prediction.load_lines.emplace_back();
  line.least_bytes = 64 * kMiB;
  line.most_bytes = 64 * kMiB + band;
  line.unit_bytes = kPage;
  line.formula = "RLIMIT_AS - address space in use";
  line.sentence = "because";
  line.arithmetic = {{"RLIMIT_AS", 66 * kMiB, false, "scenario"}};
  return attempt;
}

std::string only_line(const Attempt& made) {
  const std::vector<std::string> lines = load_line_lines(made);
  BOOST_REQUIRE_EQUAL(lines.size(), 1U);
  return lines.front();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

RunRecord run_of(Attempt made) {
  RunRecord record;
  CaseRecord& entry = record.cases.emplace_back();
  entry.scenario = "line";
  entry.verdict = made.verdict;
  entry.attempts = {std::move(made)};
  return record;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_line_in_reports)

BOOST_AUTO_TEST_CASE(found_and_predicted_stand_side_by_side_to_the_byte) {
  BOOST_TEST(only_line(attempt(64 * kMiB)) ==
             "largest of step 1: 64 MiB (67108864 B) found, 67112960 B refused with ENOMEM; "
             "predicted 64 MiB (67108864 B) = RLIMIT_AS - address space in use");
}

BOOST_AUTO_TEST_CASE(a_band_shows_its_width_and_all_of_it_is_right) {
  const Attempt made = attempt(64 * kMiB + 5 * kPage, 256 * kPage);
  BOOST_TEST((agreement_of(made) == Agreement::right));
  BOOST_TEST(has(only_line(made), "64 MiB (67108864 B) to 65 MiB (68157440 B), a band of 256 x "));
}

BOOST_AUTO_TEST_CASE(a_page_outside_is_a_mismatch_although_the_outcome_is_as_predicted) {
  for (const std::uint64_t found : {64 * kMiB - kPage, 64 * kMiB + kPage}) {
    const Attempt made = attempt(found);
    BOOST_TEST((agreement_of(made) == Agreement::mismatch));
    BOOST_TEST(has(only_line(made), "; outside the predicted 64 MiB"));
    BOOST_TEST(has(prediction_words(made), "MISMATCH: largest of step 1"));
  }
}

BOOST_AUTO_TEST_CASE(a_list_counts_its_blocks) {
  Attempt made = attempt(64 * kMiB);
  made.observation->steps[0].largest_blocks = 64;
  BOOST_TEST(has(only_line(made), "64 blocks = 64 MiB found"));
}

BOOST_AUTO_TEST_CASE(without_a_refusal_none_is_told) {
  Attempt made = attempt(64 * kMiB);
  made.observation->steps[0].refused_bytes = 0;
  BOOST_TEST(has(only_line(made), "found, nothing refused; predicted"));
}

BOOST_AUTO_TEST_CASE(a_case_that_did_not_run_has_the_prediction_alone) {
  Attempt made = attempt(64 * kMiB);
  made.observation.reset();
  BOOST_TEST(only_line(made) ==
             "largest of step 1: predicted 64 MiB (67108864 B) = RLIMIT_AS - address space in use");
  BOOST_TEST(load_line_lines({}).empty());
}

BOOST_AUTO_TEST_CASE(nonsense_of_a_child_or_a_stored_record_is_shown_not_computed_with) {
  Attempt made = attempt(~std::uint64_t{0});
  made.prediction->load_lines[0].unit_bytes = 0;
  made.prediction->load_lines[0].least_bytes = ~std::uint64_t{0};
  BOOST_TEST(has(only_line(made), "outside the predicted"));
  made.prediction->load_lines[0].step = 99;
  BOOST_TEST(has(only_line(made), "step 100: predicted"));
}

BOOST_AUTO_TEST_CASE(console_and_page_show_it) {
  ConsoleStyle style;
  style.verbose = true;
  const RunRecord record = run_of(attempt(64 * kMiB));
  for (const std::string& report : {render_console(record, style), render_html(record)}) {
    BOOST_TEST(has(report, "largest of step 1"));
    BOOST_TEST(has(report, "RLIMIT_AS = 66 MiB (scenario)"));
  }
  BOOST_TEST(has(render_console(record, {}), "largest 64 MiB"));
  BOOST_TEST(step_rows(*record.cases[0].attempts[0].observation)[1][4] == "largest 64 MiB");
}

BOOST_AUTO_TEST_SUITE_END()
