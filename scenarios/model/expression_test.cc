// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/expression.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;

namespace {

ExprLookup example_lookup() {
  ExprLookup lookup;
  lookup.name = [](const std::string& name, ExprValue& out) {
    if (name == "mem_total")
      out = 64.0 * 1024 * 1024 * 1024;
    else if (name == "root")
      out = true;
    else if (name == "cgroup_memory")
      out = false;
    else if (name == "os")
      out = std::string("linux");
    else if (name == "mode")
      out = std::string("never");
    else if (name == "swap_total")
      out = std::monostate();
    else
      return false;
    return true;
  };
  lookup.call = [](const std::string& function, const std::string& argument, ExprValue& out) {
    out = argument == "python3" || argument == "/thp/";
    return function == "program" || function == "name";
  };
  return lookup;
}

/// "true", "false", "false, NAME unknown", or the error.
std::string value_of(const std::string& text) {
  const auto expression = parse_expression(text);
  if (!expression.ok()) return to_string(expression.error());
  std::string unknown;
  const auto value = evaluate(*expression, example_lookup(), &unknown);
  if (!value.ok()) return to_string(value.error());
  return std::string(*value ? "true" : "false") +
         (unknown.empty() ? "" : ", " + unknown + " unknown");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(expression)

BOOST_AUTO_TEST_CASE(values) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"root", "true"},
      {"!root", "false"},
      {"!!root", "true"},
      {"mem_total >= 64GiB", "true"},
      {"mem_total > 64 GiB", "false"},
      {"mem_total == 68719476736", "true"},
      {"mode == never", "true"},
      {"never == mode", "true"},
      {"mode != 'never'", "false"},
      {"os == \"linux\"", "true"},
      {"program(python3)", "true"},
      {"program('python3')", "true"},
      {"program(ruby)", "false"},
      {"name(/thp/)", "true"},
      {"true", "true"},
      {"(root == true)", "true"},
      // '&' binds before '|', '!' before both, comparisons before all.
      {"root | root & cgroup_memory", "true"},
      {"(root | root) & cgroup_memory", "false"},
      {"!cgroup_memory & root", "true"},
      {"!cgroup_memory | mem_total < 1 B", "true"},
  };
  for (const auto& [text, value] : table) BOOST_TEST(value_of(text) == value, text);
}

BOOST_AUTO_TEST_CASE(unknown_is_neither_true_nor_false_until_the_end) {
  BOOST_TEST(value_of("swap_total > 0") == "false, swap_total unknown");
  BOOST_TEST(value_of("!(swap_total > 0)") == "false, swap_total unknown");
  BOOST_TEST(value_of("swap_total > 0 | root") == "true");
  BOOST_TEST(value_of("swap_total > 0 & cgroup_memory") == "false");
  BOOST_TEST(value_of("swap_total > 0 & root") == "false, swap_total unknown");
}

BOOST_AUTO_TEST_CASE(mistakes_of_type_and_name_are_found_also_where_the_other_side_decides) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"root | mem_total == never",
       "expression \"root | mem_total == never\": cannot compare \"mem_total\", a number, with "
       "\"never\", a text (\"never\" is not a name known here)"},
      {"rot | root",
       "expression \"rot | root\": unknown name \"rot\"; did you mean \"root\"? (a condition is a "
       "host fact that is true or false, a call such as program(python3), or a comparison)"},
      {"mem_total",
       "expression \"mem_total\": \"mem_total\" is a number, not true or false "
       "(compare it, for instance mem_total > 0)"},
      {"never == mde",
       "expression \"never == mde\": neither \"never\" nor \"mde\" is a name known "
       "here (compare a host fact or a matrix axis)"},
      {"mode < never",
       "expression \"mode < never\": only numbers can be compared with <; \"mode\" "
       "is a text (write == or !=)"},
      {"prgram(x)",
       "expression \"prgram(x)\": unknown function \"prgram\"; did you mean "
       "\"program\"? (functions here: program, python_module, tag, name or scenario)"},
  };
  for (const auto& [text, message] : table) BOOST_TEST(value_of(text) == message);
}

BOOST_AUTO_TEST_CASE(syntax_errors_name_the_column) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "expression \"\", column 1: the expression ends where a value should follow"},
      {"root &",
       "expression \"root &\", column 7: the expression ends where a value should follow"},
      {"root && root",
       "expression \"root && root\", column 6: \"&&\" is not an operator here (write "
       "a single &)"},
      {"root and root", "expression \"root and root\", column 6: unexpected \"and root\""},
      {"mode = never",
       "expression \"mode = never\", column 6: \"=\" is not a comparison (write ==)"},
      {"(root", "expression \"(root\", column 1: \"(\" is not closed"},
      {"name(/x)", "expression \"name(/x)\", column 6: the / is not closed"},
      {"program()", "expression \"program()\", column 8: program() needs an argument"},
      {"'x", "expression \"'x\", column 1: the quote is not closed"},
      {"mem_total > 4G",
       "expression \"mem_total > 4G\", column 13: \"4G\" has two readings (write 4 GiB (4294967296 "
       "bytes) or 4 GB (4000000000 bytes))"},
      {"1 < 2 < 3",
       "expression \"1 < 2 < 3\", column 8: comparisons cannot be chained (join them "
       "with &)"},
      {"root )", "expression \"root )\", column 6: unexpected \")\""},
  };
  for (const auto& [text, message] : table) BOOST_TEST(value_of(text) == message);
}

BOOST_AUTO_TEST_CASE(deep_and_long_expressions_are_refused) {
  BOOST_TEST(!parse_expression(std::string(65, '(') + "root" + std::string(65, ')')).ok());
  BOOST_TEST(parse_expression(std::string(60, '(') + "root" + std::string(60, ')')).ok());
  BOOST_TEST(!parse_expression(std::string(65, '!') + "root").ok());
  BOOST_TEST(!parse_expression(std::string(4097, ' ')).ok());
}

BOOST_AUTO_TEST_CASE(calls_are_listed_in_order) {
  const auto calls =
      calls_of(*parse_expression("program(python3) & !(python_module(numpy) | root)"));
  BOOST_REQUIRE(calls.size() == 2U);
  BOOST_TEST(calls[0].first == "program");
  BOOST_TEST(calls[0].second == "python3");
  BOOST_TEST(calls[1].first == "python_module");
  BOOST_TEST(calls[1].second == "numpy");
}

BOOST_AUTO_TEST_SUITE_END()
