// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/numa_rules.h"

#include <boost/test/unit_test.hpp>

#include "harness/testing/sample_situation.h"

using namespace memqual;
using memqual::oracle::Situation;

namespace {

/// Two nodes of 4 GiB, processors 0-1 and 2-3, and one of 4 GiB without any.
Situation server() {
  Situation situation;
  HostFacts& facts = situation.facts;
  facts.os.set("linux", "test");
  facts.page_size_bytes.set(4096, "test");
  facts.mem_total_bytes.set(12 * kGiB, "test");
  facts.mem_available_bytes.set(11 * kGiB, "test");
  facts.swap_total_bytes.set(0, "test");
  facts.swap_free_bytes.set(0, "test");
  facts.overcommit_memory.set(0, "test");
  facts.max_map_count.set(65530, "test");
  facts.thp.set("never", "test");
  facts.numa_nodes = {{0, 4 * kGiB, 3 * kGiB, "0-1", {}},
                      {1, 4 * kGiB, 3 * kGiB, "2-3", {}},
                      {2, 4 * kGiB, 3 * kGiB, "", {}}};
  return situation;
}

Situation with_policy(NumaPolicy policy, std::vector<std::uint32_t> nodes = {}) {
  Situation situation = server();
  situation.setup.numa_policy = policy;
  situation.setup.numa_nodes = std::move(nodes);
  return situation;
}

WorkloadStep allocate(std::uint64_t bytes) {
  Allocate step;
  step.name = "a";
  step.size = Size::of_bytes(bytes);
  step.using_ = AllocateUsing::mmap;
  return {step, ""};
}
WorkloadStep touch() { return {Touch{"a"}, ""}; }
WorkloadStep placement(std::vector<std::uint32_t> nodes, bool evenly = false) {
  return {Placement{"a", std::move(nodes), false, evenly}, ""};
}

void expect(const Situation& situation, std::uint64_t bytes, std::vector<std::uint32_t> nodes,
            const std::vector<OutcomeKind>& allowed, bool evenly = false) {
  const Prediction prediction =
      oracle::predict(situation, {allocate(bytes), touch(), placement(std::move(nodes), evenly)});
  BOOST_TEST((prediction.allowed == allowed), prediction.sentence);
}

const std::vector<OutcomeKind> kFits{OutcomeKind::completed};
const std::vector<OutcomeKind> kMisplaced{OutcomeKind::misplaced};
const std::vector<OutcomeKind> kOpen{OutcomeKind::misplaced, OutcomeKind::completed};

}  // namespace

BOOST_AUTO_TEST_SUITE(numa_rules)

BOOST_AUTO_TEST_CASE(bound_pages_lie_where_they_are_bound) {
  expect(with_policy(NumaPolicy::bind, {1}), 64 * kMiB, {1}, kFits);
  expect(with_policy(NumaPolicy::bind, {1}), 64 * kMiB, {0, 1}, kFits);
  expect(with_policy(NumaPolicy::bind, {1}), 64 * kMiB, {0}, kMisplaced);
  expect(with_policy(NumaPolicy::bind, {0, 1}), 64 * kMiB, {0}, kOpen);
}

BOOST_AUTO_TEST_CASE(a_preferred_node_is_left_only_when_it_is_full) {
  expect(with_policy(NumaPolicy::preferred, {2}), kGiB, {2}, kFits);
  expect(with_policy(NumaPolicy::preferred, {2}), 2 * kGiB, {2}, kOpen);
}

BOOST_AUTO_TEST_CASE(interleaved_pages_are_dealt_out_evenly) {
  const Situation situation = with_policy(NumaPolicy::interleave, {0, 2});
  expect(situation, 64 * kMiB, {0, 2}, kFits, true);
  expect(situation, 64 * kKiB, {0, 2}, kOpen, true);  // too few to be even
  expect(situation, 64 * kMiB, {1}, kMisplaced);
  expect(with_policy(NumaPolicy::bind, {0, 2}), 64 * kMiB, {0, 2}, kOpen, true);
}

BOOST_AUTO_TEST_CASE(a_local_page_is_known_where_the_processor_is) {
  Situation situation = with_policy(NumaPolicy::local);
  expect(situation, kMiB, {1}, kOpen);
  situation.setup.cpus = {2, 3};
  expect(situation, kMiB, {1}, kFits);
  situation.setup.numa_policy.reset();  // which is what the default does, too
  expect(situation, kMiB, {1}, kFits);
  situation.setup.cpus = {1, 2};
  expect(situation, kMiB, {1}, kOpen);
}

BOOST_AUTO_TEST_CASE(one_node_leaves_nothing_open) {
  Situation situation = server();
  situation.facts.numa_nodes.resize(1);
  expect(situation, kMiB, {0}, kFits, true);
}

BOOST_AUTO_TEST_CASE(what_is_not_resident_lies_nowhere) {
  const Prediction prediction =
      oracle::predict(with_policy(NumaPolicy::bind, {1}), {allocate(kMiB), placement({0})});
  BOOST_TEST((prediction.allowed == kFits));
}

BOOST_AUTO_TEST_CASE(a_cpuset_bounds_every_policy) {
  Situation situation = with_policy(NumaPolicy::preferred, {0});
  situation.cpuset_mems = {2};
  expect(situation, kMiB, {2}, kFits);
  expect(situation, kMiB, {0}, kMisplaced);
}

BOOST_AUTO_TEST_CASE(beyond_a_bound_node_is_the_oom_killer_though_others_are_free) {
  const Situation bound = with_policy(NumaPolicy::bind, {1});
  const auto predict = [](const Situation& situation, std::uint64_t bytes) {
    return oracle::predict(situation, {allocate(bytes), touch()});
  };
  const Prediction killed = predict(bound, 6 * kGiB);
  BOOST_TEST((killed.allowed == std::vector{OutcomeKind::oom_killed}));
  BOOST_TEST((killed.rule == LimitingRule::node_memory));
  BOOST_TEST(killed.sentence.find("NUMA node 1") != std::string::npos);
  BOOST_TEST((predict(bound, 2 * kGiB).allowed == kFits));
  // Between what is free and all of it, page cache decides.
  BOOST_TEST(predict(bound, 3 * kGiB + 512 * kMiB).allowed.size() == 2U);
  for (const NumaPolicy policy : {NumaPolicy::preferred, NumaPolicy::interleave})
    BOOST_TEST((predict(with_policy(policy, {1}), 6 * kGiB).allowed == kFits));
  Situation cpuset = server();
  cpuset.cpuset_mems = {0};
  BOOST_TEST((predict(cpuset, 6 * kGiB).rule == LimitingRule::node_memory));
  // Nothing is left out where all nodes are named.
  BOOST_TEST((predict(with_policy(NumaPolicy::bind, {0, 1, 2}), 6 * kGiB).allowed == kFits));
}

BOOST_AUTO_TEST_SUITE_END()
