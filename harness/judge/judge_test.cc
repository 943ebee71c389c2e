// SPDX-License-Identifier: Apache-2.0
#include "harness/judge/judge.h"

#include <boost/test/unit_test.hpp>

#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

/// A case that allocated `a` and touched it, and ended so.
Observation ended(OutcomeKind kind, int number = 0, std::optional<std::size_t> at = {}) {
  Observation observation;
  observation.ending.kind = kind;
  observation.ending.number = number;
  observation.ending.step = at;
  observation.ending.evidence = "evidence of the test";
  observation.steps.resize(2);
  observation.steps[0].kind = "allocate";
  observation.steps[0].name = "a";
  observation.steps[1].kind = "touch";
  observation.steps[1].name = "a";
  observation.steps[1].label = "fill";
  return observation;
}

Observation refused(const std::string& errno_name) {
  Observation observation = ended(OutcomeKind::refused, 12, 0);
  observation.ending.errno_name = errno_name;
  return observation;
}

Case expecting(Expectation expectation) {
  Case test_case = make_case("c", {allocate("a", "1 GiB"), touch("a")});
  test_case.expect = std::move(expectation);
  return test_case;
}

Case expecting(OutcomeKind kind) { return expecting(expect_outcome({{kind, {}}})); }

Case bounded(const Bound& bound) {
  Expectation expectation;
  expectation.bounds = {bound};
  return expecting(std::move(expectation));
}

Verdict judged(const Case& test_case, const Observation& observation) {
  return judge(test_case, observation, laptop());
}

std::string status_word(const Verdict& verdict) { return std::string(to_word(verdict.status)); }

Case known_to_fail(OutcomeKind kind, const std::string& when = "") {
  Case test_case = expecting(kind);
  test_case.xfail = ExpectedFailure{{}, "issue 42"};
  if (!when.empty()) test_case.xfail->when = expression(when);
  return test_case;
}

Attempt attempt(CaseStatus status, const std::string& reason = "") {
  Attempt made;
  made.verdict.status = status;
  made.verdict.reason = reason;
  made.observation = Observation{};
  return made;
}

std::string over(const std::vector<CaseStatus>& statuses) {
  std::vector<Attempt> attempts;
  for (const CaseStatus status : statuses) attempts.push_back(attempt(status));
  return status_word(judge_attempts(attempts));
}

int exit_code(const std::vector<CaseStatus>& statuses, bool complete = true) {
  RunRecord record;
  record.complete = complete;
  for (const CaseStatus status : statuses) {
    CaseRecord entry;
    entry.verdict.status = status;
    const bool ran = status != CaseStatus::skip && status != CaseStatus::unsupported &&
                     status != CaseStatus::not_run;
    if (ran) entry.attempts.push_back(attempt(status));
    record.cases.push_back(entry);
  }
  return exit_code_of(record);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(judging)

BOOST_AUTO_TEST_CASE(an_expected_ending_passes_and_any_other_fails) {
  using K = OutcomeKind;
  struct Row {
    std::vector<OutcomePattern> expected;
    Observation observed;
    const char* status;
  };
  for (const Row& row : {
           Row{{{K::completed, {}}}, ended(K::completed), "PASS"},
           Row{{{K::completed, {}}}, ended(K::refused, 12, 0), "FAIL"},
           Row{{{K::refused, {}}}, ended(K::refused, 12, 0), "PASS"},
           Row{{{K::refused, {}}}, ended(K::completed), "FAIL"},
           Row{{{K::refused, {}}, {K::oom_killed, {}}}, ended(K::oom_killed, 9, 1), "PASS"},
           Row{{{K::oom_killed, {}}}, ended(K::signalled, 9, 1), "FAIL"},
           Row{{{K::bus_error, {}}}, ended(K::segfault, 11, 1), "FAIL"},
           Row{{{K::corrupted, {}}}, ended(K::corrupted, 0, 1), "PASS"},
           Row{{{K::exited, 3}}, ended(K::exited, 3, 1), "PASS"},
           Row{{{K::exited, 3}}, ended(K::exited, 4, 1), "FAIL"},
           Row{{{K::exited, {}}}, ended(K::exited, 4, 1), "PASS"},
           Row{{{K::signalled, 15}}, ended(K::signalled, 6, 1), "FAIL"},
           Row{{{K::signalled, 15}, {K::signalled, 6}}, ended(K::signalled, 6, 1), "PASS"},
           Row{{{K::timed_out, {}}}, ended(K::timed_out, 0, 1), "PASS"},
           Row{{{K::timed_out, {}}}, ended(K::completed), "FAIL"},
           Row{{{K::completed, {}}}, ended(K::timed_out, 0, 1), "TIMEOUT"},
       }) {
    const Verdict verdict = judged(expecting(expect_outcome(row.expected)), row.observed);
    const std::string what = to_string(row.expected) + " / " + describe_ending(row.observed);
    BOOST_TEST(status_word(verdict) == row.status, what << ": " << status_word(verdict));
    BOOST_REQUIRE(verdict.checks.size() == 1u);
    BOOST_TEST(verdict.checks[0].what == "outcome");
    BOOST_TEST(verdict.checks[0].expected == to_string(row.expected));
    BOOST_TEST(verdict.checks[0].observed == describe_ending(row.observed));
    BOOST_TEST(verdict.checks[0].ok == (std::string(row.status) == "PASS"));
    BOOST_TEST(verdict.reason.empty() == (std::string(row.status) == "PASS"));
  }
}

BOOST_AUTO_TEST_CASE(a_completed_case_leaves_no_process_behind) {
  Observation observation = ended(OutcomeKind::completed);
  observation.leaks = {{4711, "sleeper"}, {4712, "other"}};
  const Verdict verdict = judged(expecting(OutcomeKind::completed), observation);
  BOOST_TEST(status_word(verdict) == "FAIL");
  BOOST_TEST(verdict.checks.at(0).ok);
  BOOST_TEST(contains(verdict.reason, "2, sleeper first"));
  // What was killed had no chance to wait for what it had started.
  Observation killed = ended(OutcomeKind::oom_killed, 9, 1);
  killed.leaks = observation.leaks;
  BOOST_TEST(status_word(judged(expecting(OutcomeKind::oom_killed), killed)) == "PASS");
}

BOOST_AUTO_TEST_CASE(the_reason_of_a_failure_shows_both_sides) {
  const Verdict verdict = judged(expecting(OutcomeKind::refused), ended(OutcomeKind::completed));
  BOOST_TEST(verdict.reason == "outcome: expected refused, observed completed");
}

BOOST_AUTO_TEST_CASE(a_case_that_expects_nothing_passes_unless_the_harness_had_to_kill_it) {
  Expectation nothing;
  nothing.none = true;
  BOOST_TEST(status_word(judged(expecting(nothing), ended(OutcomeKind::segfault, 11, 1))) ==
             "PASS");
  BOOST_TEST(judged(expecting(nothing), ended(OutcomeKind::segfault, 11, 1)).checks.empty());
  BOOST_TEST(status_word(judged(expecting(nothing), ended(OutcomeKind::timed_out, 0, 1))) ==
             "TIMEOUT");
}

BOOST_AUTO_TEST_CASE(the_first_rule_that_holds_decides) {
  Expectation expectation;
  const auto rule = [&](const char* when, OutcomeKind kind) {
    OutcomeRule made{{}, {{kind, {}}}, false};
    if (when != nullptr) made.when = expression(when);
    expectation.rules.push_back(made);
  };
  rule("mode == never", OutcomeKind::refused);
  rule("mem_total > 64 GiB", OutcomeKind::segfault);
  rule("mem_total == 8 GiB & mode == always", OutcomeKind::completed);
  rule(nullptr, OutcomeKind::bus_error);
  Case test_case = expecting(expectation);
  for (const auto& [mode, kind] :
       {std::pair{"never", OutcomeKind::refused}, std::pair{"always", OutcomeKind::completed},
        std::pair{"heuristic", OutcomeKind::bus_error}}) {
    test_case.parameters = {{"mode", mode}};
    BOOST_TEST(status_word(judged(test_case, ended(kind))) == "PASS", mode);
    BOOST_TEST(status_word(judged(test_case, ended(OutcomeKind::segfault, 11))) == "FAIL", mode);
  }
}

BOOST_AUTO_TEST_CASE(without_a_rule_that_holds_there_is_no_verdict) {
  Case test_case = expecting(OutcomeKind::completed);
  test_case.expect.rules[0].when = expression("root");
  const Verdict verdict = judged(test_case, ended(OutcomeKind::completed));
  BOOST_TEST(status_word(verdict) == "ERROR");
  BOOST_TEST(contains(verdict.hint, "without `when:`"));
  test_case.expect.rules[0].when = expression("commit_limit > 1 GiB");  // unknown here
  BOOST_TEST(status_word(judged(test_case, ended(OutcomeKind::completed))) == "ERROR");
  test_case.expect.rules[0].when = expression("mem_totl > 1 GiB");
  const Verdict broken = judged(test_case, ended(OutcomeKind::completed));
  BOOST_TEST(status_word(broken) == "ERROR");
  BOOST_TEST(contains(broken.reason, "mem_totl"));
}

BOOST_AUTO_TEST_CASE(bounds_are_inclusive_and_exact) {
  const Bound both{Metric::rss_peak, size("1 MiB"), size("25% of mem_total")};
  struct Row {
    std::uint64_t peak;
    const char* status;
  };
  for (const Row& row : {Row{kMiB - 1, "FAIL"}, Row{kMiB, "PASS"}, Row{kMiB + 1, "PASS"},
                         Row{2 * kGiB, "PASS"}, Row{2 * kGiB + 1, "FAIL"}}) {
    Observation observation = ended(OutcomeKind::completed);
    observation.rss_peak_bytes.set(row.peak, "test");
    const Verdict verdict = judged(bounded(both), observation);
    BOOST_TEST(status_word(verdict) == row.status, row.peak);
    BOOST_TEST(verdict.checks.at(0).expected == ">= 1 MiB and <= 2 GiB");
    // Rounded figures may look alike, so the bytes are there too.
    BOOST_TEST(contains(verdict.checks.at(0).observed, "(" + std::to_string(row.peak) + " B)"));
  }
}

BOOST_AUTO_TEST_CASE(counts_are_bounded_without_units) {
  Observation observation = ended(OutcomeKind::completed);
  observation.major_faults.set(3, "test");
  const Verdict verdict =
      judged(bounded({Metric::major_faults, {}, Size::of_bytes(2)}), observation);
  BOOST_TEST(verdict.reason == "major_faults: expected <= 2, observed 3");
  observation.steps[0].granted_blocks = 7;
  BOOST_TEST(
      status_word(judged(bounded({Metric::granted_blocks, Size::of_bytes(7), Size::of_bytes(7)}),
                         observation)) == "PASS");
}

BOOST_AUTO_TEST_CASE(a_figure_that_was_not_observed_meets_no_bound) {
  const Verdict verdict =
      judged(bounded({Metric::swap_peak, size("0 B"), {}}), ended(OutcomeKind::completed));
  BOOST_TEST(verdict.reason == "swap_peak: expected >= 0 B, observed not observed");
  BOOST_TEST(status_word(verdict) == "FAIL");
}

BOOST_AUTO_TEST_CASE(a_predicted_outcome_includes_what_a_search_finds) {
  Expectation expectation;
  expectation.rules.push_back({std::nullopt, {}, true});
  const Case test_case = expecting(std::move(expectation));
  Prediction prediction;
  prediction.allowed = {OutcomeKind::completed};
  prediction.load_lines.resize(2);
  prediction.load_lines[0].least_bytes = prediction.load_lines[0].most_bytes = kGiB;
  prediction.load_lines[0].formula = "RAM + swap";
  prediction.load_lines[1].step = 9;
  Observation observation = ended(OutcomeKind::completed);
  observation.steps[0].largest_bytes = kGiB;
  BOOST_TEST(status_word(judge(test_case, observation, laptop(), &prediction)) == "PASS");
  observation.steps[0].largest_bytes = kGiB - 4096;
  const Verdict missed = judge(test_case, observation, laptop(), &prediction);
  BOOST_TEST(status_word(missed) == "FAIL");
  BOOST_TEST(contains(missed.reason, "largest: expected 1 GiB (1073741824 B), as predicted"));
  BOOST_TEST(contains(missed.reason, "(1073737728 B)"));
  // A number of the author's own is what counts where there is one and no `predicted`.
  const Case own = bounded({Metric::largest, {}, size("1 GiB")});
  BOOST_TEST(status_word(judge(own, observation, laptop(), &prediction)) == "PASS");
}

BOOST_AUTO_TEST_CASE(the_place_is_a_label_a_name_or_a_kind) {
  struct Row {
    const char* at;
    std::optional<std::size_t> step;
    bool ok;
  };
  for (const Row& row : {Row{"fill", 1, true}, Row{"touch", 1, true}, Row{"a", 1, true},
                         Row{"a", 0, true}, Row{"allocate", 0, true}, Row{"fill", 0, false},
                         Row{"allocate", 1, false}, Row{"a", {}, false}, Row{"a", 9, false}}) {
    Case test_case = expecting(OutcomeKind::refused);
    test_case.expect.at = row.at;
    const Verdict verdict = judged(test_case, ended(OutcomeKind::refused, 12, row.step));
    BOOST_REQUIRE(verdict.checks.size() == 2u);
    BOOST_TEST(verdict.checks[1].what == "at");
    BOOST_TEST(verdict.checks[1].ok == row.ok, row.at << ": " << verdict.checks[1].observed);
    BOOST_TEST((verdict.status == CaseStatus::pass) == row.ok);
  }
}

BOOST_AUTO_TEST_CASE(the_errno_must_be_the_one_named) {
  Case test_case = expecting(OutcomeKind::refused);
  test_case.expect.errno_name = "ENOMEM";
  BOOST_TEST(status_word(judged(test_case, refused("ENOMEM"))) == "PASS");
  BOOST_TEST(judged(test_case, refused("EAGAIN")).reason ==
             "errno: expected ENOMEM, observed EAGAIN");
  BOOST_TEST(judged(test_case, refused("")).reason == "errno: expected ENOMEM, observed none");
}

BOOST_AUTO_TEST_CASE(a_kill_by_the_harness_says_nothing_about_the_kernel) {
  struct Row {
    OutcomeKind kind;
    const char* evidence;
    const char* status;
  };
  for (const Row& row :
       {Row{OutcomeKind::timed_out, "SIGTERM by the harness at the timeout", "TIMEOUT"},
        Row{OutcomeKind::killed_by_harness, "SIGTERM by the harness: stop requested", "NOT_RUN"},
        Row{OutcomeKind::killed_by_harness,
            "SIGKILL by the harness: available memory fell below the reserve", "ERROR"}}) {
    Observation observation = ended(row.kind, 0, 1);
    observation.ending.evidence = row.evidence;
    const Verdict verdict = judged(expecting(OutcomeKind::oom_killed), observation);
    BOOST_TEST(status_word(verdict) == row.status);
    BOOST_TEST(verdict.reason == row.evidence);
    BOOST_TEST(verdict.checks.size() == 1u);
    // Who expects it passes.
    BOOST_TEST(status_word(judged(expecting(row.kind), observation)) == "PASS");
  }
}

BOOST_AUTO_TEST_CASE(a_known_failure_is_xfail_and_its_end_is_xpass) {
  const Case test_case = known_to_fail(OutcomeKind::completed);
  const Verdict failed = judged(test_case, ended(OutcomeKind::refused, 12, 0));
  BOOST_TEST(status_word(failed) == "XFAIL");
  BOOST_TEST(contains(failed.reason, "issue 42"));
  BOOST_TEST(contains(failed.reason, "expected completed"));
  const Verdict passed = judged(test_case, ended(OutcomeKind::completed));
  BOOST_TEST(status_word(passed) == "XPASS");
  BOOST_TEST(contains(passed.hint, "remove `xfail:`"));
  BOOST_TEST(status_word(judged(test_case, ended(OutcomeKind::timed_out, 0, 1))) == "XFAIL");
}

BOOST_AUTO_TEST_CASE(a_known_failure_excuses_no_trouble_of_our_own) {
  Observation guarded = ended(OutcomeKind::killed_by_harness, 0, 1);
  BOOST_TEST(status_word(judged(known_to_fail(OutcomeKind::completed), guarded)) == "ERROR");
}

BOOST_AUTO_TEST_CASE(a_failure_is_known_only_where_its_condition_holds) {
  const Observation refusal = ended(OutcomeKind::refused, 12, 0);
  BOOST_TEST(status_word(judged(known_to_fail(OutcomeKind::completed, "cpus == 4"), refusal)) ==
             "XFAIL");
  BOOST_TEST(status_word(judged(known_to_fail(OutcomeKind::completed, "cpus == 5"), refusal)) ==
             "FAIL");
  // Unknown is not true: a host that does not tell gets no excuse.
  BOOST_TEST(status_word(judged(known_to_fail(OutcomeKind::completed, "commit_limit > 0 B"),
                                refusal)) == "FAIL");
}

BOOST_AUTO_TEST_CASE(repeats_that_agree_keep_their_status_and_others_are_flaky) {
  using S = CaseStatus;
  BOOST_TEST(over({}) == "NOT_RUN");
  BOOST_TEST(over({S::pass, S::pass, S::pass}) == "PASS");
  BOOST_TEST(over({S::fail, S::fail}) == "FAIL");
  BOOST_TEST(over({S::xfail, S::xfail}) == "XFAIL");
  BOOST_TEST(over({S::xpass, S::xpass}) == "XPASS");
  BOOST_TEST(over({S::unsupported, S::unsupported}) == "UNSUPPORTED");
  BOOST_TEST(over({S::pass, S::fail}) == "FLAKY");
  BOOST_TEST(over({S::fail, S::pass, S::pass}) == "FLAKY");
  BOOST_TEST(over({S::pass, S::timeout}) == "FLAKY");
  BOOST_TEST(over({S::xfail, S::xpass}) == "FLAKY");  // the same mix, for a case known to fail
  BOOST_TEST(over({S::xpass, S::xfail}) == "FLAKY");
  BOOST_TEST(over({S::pass, S::error, S::fail}) == "ERROR");
  BOOST_TEST(over({S::error, S::error}) == "ERROR");
  BOOST_TEST(over({S::pass, S::not_run}) == "NOT_RUN");  // stopped in the middle
}

BOOST_AUTO_TEST_CASE(a_flaky_verdict_counts_and_shows_the_first_failure) {
  const Verdict verdict =
      judge_attempts({attempt(CaseStatus::pass), attempt(CaseStatus::fail, "too much"),
                      attempt(CaseStatus::fail, "far too much")});
  BOOST_TEST(verdict.reason == "passed 1 of 3 repeats; too much");
}

BOOST_AUTO_TEST_CASE(the_exit_code_is_the_worst_news) {
  using S = CaseStatus;
  struct Row {
    std::vector<CaseStatus> statuses;
    int code;
  };
  for (const Row& row :
       {Row{{}, 4}, Row{{S::pass}, 0},
        Row{{S::pass, S::xfail, S::waived, S::skip, S::unsupported}, 0},
        Row{{S::skip, S::unsupported}, 4}, Row{{S::pass, S::fail}, 1}, Row{{S::xpass}, 1},
        Row{{S::timeout}, 1}, Row{{S::flaky}, 1}, Row{{S::pass, S::error}, 3},
        Row{{S::error, S::fail}, 1}, Row{{S::error, S::not_run}, 3}, Row{{S::pass, S::not_run}, 5},
        Row{{S::fail, S::not_run}, 1}, Row{{S::not_run}, 5}}) {
    std::string what;
    for (const CaseStatus status : row.statuses) what += std::string(to_word(status)) + " ";
    BOOST_TEST(exit_code(row.statuses) == row.code, what);
  }
  BOOST_TEST(exit_code({S::pass}, false) == 5);
}

BOOST_AUTO_TEST_SUITE_END()
