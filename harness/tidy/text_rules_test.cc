// SPDX-License-Identifier: Apache-2.0
#include "harness/tidy/text_rules.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace memqual::tidy {
namespace {

SourceText source(const std::string& text) { return parse_source("harness/a.cc", text); }

std::string repeated(const std::string& text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

BOOST_AUTO_TEST_SUITE(text_rules)

BOOST_AUTO_TEST_CASE(finds_conditionals_over_a_platform) {
  for (const char* text :
       {"#ifdef __linux__\n", "#if defined(_WIN32)\n", "  #  ifndef __APPLE__\n",
        "#if A\n#elif defined(__MACH__)\n", "#if defined(__unix__) || defined(_MSC_VER)\n"}) {
    BOOST_TEST(check_platform_if(source(text)).size() == 1U, text);
  }
}

BOOST_AUTO_TEST_CASE(leaves_other_conditionals_and_mentions_alone) {
  for (const char* text :
       {"#if BOOST_VERSION >= 108600\n", "// #ifdef __linux__\n", "f(\"#ifdef __linux__\");\n",
        "#pragma once\n", "#include <linux/fs.h>\n"}) {
    BOOST_TEST(check_platform_if(source(text)).empty(), text);
  }
}

BOOST_AUTO_TEST_CASE(counts_characters_of_a_line_not_bytes) {
  BOOST_TEST(check_line_length(source(std::string(100, 'x'))).empty());
  BOOST_TEST(check_line_length(source(std::string(101, 'x'))).size() == 1U);
  BOOST_TEST(check_line_length(source(repeated("\xC3\xA9", 100))).empty());
}

BOOST_AUTO_TEST_CASE(lets_raw_data_be_wide) {
  const std::string wide(120, 'x');
  BOOST_TEST(check_line_length(source("R\"data(" + wide + ")data\"")).empty());
  BOOST_TEST(check_line_length(source("R\"(" + wide + ")\"")).size() == 1U);
}

BOOST_AUTO_TEST_CASE(limits_files_and_gives_tests_more) {
  BOOST_TEST(check_file_length(source(repeated("\n", 500))).empty());
  BOOST_TEST(check_file_length(source(repeated("\n", 501))).size() == 1U);
  BOOST_TEST(check_file_length(parse_source("a_test.cc", repeated("\n", 650))).empty());
  BOOST_TEST(check_file_length(parse_source("a_test.cc", repeated("\n", 651))).size() == 1U);
}

BOOST_AUTO_TEST_CASE(wants_the_licence_first) {
  BOOST_TEST(check_spdx(source("// SPDX-License-Identifier: Apache-2.0\nint a;\n"), "//").empty());
  BOOST_TEST(check_spdx(source("#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"), "#").empty());
  BOOST_TEST(check_spdx(source("\n// SPDX-License-Identifier: Apache-2.0\n"), "//").size() == 1U);
  BOOST_TEST(check_spdx(source("// SPDX-License-Identifier: MIT\n"), "//").size() == 1U);
  BOOST_TEST(check_spdx(source(""), "//").size() == 1U);
}

BOOST_AUTO_TEST_CASE(finds_sleeps_unless_listed) {
  const SourceText sleeper =
      source("std::this_thread::sleep_for(1ms);\nusleep(5);\n// usleep(1)\n");
  BOOST_TEST(check_sleep(sleeper, {}).size() == 2U);
  BOOST_TEST(check_sleep(sleeper, {{"harness/a.cc", "it measures a clock"}}).empty());
  BOOST_TEST(check_sleep(source("steps.sleep_until_event();\n"), {}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::tidy
