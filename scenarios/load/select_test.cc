// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/select.h"

#include <boost/test/unit_test.hpp>

#include "scenarios/load/glob.h"
#include "scenarios/load/load.h"

using namespace memqual;

namespace {

const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    const LoadResult result = load_scenario_text(R"(schema_version: 1
defaults: {workload: [spawn: {}], expect: none}
scenarios:
  - {name: thp_big, tags: [thp, slow], matrix: {axes: {mode: [never, always], ratio: [50, 80]}}}
  - {name: oom, tags: [oom]}
  - {name: plain}
)",
                                                 "f.yaml");
    for (const Diagnostic& error : result.errors) BOOST_ERROR(to_string(error));
    return result.cases;
  }();
  return all;
}

/// Names of the selected cases, or the error.
std::string selected(const Selection& selection) {
  const auto result = select_cases(cases(), selection);
  if (!result.ok()) return to_string(result.error());
  std::string names;
  for (const Case& test_case : *result)
    names += (names.empty() ? "" : " ") + display_name(test_case);
  return names;
}

std::string by_name(const std::string& name) { return selected({{name}, {}, {}, {}}); }
std::string by_expression(const std::string& text) {
  const auto expression = parse_expression(text);
  return expression.ok() ? selected({{}, {}, {}, *expression}) : to_string(expression.error());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(selection)

BOOST_AUTO_TEST_CASE(names_are_ids_hashes_scenarios_and_globs) {
  const Case& first = cases().at(0);
  const std::string shown = "thp_big[mode=never,ratio=50]";
  BOOST_TEST(by_name(first.id) == shown);
  BOOST_TEST(by_name(first.hash) == shown);
  BOOST_TEST(by_name(first.hash.substr(0, 4)) == shown);
  BOOST_TEST(by_name(shown) == shown);
  BOOST_TEST(by_name("oom") == "oom");
  BOOST_TEST(by_name("*[mode=never,*") == shown + " thp_big[mode=never,ratio=80]");
  BOOST_TEST(by_name("o?m") == "oom");
  BOOST_TEST(by_name("oon") ==
             "no case has the id, hash, scenario or pattern \"oon\"; did you mean "
             "\"oom\"? (`memqual list` shows all cases)");
}

BOOST_AUTO_TEST_CASE(tags_and_parts_combine) {
  BOOST_TEST(selected({{}, {"oom", "nothing"}, {}, {}}) == "oom");
  BOOST_TEST(selected({{}, {}, {"slow", "oom"}, {}}) == "plain");
  BOOST_TEST(selected({{"oom", "plain"}, {"oom"}, {}, {}}) == "oom");
  BOOST_TEST(selected({{"plain"}, {"oom"}, {}, {}}) == "");
}

BOOST_AUTO_TEST_CASE(expressions_see_tags_names_and_parameters) {
  BOOST_TEST(by_expression("tag(oom) | scenario(plain)") == "oom plain");
  BOOST_TEST(by_expression("name(/^thp.*ratio=80/) & !name(/always/)") ==
             "thp_big[mode=never,ratio=80]");
  BOOST_TEST(by_expression("!tag(slow) & !name(plain*)") == "oom");
  BOOST_TEST(by_expression("name(/[/)").find("is not a regular expression") != std::string::npos);
  BOOST_TEST(by_expression("mode == never").find("for case oom") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(parameters_are_numbers_where_they_look_like_it) {
  BOOST_TEST(std::get<double>(parameter_value("50")) == 50.0);
  BOOST_TEST(std::get<double>(parameter_value("1 GiB")) == 1073741824.0);
  BOOST_TEST(std::get<bool>(parameter_value("true")));
  BOOST_TEST(std::get<std::string>(parameter_value("never")) == "never");
}

BOOST_AUTO_TEST_CASE(globs_match_whole_texts) {
  BOOST_TEST(glob_match("a*c", "abbc"));
  BOOST_TEST(glob_match("*", ""));
  BOOST_TEST(glob_match("a?c*", "abc"));
  BOOST_TEST(!glob_match("a*c", "abcd"));
  BOOST_TEST(!glob_match("", "a"));
  BOOST_TEST(!glob_match("*a*a*a*a*a*a*a*b", std::string(2000, 'a')));
}

BOOST_AUTO_TEST_SUITE_END()
