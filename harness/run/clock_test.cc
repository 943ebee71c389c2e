// SPDX-License-Identifier: Apache-2.0
#include "harness/run/clock.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <set>
#include <string>

using namespace memqual;

namespace {

std::uint64_t unix_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

/// True where `text` has the form of `pattern`: 9 stands for a digit, x for a hexadecimal one, v
/// for 8, 9, a or b, and every other character for itself.
bool has_form(const std::string& text, const std::string& pattern) {
  const auto among = [](char c, const char* set) {
    return c != '\0' && std::string(set).find(c) != std::string::npos;
  };
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool fits = pattern[i] == '9'   ? among(c, "0123456789")
                      : pattern[i] == 'x' ? among(c, "0123456789abcdef")
                      : pattern[i] == 'v' ? among(c, "89ab")
                                          : c == pattern[i];
    if (!fits) return false;
  }
  return true;
}

/// The 48 bits of time at the front of a UUIDv7.
std::uint64_t ms_of(const std::string& id) {
  return std::stoull(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(clock_and_ids)

BOOST_AUTO_TEST_CASE(time_is_rfc_3339_in_utc_with_milliseconds) {
  const std::string before = now_rfc3339();
  const std::string after = now_rfc3339();
  BOOST_TEST(has_form(before, "9999-99-99T99:99:99.999Z"), before);
  BOOST_TEST(before <= after);  // sorts as text
  // Minutes of the day, from the text and from the clock; a minute may pass between the two.
  const std::uint64_t clock = unix_ms() / 60000 % 1440;
  const std::uint64_t text = std::stoull(after.substr(11, 2)) * 60 + std::stoull(after.substr(14));
  BOOST_TEST((clock + 1440 - text) % 1440 <= 1u, after);
}

BOOST_AUTO_TEST_CASE(run_ids_are_uuids_of_version_7_and_carry_the_time) {
  const std::uint64_t before = unix_ms();
  for (int i = 0; i < 100; ++i) {
    const std::string id = new_run_id();
    BOOST_TEST(has_form(id, "xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx"), id);
    BOOST_TEST(ms_of(id) >= before);
    BOOST_TEST(ms_of(id) <= unix_ms());
  }
}

BOOST_AUTO_TEST_CASE(run_ids_differ_and_sort_by_time) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(new_run_id());
  BOOST_TEST(ids.size() == 1000u);
  const std::string first = new_run_id();
  while (unix_ms() <= ms_of(first)) {
  }
  BOOST_TEST(first < new_run_id());
}

BOOST_AUTO_TEST_SUITE_END()
