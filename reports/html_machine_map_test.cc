// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <pugixml.hpp>

#include "reports/html_text.h"
#include "reports/render.h"
#include "reports/sample_record.h"
#include "reports/testing.h"

using namespace memqual;
using testing::contains;

namespace {

std::string map_of(const RunRecord& record) {
  return html_machine_map(record, anchors_of(record.cases));
}

CaseRecord* find(RunRecord& record, const std::string& machine, const std::string& mode) {
  for (CaseRecord& entry : record.cases)
    if (entry.machine == machine && entry.parameters.back().value == mode) return &entry;
  return nullptr;
}

/// The cell of the case: from its link to the end of it.
std::string cell_of(const RunRecord& record, const CaseRecord& entry) {
  const Anchors anchors = anchors_of(record.cases);
  const std::string map = html_machine_map(record, anchors);
  const std::size_t at = map.find("href=\"#" + anchors.at(&entry) + "\"");
  return at == std::string::npos ? "" : map.substr(at, map.find("</a>", at) - at);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(machine_map)

BOOST_AUTO_TEST_CASE(a_cell_names_outcome_limit_of_its_own_machine_and_agreement) {
  RunRecord record = lab_record();
  const std::string laptop = cell_of(record, *find(record, "laptop-12g", "heuristic"));
  BOOST_TEST(contains(laptop, "class=\"refused\""), laptop);
  BOOST_TEST(contains(laptop, ">✓ refused ENOMEM<"), laptop);
  BOOST_TEST(contains(laptop, ">above RAM + swap 11.7 GiB<"), laptop);
  BOOST_TEST(contains(laptop, ">= as predicted<"), laptop);
  const std::string server = cell_of(record, *find(record, "server-128g-2n", "heuristic"));
  BOOST_TEST(contains(server, ">above RAM + swap 125.9 GiB<"), server);
  const std::string killed = cell_of(record, *find(record, "laptop-12g", "laptop-12g"));
  BOOST_TEST(contains(killed, ">above cgroup memory_max 64 MiB<"), killed);
}

BOOST_AUTO_TEST_CASE(what_was_left_open_missed_and_not_run_looks_different_without_colour) {
  RunRecord record = lab_record();
  const std::string open = cell_of(record, *find(record, "server-384g-4n", "heuristic"));
  BOOST_TEST(contains(open, "≈ prediction left it open"), open);
  const std::string missed = cell_of(record, *find(record, "server-384g-4n", "never"));
  BOOST_TEST(contains(missed, "class=\"refused unexpected\""), missed);
  BOOST_TEST(contains(missed, ">✗ refused"), missed);
  BOOST_TEST(contains(missed, "class=\"missed\""), missed);
  BOOST_TEST(contains(missed, "≠ not as predicted"), missed);
  const std::string dead = cell_of(record, *find(record, "server-1t-8n", "server-1t-8n"));
  BOOST_TEST(contains(dead, ">the machine did not boot<"), dead);
}

BOOST_AUTO_TEST_CASE(a_miss_is_not_hidden_by_a_later_attempt) {
  RunRecord record = lab_record();
  CaseRecord& entry = *find(record, "server-384g-4n", "never");
  Attempt good = find(record, "laptop-12g", "never")->attempts.front();
  entry.attempts.push_back(good);
  BOOST_TEST(contains(cell_of(record, entry), "≠ not as predicted"));
}

BOOST_AUTO_TEST_CASE(columns_say_which_setting_they_are_and_rows_which_memory) {
  const std::string map = map_of(lab_record());
  for (const char* part : {"mode heuristic", "vm.overcommit_memory = 2 (never)", ">server-384g-4n<",
                           ">RAM 377.9 GiB, swap 8 GiB, 4 nodes<", ">what happened<"})
    BOOST_TEST(contains(map, part), part);
}

BOOST_AUTO_TEST_CASE(each_picture_is_xml_with_a_title_and_a_description) {
  pugi::xml_document document;
  const std::string map = "<body>" + map_of(lab_record()) + "</body>";
  BOOST_REQUIRE(document.load_string(map.c_str()));
  const auto pictures = document.select_nodes("//svg");
  BOOST_TEST(pictures.size() == 2U);
  for (const auto& picture : pictures) {
    BOOST_TEST(picture.node().child("title").text().get() != std::string());
    BOOST_TEST(contains(picture.node().child("desc").text().get(), " refused, "));
  }
}

BOOST_AUTO_TEST_CASE(one_machine_makes_no_picture) {
  BOOST_TEST(map_of(sample_record()).empty());
  RunRecord record = lab_record();
  std::erase_if(record.cases,
                [](const CaseRecord& entry) { return entry.machine != "laptop-12g"; });
  BOOST_TEST(map_of(record).empty());
}

BOOST_AUTO_TEST_CASE(a_scenario_of_which_nothing_ran_is_told_beside_the_picture) {
  RunRecord record = lab_record();
  for (CaseRecord& entry : record.cases) {
    if (entry.scenario != "killed_in_cgroup") continue;
    entry.attempts.clear();
    entry.verdict = {CaseStatus::unsupported, "needs program(python3)", "", {}};
  }
  BOOST_TEST(!contains(map_of(record), "killed_in_cgroup"));
  record.cases.back().verdict.status = CaseStatus::error;
  BOOST_TEST(contains(map_of(record), "killed_in_cgroup"));
}

BOOST_AUTO_TEST_CASE(rows_beyond_the_limit_are_counted) {
  RunRecord record = lab_record();
  const CaseRecord first = record.cases.front();
  for (int i = 0; i < 200; ++i) {
    CaseRecord copy = first;
    copy.parameters.push_back({"n", std::to_string(i)});
    copy.hash = hash8(std::to_string(i));
    record.cases.push_back(copy);
  }
  BOOST_TEST(contains(map_of(record), " more rows are in the table below"));
}

BOOST_AUTO_TEST_SUITE_END()
