// SPDX-License-Identifier: Apache-2.0
#include "harness/wire/refusal_line.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;

namespace {

std::optional<Refusal> read(const std::string& text) {
  const Result<wire::Line> line = wire::parse_line(text);
  BOOST_REQUIRE(line.ok());
  return wire::read_refusal(*line);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(refusal_line)

BOOST_AUTO_TEST_CASE(a_line_becomes_a_refusal) {
  const auto refusal = read(
      "refusal step=1 call=brk length=8192 asked=own_page:0,hole:13,no_access:12 vsz=4096 data=1 "
      "locked=0 maps=65531 rlimit_as=9000 rlimit_memlock=0 may_lock=1");
  BOOST_REQUIRE(refusal.has_value());
  BOOST_TEST((refusal->call == RefusedCall::brk));
  BOOST_TEST(refusal->length_bytes == 8192U);
  BOOST_TEST(refusal->probes.size() == 3U);
  BOOST_TEST(refusal->answer(ProbeKind::own_page).value() == 0);
  BOOST_TEST(refusal->answer(ProbeKind::hole).value() == 13);
  BOOST_TEST(refusal->answer(ProbeKind::no_access).value() == 12);
  BOOST_TEST(refusal->vsz_bytes.value() == 4096U);
  BOOST_TEST(refusal->map_count.value() == 65531U);
  BOOST_TEST(refusal->rlimit_as_bytes.value() == 9000U);
  BOOST_TEST(!refusal->rlimit_data_bytes.has_value());
  BOOST_TEST(refusal->rlimit_memlock_bytes.value() == 0U);
  BOOST_TEST(refusal->may_lock);
}

BOOST_AUTO_TEST_CASE(a_question_of_a_newer_child_is_left_out) {
  const auto refusal = read("refusal call=mmap length=4096 asked=of_tomorrow:12,page:0");
  BOOST_REQUIRE(refusal.has_value());
  BOOST_TEST(refusal->probes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_no_refusal_is_not_read) {
  for (const char* text :
       {"refusal length=4096", "refusal call=other", "refusal call=mmap asked=page",
        "refusal call=mmap asked=page:", "refusal call=mmap asked=page:-1",
        "refusal call=mmap asked=page:12x", "refusal call=mmap asked=page:0,,page:0"})
    BOOST_TEST(!read(text).has_value(), text);
  std::string many = "refusal call=mmap asked=page:0";
  for (int i = 0; i < 64; ++i) many += ",page:0";
  BOOST_TEST(!read(many).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
