// SPDX-License-Identifier: Apache-2.0
#include "harness/wire/line.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;
using namespace memqual::wire;

namespace {
std::string all_bytes() {
  std::string text;
  for (int byte = 0; byte < 256; ++byte) text += static_cast<char>(byte);
  return text;
}
Line parse(LineBuilder& builder) {
  const std::string_view view = builder.view();
  BOOST_REQUIRE(view.ends_with('\n'));
  Result<Line> line = parse_line(view.substr(0, view.size() - 1));
  BOOST_REQUIRE(line.ok());
  return *line;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(line)

BOOST_AUTO_TEST_CASE(any_bytes_survive_a_round_trip) {
  LineBuilder builder("step");
  builder.add("text", all_bytes()).add("number", std::uint64_t{18446744073709551615ull});
  const Line line = parse(builder);
  BOOST_TEST(line.verb == "step");
  BOOST_TEST(line.text("text") == all_bytes());
  BOOST_TEST(line.number("number") == 18446744073709551615ull);
}

BOOST_AUTO_TEST_CASE(a_line_is_never_longer_than_an_atomic_pipe_write) {
  LineBuilder builder("output");
  builder.add("text", std::string(10000, '%')).add("after", 1);
  BOOST_TEST(builder.view().size() <= kMaxLineBytes);
  BOOST_TEST(parse(builder).text("text").size() > 1000u);
}

BOOST_AUTO_TEST_CASE(a_text_of_the_promised_room_is_not_cut) {
  LineBuilder builder("output");
  builder.add("step", 12);
  const std::string worst(builder.room_for_text(), '\n');
  builder.add("text", worst);
  BOOST_TEST(parse(builder).text("text") == worst);
}

BOOST_AUTO_TEST_CASE(malformed_lines_are_errors) {
  for (const char* text :
       {"", "verb field", "verb =value", "verb key=%", "verb key=%4", "verb key=%zz"})
    BOOST_TEST(!parse_line(text).ok(), text);
  BOOST_TEST(!parse_line(std::string(kMaxLineBytes + 1, 'a')).ok());
}

BOOST_AUTO_TEST_CASE(what_is_not_a_number_is_absent) {
  const Line line = *parse_line("v a=1x b= c=-1 d=99999999999999999999 e=7");
  for (const char* key : {"a", "b", "c", "d", "missing"}) BOOST_TEST(!line.maybe_number(key));
  BOOST_TEST(line.number("e") == 7u);
}

BOOST_AUTO_TEST_SUITE_END()
