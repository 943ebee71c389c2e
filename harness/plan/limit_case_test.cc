// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/limit_case.h"

#include <boost/test/unit_test.hpp>

#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;
using Operation = BandwidthOperation;

namespace {

Case kernel_case(const std::string& least, std::uint32_t threads = 1) {
  Kernel step;
  step.threads = threads;
  Case test_case = make_case("k", {{step, ""}});
  test_case.environment.cgroup.memory_max = size("64 MiB");
  if (!least.empty()) test_case.expect.throughput.emplace().min = *parse_rate(least);
  return test_case;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(limit_case)

BOOST_AUTO_TEST_CASE(the_limit_is_measured_with_as_many_threads_and_their_control) {
  const auto step = [](std::uint32_t threads, const char* least) {
    const std::optional<Case> made = limit_case_for(kernel_case(least, threads));
    BOOST_REQUIRE(made.has_value());
    return std::get<Bandwidth>(made->workload.at(0).action);
  };
  using Threads = std::vector<std::uint32_t>;
  BOOST_TEST((step(1, "80 % of copy").threads == Threads{1}));
  BOOST_TEST((step(2, "80 % of copy").threads == Threads{1, 2}));
  BOOST_TEST((step(8, "80 % of copy").threads == Threads{1, 2, 8}));
  BOOST_TEST(step(1, "80 % of copy").operations.size() == 3U);
  BOOST_TEST((step(1, "80 % of triad").operations.back() == Operation::triad));
}

BOOST_AUTO_TEST_CASE(only_a_share_is_measured_for_and_without_the_settings_of_the_case) {
  BOOST_TEST(!limit_case_for(kernel_case("")).has_value());
  BOOST_TEST(!limit_case_for(kernel_case("2 GB/s")).has_value());
  const std::optional<Case> made = limit_case_for(kernel_case("80 % of copy"));
  BOOST_REQUIRE(made.has_value());
  BOOST_TEST((made->environment == Environment{}));
  BOOST_TEST(!made->id.empty());
}

BOOST_AUTO_TEST_SUITE_END()
