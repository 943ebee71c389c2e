// SPDX-License-Identifier: Apache-2.0
#include "reports/load_line_report.h"

#include <boost/test/unit_test.hpp>
#include <pugixml.hpp>

using namespace memqual;

namespace {

LoadLineRow row(std::uint64_t found, std::uint64_t least, std::uint64_t most) {
  LoadLineRow made;
  made.case_id = "load_line-1";
  made.settings = {"vm.overcommit_memory = 2 (never)"};
  made.asked = "mmap";
  made.status = CaseStatus::pass;
  made.measured = LoadLineMeasured{found, 0, 4096, found + 4096, "ENOMEM"};
  LoadLine& line = made.formula.emplace();
  line.least_bytes = least;
  line.most_bytes = most;
  line.unit_bytes = 4096;
  line.rule = LimitingRule::overcommit_never;
  line.formula = "commit limit - committed before";
  line.sentence = "strict accounting";
  made.difference_units = 0;
  made.band_units = (most - least) / 4096;
  return made;
}

LoadLineTable table_of(std::vector<LoadLineRow> rows) {
  LoadLineTable table;
  table.host.kernel_release.set("6.18.5", "test");
  table.host.mem_total_bytes.set(24 * kGiB, "test");
  table.rows = std::move(rows);
  return table;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void require_xml(const std::string& svg) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_string(svg.c_str());
  BOOST_REQUIRE_MESSAGE(parsed, parsed.description() << " at " << parsed.offset);
  BOOST_TEST(std::string(document.document_element().name()) == "svg");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_line_report)

BOOST_AUTO_TEST_CASE(the_table_has_measured_formula_difference_and_rule_in_one_line) {
  const std::string text = render_load_line_text(table_of({row(8 * kGiB, 8 * kGiB, 8 * kGiB)}));
  BOOST_TEST(has(text, "kernel 6.18.5, RAM 24 GiB, swap 0 B"));
  BOOST_TEST(has(text, "\nvm.overcommit_memory = 2 (never)\n"), text);
  BOOST_TEST(has(text, "  mmap     8 GiB     8589934592  8 GiB    0 pages"), text);
  BOOST_TEST(has(text, "overcommit_never  commit limit - committed before"));
}

BOOST_AUTO_TEST_CASE(a_band_is_shown_with_its_width) {
  const std::string text = render_load_line_text(table_of({row(9 * kMiB, 8 * kMiB, 10 * kMiB)}));
  BOOST_TEST(has(text, "8 MiB to 10 MiB"));
  BOOST_TEST(has(text, "2 MiB (512 pages)"));
}

BOOST_AUTO_TEST_CASE(what_lies_outside_says_on_which_side_and_by_how_much) {
  LoadLineRow below = row(kMiB, 8 * kMiB, 8 * kMiB);
  below.difference_units = -1792;
  BOOST_TEST(difference_words(below) == "-1792 pages");
  below.difference_units = 1;
  BOOST_TEST(difference_words(below) == "+1 page");
  below.formula->unit_bytes = 1;
  BOOST_TEST(difference_words(below) == "+1 B");
  below.formula->unit_bytes = 3500000000;
  BOOST_TEST(difference_words(below) == "+1 block");
  below.difference_units = INT64_MIN;
  BOOST_TEST(has(difference_words(below), "-9223372036854775808"));
  below.difference_units.reset();
  BOOST_TEST(difference_words(below) == "");
}

BOOST_AUTO_TEST_CASE(equal_reasons_for_not_measuring_are_told_once) {
  LoadLineRow skipped = row(0, kGiB, kGiB);
  skipped.measured.reset();
  skipped.difference_units.reset();
  skipped.status = CaseStatus::skip;
  skipped.reason = "would change vm.overcommit_*";
  skipped.hint = "add --allow-system-changes";
  const std::string text = render_load_line_text(table_of({skipped, skipped}));
  BOOST_TEST(count(text, "would change") == 1U);
  BOOST_TEST(has(text, "not measured, 2 lines: would change"));
  BOOST_TEST(has(text, "to change that: add --allow-system-changes"));
  BOOST_TEST(has(text, "1 GiB"));
}

BOOST_AUTO_TEST_CASE(the_picture_is_one_xml_document_without_anything_from_elsewhere) {
  const std::string svg = render_load_line_svg(
      table_of({row(64 * kMiB, 60 * kMiB, 68 * kMiB), row(100 * kTiB, 90 * kTiB, 110 * kTiB),
                row(23 * kGiB, 23 * kGiB, 23 * kGiB)}));
  require_xml(svg);
  BOOST_TEST(count(svg, "class=\"mark\"") == 4U);  // and one in the legend
  BOOST_TEST(count(svg, "class=\"bar\"") == 4U);
  BOOST_TEST(has(svg, "exactly commit limit - committed before"));
  BOOST_TEST(has(svg, "in a band of 8 MiB"));
  BOOST_TEST(has(svg, "prefers-color-scheme:dark"));
  for (const char* outside : {"href", "url(", "<script", "@import", "<image"})
    BOOST_TEST(!has(svg, outside), outside);
}

BOOST_AUTO_TEST_CASE(a_larger_line_lies_further_right) {
  const std::string svg =
      render_load_line_svg(table_of({row(kMiB, kMiB, kMiB), row(kTiB, kTiB, kTiB)}));
  pugi::xml_document document;
  BOOST_REQUIRE(document.load_string(svg.c_str()));
  std::vector<double> marks;
  for (const pugi::xpath_node& node : document.select_nodes("//g/rect[@class='bar']"))
    marks.push_back(node.node().attribute("x").as_double());
  BOOST_REQUIRE_EQUAL(marks.size(), 2U);
  BOOST_TEST(marks[0] < marks[1]);
}

BOOST_AUTO_TEST_CASE(an_empty_table_and_hostile_words_are_still_a_picture) {
  require_xml(render_load_line_svg({}));
  LoadLineRow hostile = row(0, 0, UINT64_MAX);
  hostile.asked = "\"><script>alert(1)</script>\x1b[31m\xff]]>";
  hostile.settings = {"a & b < c", "\x01"};
  hostile.formula->formula = "<&>";
  hostile.difference_units = 7;
  const LoadLineTable table = table_of({hostile});
  const std::string svg = render_load_line_svg(table);
  require_xml(svg);
  BOOST_TEST(!has(svg, "<script"));
  for (const std::string& text : {svg, render_load_line_text(table)}) {
    BOOST_TEST(!has(text, "\x1b"));
    BOOST_TEST(!has(text, "\xff"));
  }
}

BOOST_AUTO_TEST_CASE(of_several_machines_none_is_taken_for_the_host) {
  LoadLineTable table = table_of({row(8 * kGiB, 8 * kGiB, 8 * kGiB)});
  MachineRecord machine;
  machine.boots = 1;
  machine.name = "laptop";
  machine.facts.mem_total_bytes.set(12 * kGiB, "test");
  table.machines = {machine};
  BOOST_TEST(has(render_load_line_text(table), "granted, on laptop, "));
  BOOST_TEST(has(render_load_line_svg(table), ">laptop, kernel 6.18.5"));
  machine.name = "server";
  table.machines.push_back(machine);
  const std::string text = render_load_line_text(table);
  BOOST_TEST(has(text, "granted, on machines of the lab\n  laptop  RAM 12 GiB"), text);
  BOOST_TEST(!has(text, "6.18.5"), text);
  const std::string svg = render_load_line_svg(table);
  BOOST_TEST(has(svg, "2 machines of the lab"), svg);
  BOOST_TEST(!has(svg, "6.18.5"), svg);
}

BOOST_AUTO_TEST_SUITE_END()
