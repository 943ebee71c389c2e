// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/load_line_table.h"

#include <boost/test/unit_test.hpp>

#include "scenarios/model/record_codec.h"

namespace memqual {
namespace {

constexpr std::uint64_t kPage = 4096;

LoadLine line(std::uint64_t least, std::uint64_t most, std::size_t step = 0) {
  LoadLine made;
  made.step = step;
  made.least_bytes = least;
  made.most_bytes = most;
  made.unit_bytes = kPage;
  made.rule = LimitingRule::rlimit_as;
  made.formula = "RLIMIT_AS - address space in use";
  return made;
}

CaseRecord searched(std::uint64_t found, const LoadLine& predicted) {
  CaseRecord entry;
  entry.id = "load_line-12345678";
  entry.workload = {"find_largest: mmap, in blocks of 1 MiB"};
  entry.settings = {"rlimit address_space = 64 MiB"};
  entry.verdict.status = CaseStatus::pass;
  Attempt attempt;
  attempt.prediction.emplace().load_lines = {predicted};
  StepReport& step = attempt.observation.emplace().steps.emplace_back();
  step.kind = "find_largest";
  step.largest_bytes = found;
  step.largest_blocks = 3;
  step.unit_bytes = kMiB;
  step.refused_bytes = found + kMiB;
  step.refused_errno_name = "ENOMEM";
  entry.attempts = {attempt};
  return entry;
}

LoadLineRow only_row(const CaseRecord& entry) {
  RunRecord record;
  record.cases = {entry};
  const LoadLineTable table = load_line_table(record);
  BOOST_REQUIRE_EQUAL(table.rows.size(), 1U);
  return table.rows.front();
}

std::int64_t difference(std::uint64_t found, std::uint64_t least, std::uint64_t most) {
  return only_row(searched(found, line(least, most))).difference_units.value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_lines)

BOOST_AUTO_TEST_CASE(a_row_has_both_sides_and_what_was_asked) {
  const LoadLineRow row = only_row(searched(3 * kMiB, line(3 * kMiB, 3 * kMiB)));
  BOOST_TEST(row.case_id == "load_line-12345678");
  BOOST_TEST((row.kind == LoadLineKind::blocks));
  BOOST_TEST(row.asked == "mmap, in blocks of 1 MiB");
  BOOST_TEST(row.settings.size() == 1U);
  BOOST_REQUIRE(row.measured.has_value());
  BOOST_TEST(row.measured->bytes == 3 * kMiB);
  BOOST_TEST(row.measured->blocks == 3U);
  BOOST_TEST(row.measured->refused_errno_name == "ENOMEM");
  BOOST_TEST(row.formula->formula == "RLIMIT_AS - address space in use");
  BOOST_TEST(row.difference_units.value() == 0);
  BOOST_TEST(row.band_units == 0U);
}

BOOST_AUTO_TEST_CASE(the_lines_of_one_machine_stand_beside_its_own_facts) {
  RunRecord record;
  record.host.mem_total_bytes.set(8 * kMiB, "host");
  BOOST_TEST(*load_line_table(record).host.mem_total_bytes.value == 8 * kMiB);
  MachineRecord guest;
  guest.facts.mem_total_bytes.set(4 * kMiB, "guest");
  record.machines = {guest};
  BOOST_TEST(*load_line_table(record).host.mem_total_bytes.value == 4 * kMiB);
  record.machines = {guest, guest};
  BOOST_TEST(*load_line_table(record).host.mem_total_bytes.value == 8 * kMiB);
}

BOOST_AUTO_TEST_CASE(each_row_names_its_machine_and_the_table_has_its_facts) {
  RunRecord record;
  for (const char* name : {"laptop", "server"}) {
    CaseRecord entry = searched(3 * kMiB, line(3 * kMiB, 3 * kMiB));
    entry.machine = name;
    record.cases.push_back(entry);
    MachineRecord& machine = record.machines.emplace_back();
    machine.name = name;
    machine.facts.mem_total_bytes.set(record.machines.size() * kGiB, "guest");
  }
  const auto table = decode_load_line_table(encode_load_line_table(load_line_table(record)));
  BOOST_REQUIRE(table.ok());
  BOOST_REQUIRE(table->rows.size() == 2U);
  BOOST_TEST((table->rows[1].machine == "server"));
  BOOST_REQUIRE(table->machines.size() == 2U);
  BOOST_TEST(*table->machines[1].facts.mem_total_bytes.value == 2 * kGiB);
}

BOOST_AUTO_TEST_CASE(the_difference_counts_whole_units_outside_the_interval) {
  BOOST_TEST(difference(10 * kPage, 10 * kPage, 12 * kPage) == 0);
  BOOST_TEST(difference(12 * kPage, 10 * kPage, 12 * kPage) == 0);
  BOOST_TEST(difference(9 * kPage, 10 * kPage, 12 * kPage) == -1);
  BOOST_TEST(difference(15 * kPage, 10 * kPage, 12 * kPage) == 3);
  BOOST_TEST(difference(12 * kPage + 1, 10 * kPage, 12 * kPage) == 1);
  BOOST_TEST(difference(0, UINT64_MAX, UINT64_MAX) < -1000);
}

BOOST_AUTO_TEST_CASE(nonsense_in_a_stored_record_does_no_harm) {
  LoadLine strange = line(UINT64_MAX, 0, 99);
  strange.unit_bytes = 0;
  const LoadLineRow row = only_row(searched(kMiB, strange));
  BOOST_TEST(!row.measured.has_value());
  BOOST_TEST(!row.difference_units.has_value());
  BOOST_TEST(row.band_units == 0U);
  BOOST_TEST(row.asked == "");
}

BOOST_AUTO_TEST_CASE(what_did_not_run_has_its_formula_alone) {
  CaseRecord entry = searched(kMiB, line(kMiB, 2 * kMiB));
  entry.attempts[0].observation.reset();
  entry.verdict = {CaseStatus::skip, "would change", "add a flag", {}};
  const LoadLineRow row = only_row(entry);
  BOOST_TEST(!row.measured.has_value());
  BOOST_TEST(!row.difference_units.has_value());
  BOOST_TEST(row.band_units == 256U);
  BOOST_TEST(row.reason == "would change");
  BOOST_TEST(row.hint == "add a flag");
}

BOOST_AUTO_TEST_CASE(what_a_killed_touch_got_through_is_a_line_and_a_whole_touch_is_none) {
  CaseRecord entry;
  entry.workload = {"allocate a: 2 x 64 MiB, mmap", "touch a: write every page"};
  Attempt attempt;
  attempt.prediction.emplace().load_lines = {line(60 * kMiB, 64 * kMiB, 1)};
  Observation& seen = attempt.observation.emplace();
  seen.ending.kind = OutcomeKind::oom_killed;
  seen.steps.resize(2);
  seen.steps[1].kind = "touch";
  seen.steps[1].state = StepState::running;
  seen.steps[1].touched_bytes = 62 * kMiB;
  entry.attempts = {attempt};
  const LoadLineRow row = only_row(entry);
  BOOST_TEST((row.kind == LoadLineKind::touched));
  BOOST_TEST(row.asked == "touch: write every page");
  BOOST_TEST(row.measured->bytes == 62 * kMiB);
  BOOST_TEST(row.measured->unit_bytes == kPage);
  BOOST_TEST(row.difference_units.value() == 0);
  entry.attempts[0].observation->steps[1].state = StepState::ended;
  BOOST_TEST(!only_row(entry).measured.has_value());
}

BOOST_AUTO_TEST_CASE(cases_without_lines_make_no_rows) {
  RunRecord record;
  record.cases.resize(2);
  record.cases[1].attempts.resize(1);
  BOOST_TEST(load_line_table(record).rows.empty());
}

BOOST_AUTO_TEST_CASE(a_table_survives_the_record_format) {
  RunRecord record;
  record.tool_version = "1.2.3";
  record.started_at = "2026-01-01T00:00:00.000Z";
  record.command_line = {"memqual", "loadline"};
  record.host.mem_total_bytes.set(kGiB, "test");
  record.cases = {searched(kMiB, line(2 * kMiB, 3 * kMiB)), searched(0, line(0, 0))};
  const LoadLineTable table = load_line_table(record);
  const Result<LoadLineTable> again = decode_load_line_table(encode_load_line_table(table));
  BOOST_REQUIRE_MESSAGE(again.ok(), (again ? "" : again.error().message));
  BOOST_TEST((*again == table));
  BOOST_TEST(table.rows[0].difference_units.value() == -256);
  for (const char* bad : {"", "{}", "[1]", R"({"schema_version": 2})",
                          R"({"schema_version": 1, "rows": [{"case_id": 1}]})"})
    BOOST_TEST(!decode_load_line_table(bad).ok(), bad);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
