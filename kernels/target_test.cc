// SPDX-License-Identifier: Apache-2.0
#include "kernels/target.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>

using namespace memqual::kernels;

BOOST_AUTO_TEST_SUITE(target)

BOOST_AUTO_TEST_CASE(without_a_wish_the_strongest_supported_target_is_chosen) {
  const Result<Target> chosen = choose_target(std::nullopt);
  BOOST_REQUIRE(chosen.ok());
  BOOST_TEST((*chosen == supported_targets().back()));
  BOOST_TEST((supported_targets().front() == built_targets().front()));
}

BOOST_AUTO_TEST_CASE(each_supported_target_can_be_forced) {
  for (const Target wanted : supported_targets()) {
    const Result<Target> chosen = choose_target(to_string(wanted));
    BOOST_REQUIRE(chosen.ok());
    BOOST_TEST((*chosen == wanted));
  }
}

BOOST_AUTO_TEST_CASE(what_the_cpu_lacks_is_refused_and_not_replaced) {
  const std::vector<Target> supported = supported_targets();
  for (const Target target : built_targets()) {
    if (std::find(supported.begin(), supported.end(), target) != supported.end()) continue;
    const Result<Target> chosen = choose_target(to_string(target));
    BOOST_REQUIRE(!chosen.ok());
    BOOST_TEST(chosen.error().message.find("this CPU does not have") != std::string::npos);
  }
  const Result<Target> unknown = choose_target("avx9");
  BOOST_REQUIRE(!unknown.ok());
  BOOST_TEST(unknown.error().message.find("\"avx9\"") != std::string::npos);
  BOOST_TEST(unknown.error().message.find(to_string(built_targets().front())) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_environment_is_heard_and_named_in_the_refusal) {
  ::setenv("MEMQUAL_FORCE_TARGET", std::string(to_string(built_targets().front())).c_str(), 1);
  const Result<Target> weakest = target_from_environment();
  ::setenv("MEMQUAL_FORCE_TARGET", "mmx", 1);
  const Result<Target> refused = target_from_environment();
  ::setenv("MEMQUAL_FORCE_TARGET", "", 1);
  const Result<Target> empty = target_from_environment();
  ::unsetenv("MEMQUAL_FORCE_TARGET");
  BOOST_REQUIRE(weakest.ok());
  BOOST_TEST((*weakest == built_targets().front()));
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message.find("MEMQUAL_FORCE_TARGET") == 0u);
  BOOST_TEST(empty.ok());
}

BOOST_AUTO_TEST_SUITE_END()
