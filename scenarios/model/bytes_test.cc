// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/bytes.h"

#include <boost/test/unit_test.hpp>

#include "scenarios/model/host_facts.h"

using namespace memqual;

namespace {

std::string size_error(const std::string& text) {
  const auto size = parse_size(text);
  return size.ok() ? "accepted" : to_string(size.error());
}

std::string duration_error(const std::string& text) {
  const auto duration = parse_duration_ms(text);
  return duration.ok() ? "accepted" : to_string(duration.error());
}

HostFacts small_host() {
  HostFacts facts;
  facts.mem_total_bytes.set(1000001, "test");
  facts.swap_total_bytes.set(500, "test");
  facts.page_size_bytes.set(4096, "test");
  return facts;
}

std::uint64_t resolved(const std::string& text) {
  const auto size = parse_size(text);
  BOOST_REQUIRE_MESSAGE(size.ok(), text);
  const auto bytes = resolve(*size, small_host());
  BOOST_REQUIRE_MESSAGE(bytes.ok(), text);
  return *bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bytes)

BOOST_AUTO_TEST_CASE(reads_binary_and_decimal_units) {
  const std::vector<std::pair<std::string, std::uint64_t>> table{
      {"0 B", 0},
      {"4096 B", 4096},
      {"32 GiB", 34359738368},
      {"32GiB", 34359738368},
      {"32 Gi", 34359738368},
      {"1.5 GiB", 1610612736},
      {"0.5 KiB", 512},
      {"1.1 GB", 1100000000},
      {"352.8 GB", 352800000000},
      {"1 kB", 1000},
      {"2 PiB", 2251799813685248},
      {"1 GiB + 4 KiB", 1073745920},
      {"1 GiB - 4 KiB", 1073737728},
      {"8191 PiB", 9222246136947933184},
  };
  for (const auto& [text, bytes] : table) {
    const auto size = parse_size(text);
    BOOST_REQUIRE_MESSAGE(size.ok(), text << ": " << size_error(text));
    BOOST_TEST(size->is_literal());
    BOOST_TEST(literal_bytes(*size) == bytes, text);
  }
}

BOOST_AUTO_TEST_CASE(rejects_bare_suffix_and_shows_both_readings) {
  BOOST_TEST(size_error("4G") ==
             "\"4G\" has two readings (write 4 GiB (4294967296 bytes) or 4 GB (4000000000 bytes))");
  BOOST_TEST(size_error("1 k") ==
             "\"1k\" has two readings (write 1 KiB (1024 bytes) or 1 kB (1000 bytes))");
}

BOOST_AUTO_TEST_CASE(refused_sizes_say_why) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "the size is empty (write for instance 64 MiB)"},
      {"4096", "\"4096\" has no unit (write for instance 4096 B, 4096 MiB or 4096 pages)"},
      {"1.5 B", "\"1.5 B\" is not a whole number of bytes (write a smaller unit)"},
      {"0.3 GiB", "\"0.3 GiB\" is not a whole number of bytes (write a smaller unit)"},
      {"8192 PiB", "\"8192 PiB\" is more than 9223372036854775807 bytes"},
      {"8191 PiB + 1 PiB", "the sum is more than 9223372036854775807 bytes"},
      {"99999999999999999999 B", "number \"99999999999999999999\" has too many digits"},
      {"-5 MiB", "size \"-5 MiB\" is negative"},
      {"1 KiB - 1 MiB", "size \"1 KiB - 1 MiB\" is negative"},
      {"1. GiB", "\"1.\" ends in a point (write digits after it)"},
      {"5 GiBs",
       "unknown unit \"GiBs\"; did you mean \"GiB\"? (write B, KiB, MiB, GiB, TiB, PiB, kB, MB, "
       "GB, "
       "TB, PB, pages or % of a host fact)"},
      {"50%", "\"50%\" does not say of what (write for instance 50% of mem_total)"},
      {"1 GiB * 2", "unexpected \"*\" in size \"1 GiB * 2\" (terms are joined by + or -)"},
      {"1 GiB +", "a size ends where a number or a host fact should follow"},
      {"1.5 pages", "\"1.5 pages\" is not a whole number"},
  };
  for (const auto& [text, message] : table) BOOST_TEST(size_error(text) == message);
  BOOST_TEST(size_error("50% of mem_totl").find("did you mean \"mem_total\"?") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(sums_of_facts_and_pages_resolve_on_a_host) {
  BOOST_TEST(resolved("mem_total + swap_total + 1 pages") == 1000001U + 500U + 4096U);
  BOOST_TEST(resolved("50% of mem_total") == 500000U);  // rounds down
  BOOST_TEST(resolved("12.5% of mem_total - 100 B") == 124900U);
  BOOST_TEST(resolved("150% of swap_total") == 750U);
}

BOOST_AUTO_TEST_CASE(what_a_host_cannot_resolve_is_an_error) {
  const auto message = [](const std::string& text) {
    const auto bytes = resolve(*parse_size(text), small_host());
    return bytes.ok() ? "resolved" : bytes.error().message;
  };
  BOOST_TEST(message("commit_limit") ==
             "\"commit_limit\": this host does not say its commit_limit");
  BOOST_TEST(message("swap_total - 1 KiB") ==
             "size \"swap_total - 1 KiB\" is negative on this host: 500 - 1024 bytes");
  BOOST_TEST(message("99999999999999999% of mem_total") ==
             "size \"99999999999999999% of mem_total\" is more than 2^64-1 bytes on this host");
}

BOOST_AUTO_TEST_CASE(every_fact_that_a_size_may_name_is_a_fact_in_bytes) {
  for (const std::string& name : size_fact_names()) {
    const FactField* field = find_fact(name);
    BOOST_REQUIRE_MESSAGE(field != nullptr, name);
    BOOST_TEST((field->unit == FactUnit::bytes), name);
  }
}

BOOST_AUTO_TEST_CASE(bytes_survive_as_a_literal_size_up_to_the_last_one) {
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{INT64_MAX},
                                    std::uint64_t{INT64_MAX} + 1, UINT64_MAX - 1, UINT64_MAX}) {
    BOOST_TEST(literal_bytes(Size::of_bytes(bytes)) == bytes);
    const auto back = resolve(Size::of_bytes(bytes), HostFacts{});
    BOOST_REQUIRE(back.ok());
    BOOST_TEST(*back == bytes);
  }
}

BOOST_AUTO_TEST_CASE(small_sizes_are_printed_exactly_and_large_ones_with_one_decimal) {
  const std::vector<std::pair<std::uint64_t, std::string>> table{
      {0, "0 B"},          {4096, "4096 B"},         {10239, "10239 B"},
      {10240, "10 KiB"},   {64 * kMiB, "64 MiB"},    {352800000000, "328.6 GiB"},
      {kGiB - 1, "1 GiB"}, {1536 * kMiB, "1.5 GiB"}, {UINT64_MAX, "16 EiB"},
  };
  for (const auto& [value, text] : table) BOOST_TEST(format_bytes(value) == text);
}

BOOST_AUTO_TEST_CASE(durations_read_and_print) {
  const std::vector<std::tuple<std::string, std::uint64_t, std::string>> table{
      {"250ms", 250, "250ms"},      {"30s", 30000, "30s"},   {"5m", 300000, "5m"},
      {"1h30m", 5400000, "1h30m"},  {"2d", 172800000, "2d"}, {"1.5s", 1500, "1.5s"},
      {"1h 30m", 5400000, "1h30m"}, {"90s", 90000, "1m30s"}, {"0s", 0, "0ms"},
      {"61.25s", 61250, "1m1.25s"},
  };
  for (const auto& [text, milliseconds, printed] : table) {
    const auto duration = parse_duration_ms(text);
    BOOST_REQUIRE_MESSAGE(duration.ok(), text);
    BOOST_TEST(*duration == milliseconds);
    BOOST_TEST(format_duration_ms(*duration) == printed);
  }
}

BOOST_AUTO_TEST_CASE(refused_durations_say_why) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"60", "duration \"60\" has no unit (write 60s (seconds) or 60ms (milliseconds))"},
      {"", "the duration is empty (write for instance 30s)"},
      {"soon", "\"soon\" is not a duration (write for instance 250ms, 30s or 1h30m)"},
      {"5 min", "unknown unit \"min\" in duration \"5 min\" (write ms, s, m, h or d)"},
      {"1m1h",
       "duration \"1m1h\" repeats or mixes its units (write the largest first, each once: "
       "1h30m)"},
      {"0.5ms", "\"0.5ms\" is not a whole number of milliseconds (write a smaller unit)"},
      {"999999999999999d", "\"999999999999999d\" is more than 9223372036854775807 milliseconds"},
  };
  for (const auto& [text, message] : table) BOOST_TEST(duration_error(text) == message);
}

BOOST_AUTO_TEST_SUITE_END()
