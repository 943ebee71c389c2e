// SPDX-License-Identifier: Apache-2.0
#include "harness/tidy/tree_rules.h"

#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace memqual::tidy {
namespace {

namespace fs = std::filesystem;

Findings links_in(const std::string& text) {
  return check_links(parse_source("docs/a.md", text), [](const std::string& path) {
    return path == "docs/b.md" || path == "README.md" || path == "harness";
  });
}

BOOST_AUTO_TEST_SUITE(tree_rules)

BOOST_AUTO_TEST_CASE(wants_a_test_beside_a_source_with_a_header) {
  BOOST_TEST(check_tests_exist({"fixtures/a.cc", "fixtures/a.h"}, {}).size() == 1U);
  BOOST_TEST(check_tests_exist({"fixtures/a_linux.cc", "fixtures/a.h"}, {}).size() == 1U);
  BOOST_TEST(
      check_tests_exist({"fixtures/a.cc", "fixtures/a.h", "fixtures/a_test.cc"}, {}).empty());
  BOOST_TEST(
      check_tests_exist({"fixtures/a_linux.cc", "fixtures/a.h", "fixtures/a_test.cc"}, {}).empty());
}

BOOST_AUTO_TEST_CASE(asks_no_test_of_private_sources_and_other_folders) {
  BOOST_TEST(check_tests_exist({"fixtures/a.cc"}, {}).empty());
  BOOST_TEST(check_tests_exist({"harness/a.cc", "harness/a.h"}, {}).empty());
  BOOST_TEST(check_tests_exist({"fixtures/a_fuzz.cc", "fixtures/a_fuzz.h"}, {}).empty());
}

BOOST_AUTO_TEST_CASE(takes_an_excuse_only_while_it_is_needed) {
  BOOST_TEST(check_tests_exist({"kernels/a.cc", "kernels/a.h"}, {{"kernels/a.cc", "why"}}).empty());
  BOOST_TEST(check_tests_exist({"kernels/a.cc", "kernels/a.h", "kernels/a_test.cc"},
                               {{"kernels/a.cc", "why"}})
                 .size() == 1U);
  BOOST_TEST(check_tests_exist({}, {{"kernels/gone.cc", "why"}}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(follows_relative_links) {
  for (const char* text :
       {"[x](b.md)", "[x](b.md#part \"title\")", "[x](../README.md)", "[x](../harness)",
        "[x](https://example.org/gone)", "[x](#part)", "[x](mailto:a@example.org)",
        "`[x](gone.md)`", "```\n[x](gone.md)\n```\n", "[x]: b.md"}) {
    BOOST_TEST(links_in(text).empty(), text << "\n" << to_string(links_in(text)));
  }
  for (const char* text : {"[x](gone.md)", "a [x](b.md) [y](c.md)", "![x](gone.png)",
                           "[x]: gone.md", "```\n```\n[x](gone.md)", "[x](README.md)"}) {
    BOOST_TEST(links_in(text).size() == 1U, text);
  }
}

BOOST_AUTO_TEST_CASE(lists_sources_and_not_what_was_built) {
  std::string pattern = (fs::temp_directory_path() / "tidy_tree_XXXXXX").string();
  const fs::path root = mkdtemp(pattern.data());
  for (const char* file :
       {"b/x.cc", "a.md", ".git/config", "build/y.cc", "build-asan/y.cc", "b/.ci/run"}) {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << "x";
  }
  const std::vector<std::string> expected = {"a.md", "b/.ci/run", "b/x.cc"};
  const std::vector<std::string> listed = list_tree(root);
  fs::remove_all(root);
  BOOST_TEST(listed == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::tidy
