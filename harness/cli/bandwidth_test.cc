// SPDX-License-Identifier: Apache-2.0
// The verb as its users run it, on arrays that are too small to mean anything.
#include "harness/cli/testing.h"
#include "scenarios/model/record_codec.h"

using namespace memqual;
using namespace memqual::testing;

BOOST_AUTO_TEST_SUITE(bandwidth_verb)

BOOST_AUTO_TEST_CASE(everything_is_measured_and_shown_as_table_json_and_picture) {
  const Sandbox box;
  const Ended ended = box.run({"bandwidth", "--size", "4MiB", "--threads", "1,2", "--rounds", "2",
                               "--report", "json=b.json", "--report", "svg=b.svg"});
  BOOST_TEST(ended.code == 0, ended.err);
  const Result<BandwidthTable> table = decode_bandwidth_table(box.read("b.json"));
  BOOST_REQUIRE_MESSAGE(table.ok(), (table ? "" : to_string(table.error())));
  BOOST_REQUIRE_EQUAL(table->rows.size(), 1U);
  const BandwidthRow& row = table->rows[0];
  BOOST_TEST((row.status == CaseStatus::pass));
  BOOST_TEST(row.figures.size() == 2 * words_of<BandwidthOperation>().size());
  BOOST_TEST(row.control_percent.has_value());
  BOOST_TEST(has(ended.out, "arrays of 4 MiB, median of 2 rounds"), ended.out);
  BOOST_TEST(has(ended.out, "first touch, base pages"));
  BOOST_TEST(box.read("b.svg").starts_with("<svg "));
}

BOOST_AUTO_TEST_CASE(a_format_replaces_the_table) {
  const Sandbox box;
  const Ended ended = box.run({"bandwidth", "--size", "1MiB", "--threads", "1", "--rounds", "1",
                               "--operations", "copy", "--format", "json"});
  BOOST_TEST(ended.code == 0, ended.err);
  const Result<BandwidthTable> table = decode_bandwidth_table(ended.out);
  BOOST_REQUIRE_MESSAGE(table.ok(), (table ? "" : to_string(table.error())));
  BOOST_TEST(table->rows.at(0).figures.size() == 1U);
}

BOOST_AUTO_TEST_CASE(arrays_beyond_the_memory_are_not_touched_and_say_so) {
  const Sandbox box;
  const Ended ended = box.run({"bandwidth", "--size", "90% of mem_total", "--operations", "triad"});
  BOOST_TEST(ended.code == 4, ended.err);
  BOOST_TEST(has(ended.out, "not measured"), ended.out);
}

BOOST_AUTO_TEST_CASE(a_wrong_word_is_a_usage_error_before_anything_runs) {
  struct Row {
    std::vector<std::string> arguments;
    const char* message;
  };
  const std::vector<Row> rows{
      {{"--operations", "cpoy"}, "did you mean \"copy\""},
      {{"--size", "64"}, "has no unit"},
      {{"--threads", "0"}, "--threads 0 is out of range"},
      {{"--pages", "tiny"}, "--pages \"tiny\" is unknown"},
      {{"--report", "html=x"}, "the formats are table, json or svg"},
      {{"--format", "xml"}, "--format"},
      {{"--format", "json", "--report", "svg=-"}, "two reports cannot both go"},
      {{"extra"}, "extra"},
  };
  for (const Row& row : rows) {
    const Sandbox box;
    std::vector<std::string> all{"bandwidth"};
    all.insert(all.end(), row.arguments.begin(), row.arguments.end());
    const Ended ended = box.run(all);
    BOOST_TEST(ended.code == 2, row.message);
    BOOST_TEST(has(ended.err, row.message), ended.err);
    BOOST_TEST(ended.out == "");
  }
}

BOOST_AUTO_TEST_CASE(help_has_examples_and_the_schema_is_printed) {
  const Sandbox box;
  BOOST_TEST(has(box.run({"bandwidth", "--help"}).out, "memqual bandwidth --operations copy,read"));
  BOOST_TEST(has(box.run({"schema", "bandwidth"}).out, "bandwidth-1.json"));
}

BOOST_AUTO_TEST_SUITE_END()
