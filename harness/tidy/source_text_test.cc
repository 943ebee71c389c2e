// SPDX-License-Identifier: Apache-2.0
#include "harness/tidy/source_text.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace memqual::tidy {
namespace {

std::string code_of(const std::string& text) {
  std::string joined;
  for (const std::string& line : parse_source("a.cc", text).code) joined += line + "|";
  return joined;
}

BOOST_AUTO_TEST_SUITE(source_text)

BOOST_AUTO_TEST_CASE(blanks_comments_and_literals_and_keeps_columns) {
  BOOST_TEST(code_of("a(); // {x}\nb();") == "a();       |b();|");
  BOOST_TEST(code_of("a /* {\n } */ b") == "a     |      b|");
  BOOST_TEST(code_of("f(\"a{\\\"b\") + 1") == "f(\"     \") + 1|");
  BOOST_TEST(code_of("f('{', '\\'', 1'000'000)") == "f(' ', '  ', 1'000'000)|");
}

BOOST_AUTO_TEST_CASE(blanks_raw_strings_over_lines) {
  BOOST_TEST(code_of("x = R\"(a \" {\n})\"; y") == "x = R\"      |  \"; y|");
  BOOST_TEST(code_of("x = R\"q(a)\" b)q\"; y") == "x = R\"         \"; y|");
}

BOOST_AUTO_TEST_CASE(survives_unterminated_literals) {
  BOOST_TEST(code_of("a \"b") == "a \" |");
  BOOST_TEST(code_of("a R\"(b\nc") == "a R\"  | |");
  BOOST_TEST(code_of("a /* b") == "a     |");
  BOOST_TEST(code_of("R\"") == "R\"|");
  BOOST_TEST(code_of("\"\\") == "\" |");
}

BOOST_AUTO_TEST_CASE(marks_the_lines_of_raw_data) {
  const SourceText source = parse_source("a.cc", "a\nb R\"css(x\ny)css\"\nR\"(z)\"\n");
  const std::vector<bool> expected = {false, true, true, false};
  BOOST_TEST(source.raw_data == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(knows_suffixes) {
  BOOST_TEST(is_test("a/b_test.cc"));
  BOOST_TEST(is_test("a/b_fuzz.cc"));
  BOOST_TEST(!is_test("a/test_b.cc"));
  BOOST_TEST(is_test_helper("a/testing.h"));
  BOOST_TEST(is_test_helper("a/fake_clock.h"));
  BOOST_TEST(is_test_helper("a/report_sample.cc"));
  BOOST_TEST(!is_test_helper("fake_a/clock.h"));
  BOOST_TEST(has_platform_suffix("a/b_linux.cc"));
  BOOST_TEST(!has_platform_suffix("a_linux/b.cc"));
  BOOST_TEST(without_suffixes("a/b_posix.cc") == "a/b");
  BOOST_TEST(without_suffixes("a/b.h") == "a/b");
}

BOOST_AUTO_TEST_CASE(prints_findings_one_a_line) {
  BOOST_TEST(to_string(Findings{{"a.cc", 3, "no"}, {"b.h", 1, "nor"}}) ==
             "a.cc:3: no\nb.h:1: nor\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::tidy
