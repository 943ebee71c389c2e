// SPDX-License-Identifier: Apache-2.0
#include "reports/attribution_words.h"

#include <boost/test/unit_test.hpp>

namespace memqual {
namespace {

Attempt attempt_with(RuleAgreement agreement, std::vector<EvidenceKind> evidence) {
  Attempt attempt;
  Attribution& cause = attempt.attribution.emplace();
  cause.rule = evidence.empty() ? LimitingRule::none : LimitingRule::rlimit_data;
  cause.evidence = std::move(evidence);
  cause.sentence = cause.evidence.empty() ? "undecided: no rule" : "refused by RLIMIT_DATA (1 MiB)";
  cause.agreement = agreement;
  cause.predicted_rule = LimitingRule::rlimit_as;
  return attempt;
}

BOOST_AUTO_TEST_SUITE(attribution_words_of_reports)

BOOST_AUTO_TEST_CASE(a_cause_says_what_shows_it_and_whether_it_was_predicted) {
  struct Row {
    Attempt attempt;
    const char* words;
  };
  for (const Row& row : {
           Row{attempt_with(RuleAgreement::agrees,
                            {EvidenceKind::probes, EvidenceKind::kernel_log}),
               "refused by RLIMIT_DATA (1 MiB) - rule predicted, confirmed by probes and the "
               "kernel log"},
           Row{attempt_with(RuleAgreement::differs, {EvidenceKind::figures}),
               "MISMATCH (attribution): predicted RLIMIT_AS, found RLIMIT_DATA by the process's "
               "figures: refused by RLIMIT_DATA (1 MiB)"},
           Row{attempt_with(RuleAgreement::not_compared, {EvidenceKind::kernel_log}),
               "refused by RLIMIT_DATA (1 MiB) - by the kernel log"},
           Row{attempt_with(RuleAgreement::not_compared, {}), "undecided: no rule"},
           Row{Attempt{}, ""},
       })
    BOOST_TEST(attribution_words(row.attempt) == row.words);
}

BOOST_AUTO_TEST_CASE(a_run_counts_its_causes_and_lists_those_that_differ) {
  RunRecord record;
  BOOST_TEST(cause_line(record).empty());
  CaseRecord entry;
  entry.scenario = entry.id = "case";
  entry.attempts = {attempt_with(RuleAgreement::agrees, {EvidenceKind::probes}),
                    attempt_with(RuleAgreement::differs, {EvidenceKind::probes}),
                    attempt_with(RuleAgreement::not_compared, {EvidenceKind::probes}),
                    attempt_with(RuleAgreement::not_compared, {}), Attempt{}};
  record.cases = {entry};
  BOOST_TEST(cause_line(record) ==
             "causes of refusals: 3 found, 1 as predicted, 1 not compared, mismatch 1, "
             "undecided 1");
  const std::vector<std::string> lines = cause_mismatch_lines(record);
  BOOST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines[0].starts_with("case: MISMATCH (attribution): predicted RLIMIT_AS, found "));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
