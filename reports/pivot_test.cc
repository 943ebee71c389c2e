// SPDX-License-Identifier: Apache-2.0
#include "reports/pivot.h"

#include <boost/test/unit_test.hpp>

namespace memqual {
namespace {

CaseRecord cell(const char* scenario, std::vector<Parameter> parameters) {
  CaseRecord record;
  record.scenario = scenario;
  record.parameters = std::move(parameters);
  return record;
}

std::size_t cases_in(const std::vector<PivotTable>& tables) {
  std::size_t count = 0;
  for (const PivotTable& table : tables) {
    for (const PivotScenario& scenario : table.scenarios) {
      for (const PivotRow& row : scenario.rows) {
        for (const auto& cases : row.cells) count += cases.size();
      }
    }
  }
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pivoting)

BOOST_AUTO_TEST_CASE(settings_become_columns_and_calls_rows) {
  std::vector<CaseRecord> cases;
  for (const char* api : {"calloc", "mmap"}) {
    for (const char* mode : {"heuristic", "always", "never"}) {
      cases.push_back(cell("zeros", {{"api", api}, {"mode", mode}}));
    }
  }
  const std::vector<PivotTable> tables = pivot(cases);
  BOOST_REQUIRE(tables.size() == 1U);
  BOOST_TEST(tables[0].axis == "mode");
  BOOST_TEST(tables[0].values == (std::vector<std::string>{"heuristic", "always", "never"}),
             boost::test_tools::per_element());
  BOOST_REQUIRE(tables[0].scenarios.size() == 1U);
  const auto& rows = tables[0].scenarios[0].rows;
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST(rows[1].label == "api=mmap");
  BOOST_TEST(rows[1].cells[2].front() == &cases[5]);
}

BOOST_AUTO_TEST_CASE(scenarios_that_share_an_axis_share_a_table) {
  const std::vector<CaseRecord> cases = {
      cell("a", {{"mode", "always"}}),
      cell("a", {{"mode", "never"}}),
      cell("plain", {}),
      cell("b", {{"mode", "heuristic"}}),
      cell("c", {{"mode", "never"}}),
      cell("c", {{"mode", "heuristic"}}),
  };
  const std::vector<PivotTable> tables = pivot(cases);
  BOOST_REQUIRE(tables.size() == 2U);
  BOOST_TEST(tables[0].values.size() == 3U);
  BOOST_TEST(tables[0].scenarios.size() == 3U);
  for (const PivotScenario& scenario : tables[0].scenarios) {
    for (const PivotRow& row : scenario.rows) BOOST_TEST(row.cells.size() == 3U);
  }
  BOOST_TEST(tables[1].axis.empty());
  BOOST_TEST(cases_in(tables) == cases.size());
}

BOOST_AUTO_TEST_CASE(tables_of_settings_go_before_tables_of_calls) {
  const std::vector<CaseRecord> cases = {
      cell("plain", {}),
      cell("a", {{"api", "x"}}),
      cell("a", {{"api", "y"}}),
      cell("b", {{"mode", "always"}}),
      cell("b", {{"mode", "never"}}),
  };
  const std::vector<PivotTable> tables = pivot(cases);
  BOOST_REQUIRE(tables.size() == 3U);
  BOOST_TEST(tables[0].axis == "mode");
  BOOST_TEST(tables[1].axis == "api");
  BOOST_TEST(tables[2].axis.empty());
}

BOOST_AUTO_TEST_CASE(an_axis_with_many_values_becomes_rows) {
  std::vector<CaseRecord> cases;
  for (int i = 0; i < 50; ++i) cases.push_back(cell("a", {{"size", std::to_string(i)}}));
  const std::vector<PivotTable> tables = pivot(cases);
  BOOST_REQUIRE(tables.size() == 1U);
  BOOST_TEST(tables[0].axis.empty());
  BOOST_TEST(tables[0].scenarios[0].rows.size() == 50U);
}

BOOST_AUTO_TEST_CASE(no_case_is_lost_whatever_its_parameters) {
  const std::vector<CaseRecord> cases = {
      cell("a", {{"mode", "1"}}), cell("a", {{"mode", "2"}}),  cell("a", {}),
      cell("a", {{"mode", "1"}}), cell("a", {{"other", "x"}}), cell("b", {{"mode", ""}}),
  };
  BOOST_TEST(cases_in(pivot(cases)) == cases.size());
  BOOST_TEST(pivot({}).empty());
}

BOOST_AUTO_TEST_CASE(scenarios_that_share_no_machine_do_not_share_a_table) {
  const std::vector<CaseRecord> cases = {
      cell("a", {{"machine", "laptop"}}), cell("a", {{"machine", "server"}}),
      cell("b", {{"machine", "small"}}),  cell("b", {{"machine", "swap"}}),
      cell("c", {{"machine", "server"}}), cell("c", {{"machine", "huge"}}),
  };
  const std::vector<PivotTable> tables = pivot(cases);
  BOOST_REQUIRE(tables.size() == 2U);
  BOOST_TEST(tables[0].values == (std::vector<std::string>{"laptop", "server", "huge"}),
             boost::test_tools::per_element());
  BOOST_TEST(tables[0].scenarios.size() == 2U);
  BOOST_TEST(tables[1].values.size() == 2U);
}

BOOST_AUTO_TEST_CASE(rows_by_machine_keep_what_names_it_out_of_columns_and_labels) {
  std::vector<CaseRecord> cases;
  for (const char* kernel : {"debian-5.10", "debian-6.1"})
    for (const char* api : {"mmap", "malloc"}) {
      cases.push_back(cell("lines", {{"kernel", kernel}, {"api", api}}));
      cases.back().machine = std::string("laptop-8g@") + kernel;
    }
  for (const char* machine : {"laptop", "server"}) {
    cases.push_back(cell("killed", {{"machine", machine}}));
    cases.back().machine = machine;
  }
  cases.push_back(cell("here", {{"api", "mmap"}}));
  const std::vector<PivotTable> tables = pivot(on_several_machines(cases), PivotRows::machines);
  BOOST_REQUIRE(tables.size() == 2U);
  BOOST_TEST(tables[0].axis == "api");
  const auto& rows = tables[0].scenarios.at(0).rows;
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST((rows[1].machine == "laptop-8g@debian-6.1"));
  BOOST_TEST(rows[1].label == "");
  BOOST_TEST(rows[1].cells[1].front() == &cases[3]);
  BOOST_TEST(tables[1].axis == "");
  BOOST_TEST(tables[1].scenarios.size() == 1U);
  BOOST_TEST(tables[1].scenarios[0].rows.size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_same_scenario_on_host_and_machine_has_a_row_for_each) {
  std::vector<CaseRecord> cases = {cell("a", {{"size", "1"}}), cell("a", {{"size", "2"}})};
  cases[1].machine = "laptop";
  const std::vector<PivotTable> tables = pivot(on_several_machines(cases), PivotRows::machines);
  BOOST_REQUIRE(tables.size() == 1U);
  const auto& rows = tables[0].scenarios.at(0).rows;
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST(!rows[0].machine.has_value());
  BOOST_TEST(rows[0].label == "size=1");
  BOOST_TEST((rows[1].machine == "laptop"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
