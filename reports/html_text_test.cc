// SPDX-License-Identifier: Apache-2.0
#include "reports/html_text.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "reports/sample_record.h"

namespace memqual {

BOOST_AUTO_TEST_SUITE(html_text)

BOOST_AUTO_TEST_CASE(what_means_something_in_html_is_escaped) {
  BOOST_TEST(html("<a href=\"x\" b='y'>&amp;") ==
             "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
  BOOST_TEST(html("a\x1b[0m\n\xff") == "a\\x1b[0m\\n\\xff");
  BOOST_TEST(html("plain ✓ text") == "plain ✓ text");
}

BOOST_AUTO_TEST_CASE(long_text_is_cut_between_characters_and_not_inside_an_escape) {
  BOOST_TEST(html(std::string(100, '<'), 10) == "&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;...");
}

BOOST_AUTO_TEST_CASE(equal_hashes_get_different_anchors) {
  RunRecord record = sample_record();
  record.cases.push_back(record.cases.front());
  std::set<std::string> anchors;
  for (const auto& [entry, anchor] : anchors_of(record.cases)) anchors.insert(anchor);
  BOOST_TEST(anchors.size() == record.cases.size());
}

BOOST_AUTO_TEST_CASE(an_anchor_holds_only_letters_and_digits_of_the_hash) {
  std::vector<CaseRecord> cases(1);
  cases[0].hash = "0a\"><script>1b";
  BOOST_TEST(anchors_of(cases).begin()->second == "case-0ascript1b");
}

BOOST_AUTO_TEST_CASE(a_mark_is_a_symbol_and_a_word) {
  BOOST_TEST(status_mark(CaseStatus::fail).find("✗") != std::string::npos);
  BOOST_TEST(status_mark(CaseStatus::fail).find("FAIL") != std::string::npos);
  BOOST_TEST(status_class(CaseStatus::fail) == "bad");
  BOOST_TEST(status_class(CaseStatus::pass) == "good");
  BOOST_TEST(status_class(CaseStatus::skip) == "idle");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
