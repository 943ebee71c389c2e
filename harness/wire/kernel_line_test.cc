// SPDX-License-Identifier: Apache-2.0
#include "harness/wire/kernel_line.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

using namespace memqual;

namespace {

KernelReport read(const std::string& text) {
  const Result<wire::Line> line = wire::parse_line("kernel " + text);
  BOOST_REQUIRE(line.ok());
  return wire::read_kernel(*line);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernel_line)

BOOST_AUTO_TEST_CASE(the_throughput_is_of_each_array_once_in_the_median_round) {
  const KernelReport report =
      read("read=27000 written=1000 useful=4000 round_ns=2000 fastest_ns=1000");
  BOOST_TEST(report.throughput == 2'000'000'000u);
  BOOST_TEST(read("useful=3000 round_ns=0").throughput == 0u);
}

BOOST_AUTO_TEST_CASE(results_are_exact_and_absent_where_there_are_none) {
  const KernelReport report = read("sum=0.1 least=-inf most=nan integer_sum=18446744073709551615");
  BOOST_TEST(*report.sum == 0.1);
  BOOST_TEST(std::isinf(*report.least));
  BOOST_TEST(std::isnan(*report.most));
  BOOST_TEST(*report.integer_sum == -1);
  const KernelReport none = read("target=avx2 verified=1 sum=x");
  BOOST_TEST(!none.sum.has_value());
  BOOST_TEST(!none.checksum.has_value());
  BOOST_TEST(none.verified);
  BOOST_TEST(none.target == "avx2");
}

BOOST_AUTO_TEST_CASE(a_device_is_there_only_where_the_step_ran_on_one) {
  BOOST_TEST(!read("target=avx2").device.has_value());
  const KernelReport report = read(
      "device=NVIDIA%20H200 device_total=900 device_before=800 device_after=800 device_peak=64 "
      "device_block=62 device_in=5 device_out=6");
  BOOST_REQUIRE(report.device.has_value());
  BOOST_TEST((*report.device == DeviceReport{"NVIDIA H200", 900, 800, 800, 64, 62, 5, 6}));
}

BOOST_AUTO_TEST_SUITE_END()
