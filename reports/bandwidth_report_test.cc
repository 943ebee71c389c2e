// SPDX-License-Identifier: Apache-2.0
#include "reports/bandwidth_report.h"

#include <boost/test/unit_test.hpp>
#include <pugixml.hpp>

using namespace memqual;
using Operation = BandwidthOperation;

namespace {

BandwidthFigure figure(Operation operation, std::uint32_t threads, double gb_per_second) {
  BandwidthFigure made;
  made.operation = operation;
  made.threads = threads;
  made.way = "memcpy";
  made.moved_bytes = 256 * kMiB * arrays_of(operation);
  made.rounds = 5;
  made.median_ns =
      static_cast<std::uint64_t>(static_cast<double>(made.moved_bytes) / gb_per_second);
  made.least_ns = made.median_ns - made.median_ns / 20;
  made.most_ns = made.median_ns + made.median_ns / 20;
  made.first_ns = is_fault(operation) ? 2 * made.median_ns : 0;
  made.faults = is_fault(operation) ? 65536 : 0;
  made.pinned_threads = threads;
  return made;
}

BandwidthTable table_of(std::vector<BandwidthFigure> figures) {
  RunRecord record;
  record.host.kernel_release.set("6.18.5", "test");
  record.host.cpus.set(2, "test");
  CaseRecord& entry = record.cases.emplace_back();
  entry.verdict.status = CaseStatus::pass;
  entry.attempts.emplace_back().observation.emplace().steps.emplace_back().bandwidth =
      std::move(figures);
  return bandwidth_table(record);
}

BandwidthTable usual(double two_threads) {
  return table_of({figure(Operation::read, 1, 16.3), figure(Operation::read, 2, 30.9),
                   figure(Operation::copy, 1, 20), figure(Operation::copy, 2, two_threads),
                   figure(Operation::page_fault, 1, 2.048)});
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

BOOST_AUTO_TEST_SUITE(bandwidth_report)

BOOST_AUTO_TEST_CASE(the_table_has_a_line_for_each_number_of_threads) {
  const std::string text = render_bandwidth_text(usual(38));
  BOOST_TEST(has(text, "kernel 6.18.5, 2 CPUs"), text);
  BOOST_TEST(has(text, "all CPUs, arrays of 256 MiB, median of 5 rounds"), text);
  BOOST_TEST(has(text, "  threads  read  copy\n  1        16.3  20.0\n  2        30.9  38.0\n"),
             text);
  BOOST_TEST(has(text, "first touch, base pages  1        2.0   2000          65536   1.0"), text);
  BOOST_TEST(has(text, "two threads copy 1.90 times as fast as one"));
  BOOST_TEST(!has(text, "!"));
  BOOST_TEST(!has(text, "~"));
}

BOOST_AUTO_TEST_CASE(what_is_not_to_be_believed_is_marked_and_explained) {
  const std::string text = render_bandwidth_text(usual(24));
  BOOST_TEST(has(text, "  2        30.9  24.0  !\n"), text);
  BOOST_TEST(has(text, "  1        16.3  20.0\n"), text);
  BOOST_TEST(has(text, "! do not believe the figures of several threads: two copy 1.20"));
}

BOOST_AUTO_TEST_CASE(rounds_that_differ_much_and_threads_that_moved_are_told) {
  BandwidthFigure wide = figure(Operation::copy, 1, 20);
  wide.most_ns = 2 * wide.median_ns;
  wide.pinned_threads = 0;
  const std::string text = render_bandwidth_text(table_of({wide}));
  BOOST_TEST(has(text, "~20.0"), text);
  BOOST_TEST(has(text, "differ by more than 20 % of the median"));
  BOOST_TEST(has(text, "did not keep to a CPU of their own"));
}

BOOST_AUTO_TEST_CASE(a_place_that_was_not_measured_says_why_and_what_would_help) {
  BandwidthTable table = table_of({});
  table.rows[0].cpu_node = 0;
  table.rows[0].memory_node = 3;
  table.rows[0].status = CaseStatus::unsupported;
  table.rows[0].reason = "more than the budget";
  table.rows[0].hint = "make the arrays smaller";
  const std::string text = render_bandwidth_text(table);
  BOOST_TEST(has(text, "CPUs of node 0, memory of node 3\n  not measured: UNSUPPORTED more than"),
             text);
  BOOST_TEST(has(text, "to change that: make the arrays smaller"));
  require_xml(render_bandwidth_svg(table));
}

BOOST_AUTO_TEST_CASE(the_picture_is_one_xml_document_without_anything_from_elsewhere) {
  const std::string svg = render_bandwidth_svg(usual(38));
  require_xml(svg);
  BOOST_TEST(count(svg, "class=\"bar\"") == 5U);
  BOOST_TEST(count(svg, "class=\"off\"") == 0U);
  BOOST_TEST(has(svg, "2.0 GB/s, 2000 ns per 4 KiB"));
  for (const char* outside : {"href", "url(", "<script", "@import", "<image"})
    BOOST_TEST(!has(svg, outside), outside);
  BOOST_TEST(count(render_bandwidth_svg(usual(24)), "class=\"off\"") == 2U);
}

BOOST_AUTO_TEST_CASE(a_faster_bar_is_longer) {
  pugi::xml_document document;
  BOOST_REQUIRE(document.load_string(render_bandwidth_svg(usual(38)).c_str()));
  std::vector<double> widths;
  for (const pugi::xpath_node& node : document.select_nodes("//g/rect[@class='bar']"))
    widths.push_back(node.node().attribute("width").as_double());
  BOOST_REQUIRE_EQUAL(widths.size(), 5U);
  BOOST_TEST(widths[0] < widths[1]);
  BOOST_TEST(widths[3] / widths[2] == 1.9, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(nothing_and_hostile_words_are_still_a_picture) {
  require_xml(render_bandwidth_svg({}));
  BandwidthFigure hostile = figure(Operation::copy, 0, 1e30);
  hostile.way = "\"><script>alert(1)</script>\x1b[31m\xff";
  hostile.moved_bytes = UINT64_MAX;
  hostile.median_ns = 1;
  hostile.most_ns = 0;
  BandwidthTable table = table_of({hostile, figure(Operation::page_fault, 1, 1)});
  table.host.os_name.set("<b>\x1b[31m", "test");
  const std::string svg = render_bandwidth_svg(table);
  require_xml(svg);
  BOOST_TEST(!has(svg, "<script"));
  for (const std::string& text : {svg, render_bandwidth_text(table)}) {
    BOOST_TEST(!has(text, "\x1b"));
    BOOST_TEST(!has(text, "\xff"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
