// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/record_codec.h"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <regex>
#include <set>

namespace memqual {
namespace {

/// Every fact known, each with a value of its own.
HostFacts full_facts() {
  HostFacts facts;
  std::uint64_t number = 1;
  for (const FactField& row : fact_table()) {
    const std::string source = "source of " + row.name;
    if (auto* member = std::get_if<Fact<std::uint64_t> HostFacts::*>(&row.member)) {
      (facts.*(*member)).set(number++, source);
    } else if (auto* text = std::get_if<Fact<std::string> HostFacts::*>(&row.member)) {
      (facts.*(*text)).set("text " + row.name, source);
    } else {
      (facts.*std::get<Fact<bool> HostFacts::*>(row.member)).set(true, source);
    }
  }
  facts.rlimits["stack"].set(8 * kMiB, "getrlimit");
  facts.rlimits["data"].source = "getrlimit";
  facts.rlimits["core"];
  facts.numa_nodes = {{0, 1000, 900, "0-3", {10, 21}}, {1, 2000, 1900}};
  facts.programs = {{"python3", true}, {"a/b~c", false}};
  facts.python_modules = {{"numpy", false}};
  return facts;
}

KernelReport full_kernel_report() {
  KernelReport report;
  report.target = "avx2";
  report.tile_rows = 41;
  report.tile_cols = 42;
  report.tile_bytes = 43;
  report.tile_reason = "half of the second cache";
  report.tiles = 44;
  report.budget_bytes = 45;
  report.threads = 46;
  report.pinned_threads = 47;
  report.rounds = 48;
  report.bytes_read = 49;
  report.bytes_written = 50;
  report.bytes_useful = 62;
  report.round_ns = 51;
  report.fastest_ns = 52;
  report.throughput = 53;
  report.sum = 0.1;
  report.integer_sum = -54;
  report.least = -std::numeric_limits<double>::infinity();
  report.most = 1e300;
  report.checksum = "00ff";
  report.verified = true;
  report.device = DeviceReport{"NVIDIA H200", 55, 56, 57, 58, 59, 60, 61};
  return report;
}

StepReport full_step() {
  StepReport step;
  step.kind = "command";
  step.name = "python3 x.py";
  step.label = "train";
  step.state = StepState::failed;
  step.error = 12;
  step.error_name = "ENOMEM";
  step.requested_bytes = 100;
  step.granted_bytes = 90;
  step.requested_blocks = 10;
  step.granted_blocks = 9;
  step.touched_bytes = 80;
  step.rss_bytes = 70;
  step.vsz_bytes = 60;
  step.elapsed_ns = 50;
  step.exit_status = 3;
  step.term_signal = 9;
  step.command_rss_peak_bytes = 40;
  step.output = "line\n\ttab \"quoted\" \\ ü";
  step.detail = "block 10 failed";
  step.placed = {{0, 12}, {1, 13}};
  step.absent_pages = 14;
  Refusal& refusal = step.refusal.emplace();
  refusal.call = RefusedCall::brk;
  refusal.length_bytes = 30;
  refusal.probes = {{ProbeKind::hole, 13, "EACCES"}, {ProbeKind::lock_on_fault, 0, ""}};
  refusal.vsz_bytes = 31;
  refusal.data_bytes = 32;
  refusal.locked_bytes = 33;
  refusal.map_count = 34;
  refusal.rlimit_as_bytes = 35;
  refusal.rlimit_data_bytes = 36;
  refusal.rlimit_memlock_bytes = 0;
  refusal.may_lock = true;
  step.largest_bytes = 39;
  step.largest_blocks = 3;
  step.unit_bytes = 13;
  step.refused_bytes = 52;
  step.refused_errno_name = "EAGAIN";
  step.bandwidth = {
      {BandwidthOperation::huge_page_fault, 2, "a way", 101, 102, 103, 104, 105, 106, 107, 108}};
  step.kernel = full_kernel_report();
  return step;
}

Observation full_observation() {
  Observation seen;
  seen.ending = {OutcomeKind::refused, 12, "ENOMEM", 1, "errno 12"};
  seen.steps = {full_step(), StepReport{}};
  std::uint64_t number = 1000;
  for (auto member : {&Observation::rss_peak_bytes,
                      &Observation::rss_end_bytes,
                      &Observation::rss_start_bytes,
                      &Observation::vsz_peak_bytes,
                      &Observation::vsz_end_bytes,
                      &Observation::page_tables_bytes,
                      &Observation::swap_peak_bytes,
                      &Observation::cgroup_peak_bytes,
                      &Observation::rusage_maxrss_bytes,
                      &Observation::minor_faults,
                      &Observation::major_faults,
                      &Observation::wall_ns,
                      &Observation::user_ns,
                      &Observation::system_ns,
                      &Observation::oom_kills,
                      &Observation::committed_as_before_bytes,
                      &Observation::committed_as_after_bytes,
                      &Observation::mem_available_before_bytes,
                      &Observation::mem_available_after_bytes,
                      &Observation::commit_limit_bytes}) {
    (seen.*member).set(number, "source " + std::to_string(number));
    ++number;
  }
  seen.timeline = {{0, 10}, {1000, UINT64_MAX}};
  seen.leaks = {{4711, "sleep 60"}, {-1, ""}};
  seen.kernel_log = {"oom-kill: ..."};
  seen.notes = {"a note"};
  MachineLimit& limit = seen.machine_limit.emplace();
  limit.threads = 2;
  limit.before = {{BandwidthOperation::copy, 2, "a way", 1, 2, 3, 4, 5, 6, 7, 8}};
  limit.after = {{BandwidthOperation::read, 1, "", 8, 7, 6, 5, 4, 3, 2, 1}};
  limit.doubt = "it moved";
  return seen;
}

RunRecord full_record() {
  CaseRecord entry;
  entry.id = "a[mode=never]-0a1b2c3d";
  entry.hash = "0a1b2c3d";
  entry.scenario = "a";
  entry.summary = "summary";
  entry.source = "source";
  entry.origin = {"a.yaml", 3, 7};
  entry.tags = {"seed", "x"};
  entry.parameters = {{"mode", "never"}};
  entry.settings = {"vm.overcommit_memory = 2 (never)"};
  entry.workload = {"allocate a: 1 GiB, malloc"};
  entry.machine = "small@debian-5.10";
  entry.expected = "refused";
  entry.repeat_command = "memqual run a.yaml";
  entry.verdict = {CaseStatus::xpass, "reason", "hint", {{"outcome", "a", "b", true}}};
  Prediction prediction;
  prediction.allowed = {OutcomeKind::refused, OutcomeKind::completed};
  prediction.uncertain = true;
  prediction.step = 1;
  prediction.rule = LimitingRule::overcommit_never;
  prediction.rule_is_open = true;
  prediction.sentence = "refused: strict accounting";
  prediction.arithmetic = {{"commit limit", 1ull << 40, false, "/proc/meminfo CommitLimit"},
                           {"blocks", 7, true, ""}};
  prediction.not_modelled = {"the program python3"};
  prediction.citation = "mm/util.c __vm_enough_memory";
  prediction.load_lines = {
      {3, 26, 39, 13, LimitingRule::rlimit_as, "a - b", "why", {{"a", 1, false, "x"}}, "mm/vma.c"}};
  Attribution attribution;
  attribution.rule = LimitingRule::rlimit_data;
  attribution.evidence = {EvidenceKind::probes, EvidenceKind::kernel_log};
  attribution.sentence = "refused by RLIMIT_DATA";
  attribution.agreement = RuleAgreement::differs;
  attribution.predicted_rule = LimitingRule::overcommit_never;
  entry.attempts = {{entry.verdict, full_observation(), prediction, attribution},
                    {Verdict{}, std::nullopt, std::nullopt}};
  RunRecord run;
  run.run_id = "id";
  run.tool_version = "1.2.3";
  run.started_at = "2026-01-01T00:00:00.000Z";
  run.finished_at = "2026-01-01T00:00:01.000Z";
  run.duration_ms = 1000;
  run.command_line = {"memqual", "run"};
  run.host = full_facts();
  run.machines = {{"small@debian-5.10", 2, 1, 3400, full_facts()}};
  run.cases = {entry, CaseRecord{}};
  run.complete = false;
  run.notes = {"restored"};
  run.exit_code = -3;
  return run;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, "not in the text: " << from);
  return text.replace(at, from.size(), to);
}

std::string message_of(const std::string& json) {
  const Result<RunRecord> record = decode_run_record(json);
  return record.ok() ? "accepted" : record.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_codec)

BOOST_AUTO_TEST_CASE(gives_back_a_record_with_every_field_set) {
  const RunRecord record = full_record();
  for (const int indent : {-1, 2}) {
    const Result<RunRecord> again = decode_run_record(encode_run_record(record, indent));
    BOOST_REQUIRE_MESSAGE(again.ok(), message_of(encode_run_record(record)));
    BOOST_TEST((*again == record));
  }
}

BOOST_AUTO_TEST_CASE(writes_every_field_that_the_schema_names) {
  const std::string schema = report_schema();
  const std::string text = encode_run_record(full_record());
  std::set<std::string> structure = {"properties", "definitions", "items", "additionalProperties"};
  const std::regex reference("#/definitions/([a-z_]+)");
  for (std::sregex_iterator at(schema.begin(), schema.end(), reference), end; at != end; ++at) {
    structure.insert((*at)[1]);
  }
  const std::regex key("\"([a-zA-Z_]+)\": \\{");
  std::size_t seen = 0;
  for (std::sregex_iterator at(schema.begin(), schema.end(), key), end; at != end; ++at) {
    const std::string name = (*at)[1];
    if (structure.count(name)) continue;
    BOOST_TEST(contains(text, "\"" + name + "\":"), name << " is never written");
    ++seen;
  }
  BOOST_TEST(seen > 100U);
}

BOOST_AUTO_TEST_CASE(gives_back_an_empty_record) {
  const RunRecord record;
  const Result<RunRecord> again = decode_run_record(encode_run_record(record));
  BOOST_REQUIRE(again.ok());
  BOOST_TEST((*again == record));
}

BOOST_AUTO_TEST_CASE(gives_back_a_case_on_one_line) {
  const CaseRecord record = full_record().cases.front();
  const std::string text = encode_case_record(record);
  BOOST_TEST(text.find('\n') == std::string::npos);
  const Result<CaseRecord> again = decode_case_record(text);
  BOOST_REQUIRE(again.ok());
  BOOST_TEST((*again == record));
}

BOOST_AUTO_TEST_CASE(ignores_fields_it_does_not_know) {
  const RunRecord record = full_record();
  const std::string text = replaced(encode_run_record(record), "\"run_id\"",
                                    "\"later\": {\"a\": [1, null]}, \"run_id\"");
  const Result<RunRecord> again = decode_run_record(text);
  BOOST_REQUIRE(again.ok());
  BOOST_TEST((*again == record));
}

BOOST_AUTO_TEST_CASE(names_the_place_of_what_is_wrong) {
  const std::string good = encode_run_record(full_record());
  struct Row {
    const char* from;
    const char* to;
    const char* expected;
  };
  const Row rows[] = {
      {"\"schema_version\": 1", "\"schema_version\": 2", "/schema_version is 2"},
      {"\"schema_version\": 1", "\"schema_version\": \"1\"", "/schema_version is \"1\""},
      {"\"schema_version\": 1,", "", "no field 'schema_version'"},
      {"\"duration_ms\": 1000", "\"duration_ms\": \"1000\"",
       "/duration_ms: string where an integer belongs"},
      {"\"duration_ms\": 1000", "\"duration_ms\": -1", "/duration_ms: the number is out of range"},
      {"\"duration_ms\": 1000", "\"duration_ms\": 1.5", "/duration_ms: number where an integer"},
      {"\"exit_code\": -3", "\"exit_code\": 3000000000", "/exit_code: the number is out of range"},
      {"\"complete\": false", "\"complete\": 0", "/complete: number where true or false"},
      {"\"status\": \"XPASS\"", "\"status\": \"GOOD\"", "/cases/0/verdict/status: unknown word"},
      {"\"hash\": \"0a1b2c3d\",", "", "/cases/0: no field 'hash'"},
      {"\"tags\": [", "\"tags\": [7,", "/cases/0/tags/0: number where a string"},
      {"\"outcome\": \"refused\"", "\"outcome\": null",
       "/cases/0/attempts/0/observation/ending/outcome: null where a word"},
      {"\"at_us\": 1000", "\"at_us\": {}",
       "/cases/0/attempts/0/observation/timeline/1/at_us: object where an integer"},
      {"\"a/b~c\": false", "\"a/b~c\": 1", "/host/programs/a~1b~0c: number where true or false"},
      {"\"origin\": {", "\"origin\": [], \"x\": {", "/cases/0/origin: array where an object"},
  };
  for (const Row& row : rows) {
    const std::string message = message_of(replaced(good, row.from, row.to));
    BOOST_TEST(contains(message, row.expected), message << " lacks " << row.expected);
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_json_without_crashing) {
  BOOST_TEST(contains(message_of(""), "cannot read the JSON report"));
  BOOST_TEST(contains(message_of("[]"), "not a JSON object"));
  BOOST_TEST(contains(message_of("{\"schema_version\": 1, \"run_id\": \"\xff\"}"), "UTF-8"));
  const std::string good = encode_run_record(full_record(), -1);
  for (std::size_t size = 0; size < good.size(); size += 7) {
    BOOST_TEST(!decode_run_record(good.substr(0, size)).ok(), "accepted when cut at " << size);
  }
}

BOOST_AUTO_TEST_CASE(refuses_deep_nesting_wherever_it_stands) {
  const std::string deep(1000000, '[');
  BOOST_TEST(contains(message_of(deep), "64 levels of nesting"));
  BOOST_TEST(contains(message_of("{\"schema_version\": 1, \"x\": " + deep), "64 levels"));
  // Brackets in a string are no nesting.
  const std::string text = replaced(encode_run_record(full_record()), "\"1.2.3\"",
                                    "\"\\\"" + std::string(100, '[') + "\"");
  BOOST_TEST(message_of(text) == "accepted");
}

BOOST_AUTO_TEST_CASE(writes_bytes_that_are_not_utf8_as_replacement_characters) {
  RunRecord record;
  record.notes = {
      "a\xff"
      "b"};
  const Result<RunRecord> again = decode_run_record(encode_run_record(record));
  BOOST_REQUIRE(again.ok());
  BOOST_TEST(again->notes.front() ==
             "a\xef\xbf\xbd"
             "b");
}

BOOST_AUTO_TEST_CASE(writes_facts_with_their_source_and_leaves_out_what_nobody_looked_for) {
  HostFacts facts;
  facts.mem_total_bytes.set(4096, "/proc/meminfo MemTotal");
  const std::string text = encode_host_facts(facts, -1);
  BOOST_TEST(
      contains(text, "\"mem_total_bytes\":{\"value\":4096,\"source\":\"/proc/meminfo MemTotal\"}"));
  BOOST_TEST(!contains(text, "swap_total"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
