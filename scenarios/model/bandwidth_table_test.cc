// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/bandwidth_table.h"

#include <boost/test/unit_test.hpp>

#include "scenarios/model/record_codec.h"

using namespace memqual;

namespace {

BandwidthFigure copied(std::uint32_t threads, std::uint64_t median_ns) {
  BandwidthFigure made;
  made.operation = BandwidthOperation::copy;
  made.threads = threads;
  made.moved_bytes = 1000000;
  made.median_ns = median_ns;
  return made;
}

CaseRecord measured(std::vector<BandwidthFigure> figures) {
  CaseRecord entry;
  entry.id = "bandwidth-1";
  entry.verdict.status = CaseStatus::pass;
  entry.attempts.emplace_back().observation.emplace().steps.emplace_back().bandwidth =
      std::move(figures);
  return entry;
}

BandwidthRow only_row(CaseRecord entry) {
  RunRecord record;
  record.cases.push_back(std::move(entry));
  return bandwidth_table(record).rows.at(0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bandwidth_rows)

BOOST_AUTO_TEST_CASE(the_control_decides_what_may_be_believed) {
  BOOST_TEST(only_row(measured({copied(1, 1000), copied(2, 526)})).reliable);
  BOOST_TEST(only_row(measured({copied(1, 1000), copied(2, 526)})).control_percent.value_or(0) ==
             190U);
  const BandwidthRow off = only_row(measured({copied(1, 1000), copied(2, 800)}));
  BOOST_TEST(!off.reliable);
  BOOST_TEST(off.control_percent.value_or(0) == 125U);
  BOOST_TEST(!only_row(measured({copied(1, 1000), copied(2, 380)})).reliable);
  const BandwidthRow alone = only_row(measured({copied(1, 1000)}));
  BOOST_TEST(alone.reliable);
  BOOST_TEST(!alone.control_percent.has_value());
}

BOOST_AUTO_TEST_CASE(nodes_come_from_the_parameters_and_nonsense_is_none) {
  CaseRecord entry = measured({});
  entry.parameters = {{kCpuNodeParameter, "1"}, {kMemoryNodeParameter, "12"}};
  BOOST_TEST(only_row(entry).cpu_node.value_or(99) == 1U);
  BOOST_TEST(only_row(entry).memory_node.value_or(99) == 12U);
  entry.parameters = {{kCpuNodeParameter, "one"}, {kMemoryNodeParameter, "1x"}};
  BOOST_TEST(!only_row(entry).cpu_node.has_value());
  BOOST_TEST(!only_row(entry).memory_node.has_value());
}

BOOST_AUTO_TEST_CASE(a_case_that_did_not_run_is_a_row_with_its_reason) {
  CaseRecord entry;
  entry.verdict = {CaseStatus::unsupported, "too large", "make it smaller", {}};
  const BandwidthRow row = only_row(entry);
  BOOST_TEST(row.figures.empty());
  BOOST_TEST(row.reason == "too large");
  BOOST_TEST(row.hint == "make it smaller");
}

BOOST_AUTO_TEST_CASE(the_table_survives_json) {
  RunRecord record;
  record.tool_version = "1";
  record.started_at = "2026-01-01T00:00:00Z";
  record.command_line = {"memqual", "bandwidth"};
  record.cases.push_back(measured({copied(1, 1000), copied(2, 526)}));
  record.cases[0].parameters = {{kCpuNodeParameter, "1"}};
  const BandwidthTable table = bandwidth_table(record);
  const Result<BandwidthTable> read = decode_bandwidth_table(encode_bandwidth_table(table));
  BOOST_REQUIRE_MESSAGE(read.ok(), (read ? "" : to_string(read.error())));
  BOOST_TEST((*read == table));
}

BOOST_AUTO_TEST_SUITE_END()
