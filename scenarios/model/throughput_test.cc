// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/throughput.h"

#include <boost/test/unit_test.hpp>
#include <regex>

#include "scenarios/model/sample_figure.h"

using namespace memqual;
using Operation = BandwidthOperation;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(throughput)

BOOST_AUTO_TEST_CASE(a_share_names_what_it_is_of_and_an_absolute_rate_its_unit) {
  const Result<Rate> share = parse_rate("80 % of copy");
  BOOST_REQUIRE(share.ok());
  BOOST_TEST(share->share == 0.8);
  BOOST_TEST((share->of == Operation::copy));
  BOOST_TEST(parse_rate("12.5% of nt_write")->share == 0.125);
  const std::vector<std::pair<const char*, double>> rows = {
      {"2 GB/s", 2e9},          {"0.5 GB/s", 5e8},       {"500MB/s", 5e8},      {"10 kB/s", 1e4},
      {"1 GiB/s", 1073741824.}, {"1.5 MiB/s", 1572864.}, {"300 KiB/s", 307200.}};
  for (const auto& [text, rate] : rows) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_REQUIRE(parse_rate(text).ok());
      BOOST_TEST(parse_rate(text)->bytes_per_second == rate);
      BOOST_TEST(!parse_rate(text)->of.has_value());
      BOOST_TEST(std::regex_match(text, std::regex(rate_pattern())));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_rate_is_refused_with_what_to_write) {
  for (const char* text :
       {"", "80", "80 %", "80 % of page_fault", "80 % of memcpy", "-1 GB/s", "2 GB", "2 gb/s",
        "GB/s", "0 GB/s", "0 % of copy", "1e9 B/s", "nan", "2 GB/s and more"}) {
    const Result<Rate> rate = parse_rate(text);
    BOOST_REQUIRE_MESSAGE(!rate.ok(), text);
    BOOST_TEST(has(rate.error().hint, "80 % of copy"));
  }
}

BOOST_AUTO_TEST_CASE(limits_are_those_that_a_bound_names_once_each) {
  const auto names = [](const char* min, const char* max) {
    ThroughputBound bound;
    if (*min != '\0') bound.min = *parse_rate(min);
    if (*max != '\0') bound.max = *parse_rate(max);
    return limits_of(bound);
  };
  BOOST_TEST(names("2 GB/s", "").empty());
  BOOST_TEST(names("80 % of copy", "120 % of copy").size() == 1U);
  BOOST_TEST(names("80 % of copy", "120 % of read").size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_limit_is_the_greater_of_before_and_after_with_as_many_threads) {
  MachineLimit limit;
  limit.threads = 2;
  limit.before = {testing::sample_figure(Operation::copy, 1, 20),
                  testing::sample_figure(Operation::copy, 2, 38)};
  limit.after = {testing::sample_figure(Operation::copy, 1, 50),
                 testing::sample_figure(Operation::copy, 2, 40)};
  BOOST_TEST(limit_rate(limit, Operation::copy) == 40e9, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(limit_rate(limit, Operation::read) == 0);
}

BOOST_AUTO_TEST_CASE(a_limit_that_moved_or_does_not_scale_is_doubted) {
  const auto measured = [](std::uint32_t threads, double before_one, double before,
                           double after_one, double after) {
    MachineLimit limit;
    limit.threads = threads;
    limit.before = {testing::sample_figure(Operation::copy, 1, before_one)};
    limit.after = {testing::sample_figure(Operation::copy, 1, after_one)};
    if (threads > 1) {
      limit.before.push_back(testing::sample_figure(Operation::copy, threads, before));
      limit.after.push_back(testing::sample_figure(Operation::copy, threads, after));
    }
    return doubt_about(limit);
  };
  BOOST_TEST(measured(1, 20, 0, 19, 0).empty());
  BOOST_TEST(has(measured(1, 20, 0, 10, 0), "moved by 50 %"));
  BOOST_TEST(measured(2, 20, 38, 20, 38).empty());
  BOOST_TEST(has(measured(2, 20, 38, 20, 24), "copied 120 % as fast as one"));
  BOOST_TEST(has(measured(2, 20, 38, 40, 76), "moved by 50 %"));
  MachineLimit unsteady;
  unsteady.before = {testing::sample_figure(Operation::copy, 1, 20)};
  unsteady.after = unsteady.before;
  unsteady.after[0].least_ns = unsteady.after[0].median_ns;
  unsteady.after[0].most_ns = unsteady.after[0].median_ns * 5 / 4;
  BOOST_TEST(doubt_about(unsteady).empty());
  unsteady.after[0].most_ns = unsteady.after[0].median_ns * 3 / 2;
  BOOST_TEST(has(doubt_about(unsteady), "differ by 50 %"));
  BOOST_TEST(has(doubt_about({}), "not measured"));
  MachineLimit half;
  half.before = {testing::sample_figure(Operation::copy, 1, 20)};
  BOOST_TEST(has(doubt_about(half), "not measured after the case"));
}

BOOST_AUTO_TEST_SUITE_END()
