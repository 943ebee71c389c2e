// SPDX-License-Identifier: Apache-2.0
// Containers that are shown other values than the kernel decides by.
#include <boost/test/unit_test.hpp>

#include "harness/oracle/system_rules.h"

using namespace memqual;
using oracle::Situation;

namespace {

// A container of 4 GiB on a host whose RAM is not known.
Situation container(std::uint64_t mode = 0) {
  Situation situation;
  HostFacts& facts = situation.facts;
  facts.os.set("linux", "test");
  facts.arch.set("x86_64", "test");
  facts.page_size_bytes.set(4096, "test");
  facts.mem_total_bytes.set(4 * kGiB, "/proc/meminfo MemTotal (faked by lxcfs)");
  facts.mem_total_faked.set(true, "test");
  facts.mem_available_bytes.set(4 * kGiB, "test");
  facts.swap_total_bytes.set(0, "test");
  facts.cgroup_limit_bytes.set(4 * kGiB, "test");
  facts.overcommit_memory.set(mode, "test");
  facts.overcommit_ratio.set(50, "test");
  facts.overcommit_kbytes.set(0, "test");
  facts.commit_limit_bytes.set(60 * kGiB, "/proc/meminfo CommitLimit (faked by lxcfs)");
  return situation;
}

Prediction about(const Situation& situation, std::uint64_t bytes) {
  Allocate step;
  step.name = "a";
  step.size = Size::of_bytes(bytes);
  step.using_ = AllocateUsing::mmap;
  return oracle::predict(situation, {{step, ""}});
}

bool is_open(const Prediction& prediction) {
  return prediction.uncertain && prediction.allowed.size() == 2;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(faked_values)

BOOST_AUTO_TEST_CASE(the_kernel_has_at_least_the_ram_that_a_container_is_shown) {
  BOOST_TEST((about(container(), 4 * kGiB).allowed == std::vector{OutcomeKind::completed}));
  const Prediction beyond = about(container(), 5 * kGiB);
  BOOST_TEST(is_open(beyond), beyond.sentence);
  BOOST_TEST(beyond.sentence.find("fakes") != std::string::npos, beyond.sentence);
}

BOOST_AUTO_TEST_CASE(where_the_kernel_told_its_ram_the_rule_is_exact_again) {
  Situation situation = container();
  situation.facts.mem_total_bytes.set(128 * kGiB, "sysinfo(2) totalram");
  situation.facts.mem_total_faked.set(false, "sysinfo(2)");
  BOOST_TEST((about(situation, 128 * kGiB).allowed == std::vector{OutcomeKind::completed}));
  BOOST_TEST((about(situation, 129 * kGiB).allowed == std::vector{OutcomeKind::refused}));
}

BOOST_AUTO_TEST_CASE(the_commit_limit_that_is_printed_is_the_kernels_own) {
  BOOST_TEST((about(container(2), 50 * kGiB).allowed == std::vector{OutcomeKind::completed}));
  BOOST_TEST((about(container(2), 70 * kGiB).allowed == std::vector{OutcomeKind::refused}));
  Situation computed = container(2);
  computed.facts.commit_limit_bytes.set(2 * kGiB, "computed");
  BOOST_TEST(is_open(about(computed, 70 * kGiB)));
}

BOOST_AUTO_TEST_CASE(gvisor_refuses_nothing_for_overcommit_and_is_never_certain) {
  Situation situation = container(2);
  situation.facts.container.set("gvisor", "test");
  const Prediction prediction = about(situation, 352800000000);
  BOOST_TEST((prediction.allowed == std::vector{OutcomeKind::completed}));
  BOOST_TEST(prediction.uncertain);
  BOOST_REQUIRE(!prediction.not_modelled.empty());
  BOOST_TEST(prediction.not_modelled.front().find("gVisor") != std::string::npos);
  situation.setup.rlimits.push_back({RlimitResource::address_space, false, 1 * kGiB});
  BOOST_TEST((about(situation, 2 * kGiB).rule == LimitingRule::rlimit_as));
}

BOOST_AUTO_TEST_SUITE_END()
