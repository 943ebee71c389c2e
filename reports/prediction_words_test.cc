// SPDX-License-Identifier: Apache-2.0
#include "reports/prediction_words.h"

#include <boost/test/unit_test.hpp>

#include "reports/render.h"

using namespace memqual;

namespace {

Attempt attempt(OutcomeKind predicted, OutcomeKind observed) {
  Attempt attempt;
  attempt.verdict.status = CaseStatus::pass;
  attempt.observation.emplace();
  attempt.observation->ending.kind = observed;
  attempt.prediction.emplace();
  attempt.prediction->allowed = {predicted};
  attempt.prediction->sentence = "because of\x1b[31m the rule";
  attempt.prediction->arithmetic = {{"RAM", 8 * kGiB, false, "/proc/meminfo MemTotal"},
                                    {"blocks", 3, true, "scenario"}};
  return attempt;
}

RunRecord run_of(std::vector<Attempt> attempts) {
  RunRecord record;
  for (Attempt& one : attempts) {
    CaseRecord entry;
    entry.scenario = "case" + std::to_string(record.cases.size());
    entry.verdict = one.verdict;
    entry.attempts = {std::move(one)};
    record.cases.push_back(std::move(entry));
  }
  return record;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(prediction_in_reports)

BOOST_AUTO_TEST_CASE(a_right_prediction_says_so_and_is_cleaned) {
  const std::string words = prediction_words(attempt(OutcomeKind::refused, OutcomeKind::refused));
  BOOST_TEST(words == "because of\\x1b[31m the rule - as observed");
}

BOOST_AUTO_TEST_CASE(a_mismatch_shows_both_sides) {
  const std::string words = prediction_words(attempt(OutcomeKind::refused, OutcomeKind::completed));
  BOOST_TEST(words.starts_with("MISMATCH: predicted refused, observed completed"));
}

BOOST_AUTO_TEST_CASE(what_is_not_modelled_is_never_a_mismatch) {
  Attempt open = attempt(OutcomeKind::completed, OutcomeKind::exited);
  open.prediction->not_modelled = {"the program python3"};
  BOOST_TEST((agreement_of(open) == Agreement::uncertain));
  BOOST_TEST(prediction_words(open) == "not certain, outside the model: the program python3");
}

BOOST_AUTO_TEST_CASE(the_score_counts_every_attempt) {
  Attempt uncertain = attempt(OutcomeKind::refused, OutcomeKind::refused);
  uncertain.prediction->uncertain = true;
  const RunRecord record =
      run_of({attempt(OutcomeKind::refused, OutcomeKind::refused),
              attempt(OutcomeKind::refused, OutcomeKind::completed), uncertain});
  BOOST_TEST(oracle_line(record) == "oracle: right in 1 of 3, uncertain 1, mismatch 1");
  BOOST_TEST(mismatch_lines(record).size() == 1U);
  BOOST_TEST(oracle_line(RunRecord{}).empty());
}

BOOST_AUTO_TEST_CASE(a_machine_that_changed_meanwhile_is_no_mismatch_and_counted_apart) {
  Attempt moved = attempt(OutcomeKind::refused, OutcomeKind::completed);
  moved.prediction->moved = {"mem_total: 24 GiB, then 12 GiB"};
  BOOST_TEST((agreement_of(moved) == Agreement::inconclusive));
  BOOST_TEST(prediction_words(moved).find("mem_total: 24 GiB, then 12 GiB") != std::string::npos);
  const RunRecord record = run_of({attempt(OutcomeKind::refused, OutcomeKind::refused), moved});
  BOOST_TEST(oracle_line(record) ==
             "oracle: right in 1 of 2, uncertain 0, mismatch 0, inconclusive 1");
  BOOST_TEST(mismatch_lines(record).empty());
}

BOOST_AUTO_TEST_CASE(a_mismatch_is_told_although_the_case_passed) {
  const RunRecord record = run_of({attempt(OutcomeKind::refused, OutcomeKind::completed)});
  for (const std::string& report : {render_console(record, ConsoleStyle{}), render_html(record)})
    BOOST_TEST(report.find("MISMATCH") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(arithmetic_names_value_and_source) {
  const Attempt one = attempt(OutcomeKind::refused, OutcomeKind::refused);
  const std::vector<std::string> lines = arithmetic_lines(*one.prediction);
  BOOST_TEST(lines.at(0) == "RAM = 8 GiB (/proc/meminfo MemTotal)");
  BOOST_TEST(lines.at(1) == "blocks = 3 (scenario)");
}

BOOST_AUTO_TEST_SUITE_END()
