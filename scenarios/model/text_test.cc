// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/text.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(what_could_harm_a_terminal_is_shown_as_an_escape) {
  using namespace std::string_literals;
  const std::vector<std::pair<std::string, std::string>> table{
      {"plain", "plain"},          {"a\x1b[31m"s, "a\\x1b[31m"},
      {"a\0b"s, "a\\x00b"},        {"tab\tnl\n", "tab\\tnl\\n"},
      {"\xc3\xa4", "\xc3\xa4"},    {"\xff"s, "\\xff"},
      {"\xc0\x80"s, "\\xc0\\x80"}, {"\xe2\x80\xae"s, "\\u{202e}"},
      {"\xc2\x9b"s, "\\u{9b}"},    {"\xed\xa0\x80"s, "\\xed\\xa0\\x80"},
  };
  for (const auto& [raw, shown] : table) BOOST_TEST(escape_text(raw) == shown);
  BOOST_TEST(escape_text(std::string(500, 'x')) == std::string(200, 'x') + "...");
}

BOOST_AUTO_TEST_CASE(the_first_invalid_byte_is_found) {
  BOOST_TEST(invalid_utf8_at("a\xc3\xa4") == std::string::npos);
  BOOST_TEST(invalid_utf8_at("a\xc3") == 1U);
  BOOST_TEST(invalid_utf8_at("ab\xf5\x80\x80\x80") == 2U);
}

BOOST_AUTO_TEST_CASE(the_nearest_word_is_near) {
  const std::vector<std::string> words{"calloc", "malloc", "mmap", "environment"};
  BOOST_TEST(nearest_word("callocc", words) == "calloc");
  BOOST_TEST(nearest_word("MALLOC", words) == "malloc");
  BOOST_TEST(nearest_word("enviroment", words) == "environment");
  BOOST_TEST(nearest_word("mmpa", words) == "mmap");
  BOOST_TEST(nearest_word("zzzz", words) == "");
  BOOST_TEST(nearest_word("", words) == "");
}

BOOST_AUTO_TEST_SUITE_END()
