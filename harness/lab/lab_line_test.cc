// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/lab_line.h"

#include <boost/test/unit_test.hpp>

namespace memqual {
namespace {

std::string line(std::uint64_t number, const std::string& text) {
  return encode_lab_line({number, text});
}

/// All lines of a stream, and at its end the error.
std::vector<std::string> read_all(const std::vector<std::string>& pieces) {
  LabLineReader reader;
  std::vector<std::string> texts;
  std::string text;
  for (const std::string& piece : pieces) {
    reader.take(piece);
    for (;;) {
      const Result<bool> got = reader.next(text);
      if (!got) {
        texts.push_back("error: " + got.error().message);
        return texts;
      }
      if (!*got) break;
      texts.push_back(text);
    }
  }
  if (reader.in_the_middle()) texts.push_back("cut");
  return texts;
}

bool fails(const std::string& stream, const std::string& part) {
  const auto texts = read_all({stream});
  return texts.back().find("error: ") == 0 && texts.back().find(part) != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(lab_lines)

BOOST_AUTO_TEST_CASE(the_checksum_is_the_one_of_ieee_802_3) {
  BOOST_TEST(line(1, "123456789") == "mq1 1 9 cbf43926 123456789\n");
}

BOOST_AUTO_TEST_CASE(lines_come_back_however_they_are_cut) {
  const std::string stream = line(1, "{\"a\":1}") + line(2, "") + line(3, std::string(5000, 'x'));
  std::vector<std::string> bytes;
  for (const char c : stream) bytes.emplace_back(1, c);
  for (const auto& pieces : {std::vector<std::string>{stream}, bytes}) {
    const auto texts = read_all(pieces);
    BOOST_REQUIRE(texts.size() == 3U);
    BOOST_TEST(texts[0] == "{\"a\":1}");
    BOOST_TEST(texts[2].size() == 5000U);
  }
}

BOOST_AUTO_TEST_CASE(every_damage_is_seen) {
  const std::string good = line(1, "some text");
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char other : {'x', '7', ' '}) {
      std::string damaged = good;
      if (damaged[i] == other) continue;
      damaged[i] = other;
      const auto texts = read_all({damaged});
      BOOST_TEST((texts.back() == "cut" || texts.back().find("error: ") == 0), damaged);
    }
  }
  BOOST_TEST(fails("[    2.1] a line of the kernel\n", "does not begin with mq1"));
  BOOST_TEST(fails("mq1 1 9 cbf43926 12345678\n", "8 bytes where 9"));
  BOOST_TEST(fails("mq1 1 9 cbf43927 123456789\n", "checksum"));
}

BOOST_AUTO_TEST_CASE(lost_and_repeated_lines_are_seen) {
  BOOST_TEST(fails(line(1, "a") + line(3, "c"), "number 3 came after 1"));
  BOOST_TEST(fails(line(1, "a") + line(1, "a"), "number 1 came after 1"));
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_in_a_line_is_told_apart) {
  const std::string stream = line(1, "a") + line(2, "b");
  BOOST_TEST(read_all({stream}).back() == "b");
  BOOST_TEST(read_all({stream.substr(0, stream.size() - 1)}).back() == "cut");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
