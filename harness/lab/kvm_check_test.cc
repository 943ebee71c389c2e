// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/kvm_check.h"

#include <boost/test/unit_test.hpp>

#include "fixtures/testing.h"

namespace memqual {
namespace {

struct FakeKvm {
  FakeKvm() {
    testing::write_file(question.device, "");
    question.cache = folder.path() / "cache/kvm";
    question.boot_id = "boot-1";
    question.trial = [this] {
      ++trials;
      return trial;
    };
  }
  testing::TempDir folder;
  int trials = 0;
  Result<std::string> trial = std::string();
  KvmQuestion question{folder.path() / "kvm", {}, {}, {}};
};

BOOST_AUTO_TEST_SUITE(lab_kvm_check)

BOOST_FIXTURE_TEST_CASE(one_trial_serves_until_the_host_boots_again, FakeKvm) {
  BOOST_TEST(!reason_against_kvm(question).has_value());
  BOOST_TEST(!reason_against_kvm(question).has_value());
  BOOST_TEST(trials == 1);
  trial = std::string("it was not ready\nin time");
  question.boot_id = "boot-2";
  for (int i = 0; i < 2; ++i) {
    const auto reason = reason_against_kvm(question);
    BOOST_REQUIRE(reason.has_value());
    BOOST_TEST(reason->message.find("it was not ready") != std::string::npos);
    BOOST_TEST(reason->hint.find(question.cache.string()) != std::string::npos);
  }
  BOOST_TEST(trials == 2);
}

BOOST_FIXTURE_TEST_CASE(without_the_device_nothing_is_tried, FakeKvm) {
  question.device = folder.path() / "none";
  const auto reason = reason_against_kvm(question);
  BOOST_REQUIRE(reason.has_value());
  BOOST_TEST(reason->message.find("there is no ") == 0U);
  BOOST_TEST(trials == 0);
}

BOOST_FIXTURE_TEST_CASE(what_could_not_be_tried_is_tried_again, FakeKvm) {
  trial = Error{"no kernel image", "fetch one"};
  BOOST_TEST(reason_against_kvm(question)->hint == "fetch one");
  trial = std::string();
  BOOST_TEST(!reason_against_kvm(question).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_damaged_or_unwritable_cache_only_costs_a_trial, FakeKvm) {
  testing::write_file(question.cache, "boot-1");
  BOOST_TEST(!reason_against_kvm(question).has_value());
  question.cache = "/proc/none/kvm";
  BOOST_TEST(!reason_against_kvm(question).has_value());
  BOOST_TEST(trials == 2);
}

BOOST_FIXTURE_TEST_CASE(the_word_chooses_and_auto_falls_back, FakeKvm) {
  BOOST_TEST((*choose_accelerator("auto", question) == Accelerator::kvm));
  BOOST_TEST((*choose_accelerator("kvm", question) == Accelerator::kvm));
  BOOST_TEST((*choose_accelerator("tcg", question) == Accelerator::tcg));
  question.device = folder.path() / "none";
  BOOST_TEST((*choose_accelerator("auto", question) == Accelerator::tcg));
  const auto wanted = choose_accelerator("kvm", question);
  BOOST_REQUIRE(!wanted.ok());
  BOOST_TEST(wanted.error().message.find("--accel kvm: there is no ") == 0U);
  BOOST_TEST(!choose_accelerator("hax", question).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
