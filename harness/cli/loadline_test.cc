// SPDX-License-Identifier: Apache-2.0
// The verb as its users run it: without privileges, and without changing anything.
#include "harness/cli/testing.h"
#include "scenarios/model/record_codec.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

LoadLineTable table_in(const Sandbox& box, const std::string& name) {
  const Result<LoadLineTable> table = decode_load_line_table(box.read(name));
  BOOST_REQUIRE_MESSAGE(table.ok(), (table ? "" : to_string(table.error())));
  return *table;
}

// Another mode than the one that is set, which nobody here may set.
std::string other_mode() { return vm_value("/", "memory") == "1" ? "heuristic" : "always"; }

}  // namespace

BOOST_AUTO_TEST_SUITE(loadline)

BOOST_AUTO_TEST_CASE(a_limit_is_found_to_the_page_where_the_formula_says) {
  const Sandbox box;
  const Ended ended = box.run({"loadline", "--overcommit", "host", "--using", "mmap,malloc",
                               "--rlimit-as", "64MiB,own_use + 32 MiB", "--block", "1MiB",
                               "--report", "json=l.json", "--report", "svg=l.svg"});
  BOOST_TEST(ended.code == 0, ended.err);
  const LoadLineTable table = table_in(box, "l.json");
  BOOST_TEST(table.rows.size() == 8U);
  for (const LoadLineRow& row : table.rows) {
    BOOST_TEST_CONTEXT(row.case_id) {
      BOOST_TEST((row.status == CaseStatus::pass));
      BOOST_REQUIRE(row.measured.has_value());
      BOOST_REQUIRE(row.formula.has_value());
      BOOST_TEST((row.formula->rule == LimitingRule::rlimit_as));
      BOOST_TEST(row.difference_units.value_or(1) == 0);
      BOOST_TEST(row.band_units == 0U);
      BOOST_TEST(row.measured->bytes > 16 * kMiB);
      BOOST_TEST(row.measured->bytes < 64 * kMiB);
      BOOST_TEST(row.measured->refused_errno_name == "ENOMEM");
    }
  }
  BOOST_TEST(has(ended.out, "RLIMIT_AS - address space in use"), ended.out);
  BOOST_TEST(has(ended.out, "0 pages"));
  BOOST_TEST(box.read("l.svg").starts_with("<svg "));
}

BOOST_AUTO_TEST_CASE(a_limit_beyond_the_own_use_is_exactly_what_is_found) {
  const Sandbox box;
  const Ended ended = box.run({"loadline", "--overcommit", "host", "--using", "mmap,mmap_none",
                               "--rlimit-as", "own_use + 32 MiB", "--report", "json=l.json"});
  BOOST_TEST(ended.code == 0, ended.err);
  for (const LoadLineRow& row : table_in(box, "l.json").rows)
    BOOST_TEST(row.measured->bytes == 32 * kMiB);
}

BOOST_AUTO_TEST_CASE(what_may_not_be_changed_shows_the_formula_and_what_would_unlock_it) {
  const Sandbox box;
  const std::string mode = vm_value("/", "memory");
  const Ended ended = box.run({"loadline", "--overcommit", other_mode(), "--using", "mmap"});
  BOOST_TEST(ended.code == 4);
  BOOST_TEST(has(ended.out, "not measured, 1 line"), ended.out);
  BOOST_TEST(has(ended.out, "--allow-system-changes"), ended.out);
  BOOST_TEST((has(ended.out, "largest hole - used") || has(ended.out, "RAM + swap")));
  BOOST_TEST(vm_value("/", "memory") == mode);
}

BOOST_AUTO_TEST_CASE(touching_is_confined_to_its_group_or_does_not_happen) {
  const Sandbox box;
  const Ended ended = box.run({"loadline", "--overcommit", "host", "--using", "mmap", "--cgroup",
                               "64MiB", "--report", "json=l.json"});
  const LoadLineTable table = table_in(box, "l.json");
  BOOST_REQUIRE_EQUAL(table.rows.size(), 2U);
  const LoadLineRow& touched = table.rows[1];
  BOOST_TEST((touched.kind == LoadLineKind::touched));
  BOOST_TEST(touched.formula->most_bytes < 128 * kMiB);
  if (!touched.measured) {
    std::cout << "SKIPPED: " << touched.reason << "\n";
    BOOST_TEST((touched.status == CaseStatus::unsupported));
    BOOST_TEST(!touched.hint.empty());
    return;
  }
  BOOST_TEST(ended.code == 0, ended.err);
  BOOST_TEST(touched.measured->bytes > 32 * kMiB);
  BOOST_TEST(touched.measured->bytes <= 64 * kMiB);
  BOOST_TEST(touched.difference_units.value_or(1) == 0);
}

BOOST_AUTO_TEST_CASE(a_wrong_word_is_a_usage_error_before_anything_runs) {
  struct Row {
    std::vector<std::string> arguments;
    const char* message;
  };
  const std::vector<Row> rows{
      {{"--using", "mmpa"}, "did you mean \"mmap\""},
      {{"--block", "64"}, "has no unit"},
      {{"--overcommit", "sometimes"}, "--overcommit \"sometimes\" is unknown"},
      {{"--report", "html=x"}, "the formats are table, json or svg"},
      {{"--report", "svg"}, "no '='"},
      {{"--report", "svg=-", "--report", "json=-"}, "two reports cannot both go"},
      {{"--report", "svg=no/such/folder/l.svg"}, "no/such/folder"},
      {{"extra"}, "extra"},
  };
  for (const Row& row : rows) {
    const Sandbox box;
    std::vector<std::string> all{"loadline"};
    all.insert(all.end(), row.arguments.begin(), row.arguments.end());
    const Ended ended = box.run(all);
    BOOST_TEST(ended.code == 2, row.message);
    BOOST_TEST(has(ended.err, row.message), ended.err);
    BOOST_TEST(ended.out == "");
  }
}

BOOST_AUTO_TEST_CASE(help_has_examples_and_the_schema_is_printed) {
  const Sandbox box;
  BOOST_TEST(has(box.run({"loadline", "--help"}).out, "memqual loadline --overcommit host"));
  BOOST_TEST(has(box.run({"schema", "loadline"}).out, "loadline-1.json"));
}

BOOST_AUTO_TEST_SUITE_END()
