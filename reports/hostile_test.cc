// SPDX-License-Identifier: Apache-2.0
// Text of a scenario or a child that tries to leave its place, in every format.
#include <boost/test/unit_test.hpp>
#include <pugixml.hpp>

#include "reports/render.h"
#include "reports/sample_record.h"
#include "scenarios/model/record_codec.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// No terminal, parser or reader is steered by this text.
void check_harmless(const std::string& text) {
  BOOST_TEST(invalid_utf8_at(text) == std::string::npos);
  for (const char c : text) {
    BOOST_REQUIRE((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
  }
  for (const char* part : {"\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xef\xbf\xbf"}) {
    BOOST_TEST(!contains(text, part));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(the_record_of_these_tests_is_hostile) {
  const RunRecord record = hostile_record();
  const std::string& text = record.cases.front().summary;
  BOOST_TEST(contains(text, "<script>"));
  BOOST_TEST(contains(text, "\x1b"));
  BOOST_TEST(contains(text, std::string(1, '\0')));
  BOOST_TEST(invalid_utf8_at(text) != std::string::npos);
  BOOST_TEST(record.cases.front().attempts.front().observation->steps.front().output.size() >=
             1024U * 1024U);
}

BOOST_AUTO_TEST_CASE(console_shows_escapes_instead_of_obeying_them) {
  ConsoleStyle style;
  style.verbose = true;
  const std::string text = render_console(hostile_record(), style);
  check_harmless(text);
  BOOST_TEST(contains(text, "\\x1b[31mred"));
  BOOST_TEST(contains(text, "\\u{202e}"));
  BOOST_TEST(text.size() < 1000000U);
}

BOOST_AUTO_TEST_CASE(html_holds_no_markup_of_others) {
  const std::string page = render_html(hostile_record());
  check_harmless(page);
  BOOST_TEST(!contains(page, "<script"));
  BOOST_TEST(contains(page, "&lt;script&gt;"));
  BOOST_TEST(page.size() < 1000000U);
}

BOOST_AUTO_TEST_CASE(junit_stays_well_formed_and_bounded) {
  const std::string text = render_junit(hostile_record());
  check_harmless(text);
  BOOST_TEST(!contains(text, "<script"));
  BOOST_TEST(text.size() < 1000000U);
  pugi::xml_document document;
  BOOST_TEST(bool(document.load_string(text.c_str())));
  std::size_t cases = 0;
  for (pugi::xml_node suite : document.child("testsuites").children("testsuite")) {
    for (pugi::xml_node node : suite.children("testcase")) cases += node.attribute("name") ? 1 : 0;
  }
  BOOST_TEST(cases == hostile_record().cases.size());
}

BOOST_AUTO_TEST_CASE(json_can_be_read_again) {
  const std::string text = render_json(hostile_record());
  BOOST_TEST(invalid_utf8_at(text) == std::string::npos);
  const Result<RunRecord> record = decode_run_record(text);
  BOOST_REQUIRE(record.ok());
  BOOST_TEST(record->cases.size() == hostile_record().cases.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
