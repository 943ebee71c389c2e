// SPDX-License-Identifier: Apache-2.0
#include "reports/summary.h"

#include <boost/test/unit_test.hpp>

#include "reports/sample_record.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

CaseRecord with_status(CaseStatus status, std::string reason = {}, std::string hint = {}) {
  CaseRecord record;
  record.scenario = "a";
  record.verdict.status = status;
  record.verdict.reason = std::move(reason);
  record.verdict.hint = std::move(hint);
  return record;
}

CaseRecord refused_by(const char* setting, std::uint64_t requested) {
  CaseRecord record;
  record.settings = {setting};
  Observation seen;
  seen.ending = {OutcomeKind::refused, 12, "ENOMEM", 0, ""};
  StepReport step;
  step.requested_bytes = requested;
  step.requested_blocks = 1;
  seen.steps = {step};
  seen.commit_limit_bytes.set(10 * kGiB, "");
  record.attempts = {{{}, seen}};
  return record;
}

HostFacts host_of(std::uint64_t memory) {
  HostFacts host;
  host.mem_total_bytes.set(memory, "");
  host.swap_total_bytes.set(0, "");
  host.overcommit_memory.set(0, "");
  return host;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(summary)

BOOST_AUTO_TEST_CASE(durations_read_humanely) {
  const std::pair<std::uint64_t, const char*> rows[] = {
      {0, "0.00 ms"},
      {41000, "0.04 ms"},
      {412000, "0.4 ms"},
      {12000000, "12 ms"},
      {999400000, "999 ms"},
      {1234000000, "1.23 s"},
      {12300000000, "12.3 s"},
      {59940000000, "59.9 s"},
      {59999000000, "1 min 00 s"},
      {125000000000, "2 min 05 s"},
      {3780000000000, "1 h 03 min"},
  };
  for (const auto& [nanoseconds, words] : rows) BOOST_TEST(duration_words(nanoseconds) == words);
}

BOOST_AUTO_TEST_CASE(the_closing_line_names_what_there_was_and_nothing_else) {
  RunRecord run;
  run.duration_ms = 12300;
  for (int i = 0; i < 38; ++i) run.cases.push_back(with_status(CaseStatus::pass));
  run.cases.push_back(with_status(CaseStatus::fail));
  run.cases.push_back(with_status(CaseStatus::unsupported));
  run.cases.push_back(with_status(CaseStatus::unsupported));
  BOOST_TEST(summary_line(run) == "41 cases: 38 passed, 1 failed, 2 unsupported in 12.3 s");
  BOOST_TEST(headline(run) == "38 of 41 cases as expected – 1 failed, 2 could not run here");
  run.complete = false;
  BOOST_TEST(summary_line(run).find("INCOMPLETE") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_empty_run_does_not_claim_success) {
  BOOST_TEST(headline(RunRecord{}) == "Nothing was run");
  BOOST_TEST(summary_line(RunRecord{}) == "0 cases in 0.00 ms");
}

BOOST_AUTO_TEST_CASE(groups_what_did_not_run_by_reason) {
  const std::vector<CaseRecord> cases = {
      with_status(CaseStatus::skip, "when"),
      with_status(CaseStatus::pass),
      with_status(CaseStatus::unsupported, "no root", "sudo"),
      with_status(CaseStatus::fail, "bad"),
      with_status(CaseStatus::unsupported, "no torch", "apt-get"),
      with_status(CaseStatus::unsupported, "no torch", "apt-get"),
  };
  const std::vector<ReasonGroup> groups = group_by_reason(cases);
  BOOST_REQUIRE(groups.size() == 3U);
  BOOST_TEST(groups[0].reason == "no torch");
  BOOST_TEST(groups[0].hint == "apt-get");
  BOOST_TEST(groups[0].cases.size() == 2U);
  BOOST_TEST(groups[1].reason == "no root");
  BOOST_TEST(groups[2].reason == "when");
}

BOOST_AUTO_TEST_CASE(names_the_bound_only_where_the_request_is_above_it) {
  const HostFacts host = host_of(24 * kGiB);
  const std::uint64_t asked = 32 * kGiB;
  BOOST_TEST(refusal_bound(refused_by("x = 1", asked), host) == "RAM + swap 24 GiB");
  BOOST_TEST(refusal_bound(refused_by("x = 1", kGiB), host).empty());
  BOOST_TEST(refusal_bound(refused_by("x = 1", 1024 * kTiB), host) == "address space 128 TiB");
  BOOST_TEST(refusal_bound(refused_by("vm.overcommit_memory = 2 (never)", asked), host) ==
             "commit limit 10 GiB");
  BOOST_TEST(refusal_bound(refused_by("vm.overcommit_memory = 1 (always)", asked), host).empty());
  BOOST_TEST(refusal_bound(refused_by("rlimit address_space = 4 GiB", asked), host) ==
             "rlimit address_space 4 GiB");
  BOOST_TEST(refusal_bound(refused_by("x = 1", asked), HostFacts{}).empty());
  BOOST_TEST(refusal_bound(with_status(CaseStatus::pass), host).empty());
}

BOOST_AUTO_TEST_CASE(the_bound_is_that_of_where_the_case_ran) {
  RunRecord run;
  run.host = host_of(24 * kGiB);
  MachineRecord server;
  server.name = "server";
  server.facts = host_of(128 * kGiB);
  run.machines = {server};
  CaseRecord entry = refused_by("x = 1", 200 * kGiB);
  BOOST_TEST(limit_words(entry, facts_of(run, entry)) == "above RAM + swap 24 GiB");
  entry.machine = "server";
  BOOST_TEST(limit_words(entry, facts_of(run, entry)) == "above RAM + swap 128 GiB");
  entry.machine = "not-booted";
  BOOST_TEST(limit_words(entry, facts_of(run, entry)) == "");
}

BOOST_AUTO_TEST_CASE(a_limit_that_no_fact_tells_is_named_by_its_rule) {
  CaseRecord entry = refused_by("x = 1", kGiB);
  Attempt& attempt = entry.attempts.back();
  attempt.attribution.emplace().rule = LimitingRule::rlimit_data;
  BOOST_TEST(limit_words(entry, HostFacts{}) == "limit: RLIMIT_DATA");
  attempt.attribution.reset();
  Observation& seen = *attempt.observation;
  seen.ending.kind = OutcomeKind::oom_killed;
  BOOST_TEST(limit_words(entry, HostFacts{}) == "");
  attempt.prediction.emplace().allowed = {OutcomeKind::oom_killed};
  attempt.prediction->rule = LimitingRule::host_memory;
  seen.mem_available_before_bytes.set(400 * kMiB, "");
  BOOST_TEST(limit_words(entry, HostFacts{}) == "above available memory 400 MiB");
  entry.settings = {"cgroup memory_max = 64 MiB"};
  BOOST_TEST(limit_words(entry, HostFacts{}) == "above available memory 400 MiB");
  attempt.prediction->rule = LimitingRule::cgroup_memory;
  BOOST_TEST(limit_words(entry, HostFacts{}) == "above cgroup memory_max 64 MiB");
}

BOOST_AUTO_TEST_CASE(a_search_is_limited_by_the_first_term_of_its_load_line) {
  CaseRecord entry = refused_by("x = 1", kGiB);
  Attempt& attempt = entry.attempts.back();
  attempt.observation->ending.kind = OutcomeKind::completed;
  attempt.observation->steps[0].largest_bytes = kGiB;
  LoadLine& line = attempt.prediction.emplace().load_lines.emplace_back();
  line.formula = "commit limit - committed before";
  BOOST_TEST(limit_words(entry, HostFacts{}) == "limit: commit limit - ...");
  line.formula = "RAM + swap";
  BOOST_TEST(limit_words(entry, HostFacts{}) == "limit: RAM + swap");
  attempt.observation->steps[0].largest_bytes.reset();
  BOOST_TEST(limit_words(entry, HostFacts{}) == "");
}

BOOST_AUTO_TEST_CASE(every_status_has_a_symbol_words_and_a_plain_symbol) {
  for (int i = 0; i <= static_cast<int>(CaseStatus::not_run); ++i) {
    const auto status = static_cast<CaseStatus>(i);
    BOOST_TEST(!status_symbol(status, true).empty());
    BOOST_TEST(status_symbol(status, false).size() == 1U);
    BOOST_TEST(!status_words(status).empty());
    BOOST_TEST(!(needs_attention(status) && is_acceptable(status)));
  }
}

BOOST_AUTO_TEST_CASE(long_output_keeps_its_end_and_says_so) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "line " + std::to_string(i) + "\n";
  const std::vector<std::string> lines = clean_lines(text, 5);
  BOOST_REQUIRE(lines.size() == 6U);
  BOOST_TEST(lines.front() == "(only the end is shown)");
  BOOST_TEST(lines.back() == "line 99999");
  BOOST_TEST(clean_lines("a\n\nb\n", 5).size() == 3U);
  BOOST_TEST(clean_lines("", 5).empty());
}

BOOST_AUTO_TEST_CASE(host_facts_that_are_not_known_are_said_to_be_unknown) {
  for (const HostLine& line : host_lines(HostFacts{})) BOOST_TEST(line.words == "unknown");
  for (const HostLine& line : host_lines(sample_record().host)) {
    BOOST_TEST(line.words != "unknown", line.name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
