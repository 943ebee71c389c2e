// SPDX-License-Identifier: Apache-2.0
// Machines whose pages are not 4 KiB: every boundary moves with the page. Derived, not run.
#include <boost/test/unit_test.hpp>

#include "harness/oracle/oracle.h"
#include "harness/oracle/touch_rules.h"

using namespace memqual;
using oracle::Situation;

namespace {

// An arm64 server: 16 GiB, no swap, mode 0.
Situation server(std::uint64_t page) {
  Situation situation;
  HostFacts& facts = situation.facts;
  facts.os.set("linux", "test");
  facts.arch.set("aarch64", "test");
  facts.kernel_version.set(6012, "test");
  facts.page_size_bytes.set(page, "test");
  facts.mem_total_bytes.set(16 * kGiB, "test");
  facts.mem_available_bytes.set(15 * kGiB, "test");
  facts.swap_total_bytes.set(0, "test");
  facts.overcommit_memory.set(0, "test");
  return situation;
}

WorkloadStep allocate(std::uint64_t bytes, AllocateUsing using_ = AllocateUsing::mmap) {
  Allocate step;
  step.name = "a";
  step.size = Size::of_bytes(bytes);
  step.using_ = using_;
  return {step, ""};
}

OutcomeKind outcome(const Situation& situation, const std::vector<WorkloadStep>& workload) {
  const Prediction prediction = oracle::predict(situation, workload);
  BOOST_TEST(prediction.allowed.size() == 1U, prediction.sentence);
  return prediction.allowed.front();
}

oracle::BlockSet block(const Situation& situation, std::uint64_t bytes) {
  oracle::BlockSet set;
  set.request = std::get<Allocate>(allocate(bytes).action);
  set.shape = oracle::shape_of(set.request, situation.facts);
  set.blocks = 1;
  return set;
}

constexpr std::uint64_t kPages[] = {4 * kKiB, 16 * kKiB, 64 * kKiB};

}  // namespace

BOOST_AUTO_TEST_SUITE(page_size)

BOOST_AUTO_TEST_CASE(a_request_is_rounded_up_to_the_page_of_the_machine) {
  for (const std::uint64_t page : kPages) {
    const Situation host = server(page);
    BOOST_TEST((outcome(host, {allocate(16 * kGiB)}) == OutcomeKind::completed), page);
    BOOST_TEST((outcome(host, {allocate(16 * kGiB + 1)}) == OutcomeKind::refused), page);
    // A byte less than a page below is still rounded up to the limit itself.
    BOOST_TEST((outcome(host, {allocate(16 * kGiB - page + 1)}) == OutcomeKind::completed), page);
    // glibc puts 16 bytes in front of a mapped block.
    BOOST_TEST((outcome(host, {allocate(16 * kGiB - page, AllocateUsing::malloc)}) ==
                OutcomeKind::completed),
               page);
    BOOST_TEST(
        (oracle::predict(host, {allocate(16 * kGiB, AllocateUsing::malloc)}).allowed.front() ==
         OutcomeKind::refused),
        page);
  }
}

BOOST_AUTO_TEST_CASE(reading_costs_8_bytes_of_page_table_for_a_page) {
  Touch read{"a"};
  read.access = Access::read;
  for (const std::uint64_t page : kPages) {
    const Situation host = server(page);
    const auto footprint = oracle::footprint_of(block(host, 64 * kGiB), read, host.facts);
    BOOST_TEST(footprint.page_table_bytes == 64 * kGiB / page * 8 + page, page);
    BOOST_TEST(footprint.most_bytes == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_huge_page_is_what_one_page_of_page_tables_maps) {
  HostFacts facts;
  BOOST_TEST(oracle::huge_page_bytes(facts) == 2 * kMiB);
  facts.page_size_bytes.set(16 * kKiB, "test");
  BOOST_TEST(oracle::huge_page_bytes(facts) == 32 * kMiB);
  facts.page_size_bytes.set(64 * kKiB, "test");
  BOOST_TEST(oracle::huge_page_bytes(facts) == 512 * kMiB);
  facts.huge_page_size_bytes.set(2 * kMiB, "test");
  BOOST_TEST(oracle::huge_page_bytes(facts) == 2 * kMiB);
}

BOOST_AUTO_TEST_CASE(touching_every_huge_page_makes_one_page_of_the_machine_resident_each) {
  Touch touch{"a"};
  touch.every = Stride::huge_page;
  const Situation host = server(64 * kKiB);
  BOOST_TEST(oracle::footprint_of(block(host, 8 * kGiB), touch, host.facts).least_bytes ==
             16 * 64 * kKiB);
}

BOOST_AUTO_TEST_CASE(a_window_of_39_bits_refuses_what_one_of_48_bits_grants) {
  Situation host = server(4 * kKiB);
  host.facts.overcommit_memory.set(1, "test");
  host.facts.randomize_va_space.set(0, "test");
  host.facts.address_space_bits.set(48, "test");
  BOOST_TEST((outcome(host, {allocate(kTiB)}) == OutcomeKind::completed));
  host.facts.address_space_bits.set(39, "test");
  const Prediction prediction = oracle::predict(host, {allocate(kTiB)});
  BOOST_TEST((prediction.allowed == std::vector{OutcomeKind::refused}));
  BOOST_TEST((prediction.rule == LimitingRule::address_space));
}

BOOST_AUTO_TEST_SUITE_END()
