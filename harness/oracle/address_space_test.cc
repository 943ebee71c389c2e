// SPDX-License-Identifier: Apache-2.0
// The figures measured are of programs on Linux 6.18 (x86-64, 28 random bits) that bisected
// mmap(PROT_NONE, MAP_NORESERVE) to the page; those of other machines follow from the rule.
#include "harness/oracle/address_space.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;
using oracle::AddressSpace;

namespace {

constexpr std::uint64_t kPage = 4096;

HostFacts x86(std::uint64_t random_bits = 28) {
  HostFacts facts;
  facts.arch.set("x86_64", "test");
  facts.page_size_bytes.set(kPage, "test");
  facts.randomize_va_space.set(2, "test");
  facts.mmap_rnd_bits.set(random_bits, "test");
  facts.rlimits["stack"].set(8 * kMiB, "test");
  return facts;
}

HostFacts without_aslr(HostFacts facts) {
  facts.randomize_va_space.set(0, "test");
  return facts;
}

HostFacts with_stack(HostFacts facts, std::optional<std::uint64_t> bytes) {
  facts.rlimits["stack"] = {bytes, "test"};
  return facts;
}

oracle::Hole largest(const HostFacts& facts, bool position_independent = false) {
  const auto space = oracle::address_space_of(facts, position_independent);
  BOOST_REQUIRE(space.has_value());
  oracle::Hole most{0, 0};
  for (const oracle::Hole& hole : space->holes) {
    most.least_bytes = std::max(most.least_bytes, hole.least_bytes);
    most.most_bytes = std::max(most.most_bytes, hole.most_bytes);
  }
  return most;
}

struct Measured {
  const char* what;
  HostFacts facts;
  bool position_independent;
  std::uint64_t pages;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(address_space)

BOOST_AUTO_TEST_CASE(what_was_measured_lies_inside_the_band) {
  const HostFacts on = x86();
  const HostFacts off = without_aslr(on);
  const std::vector<Measured> all = {
      {"static", on, false, 34291218608},
      {"static", on, false, 34162532770},
      {"dynamic, not PIE", on, false, 34128909537},
      {"static, no ASLR", off, false, 34359704360},
      {"dynamic, not PIE, no ASLR", off, false, 34359704007},
      {"static, unlimited stack", with_stack(on, std::nullopt), false, 22786789924},
      {"dynamic, unlimited stack", with_stack(on, std::nullopt), false, 22638698426},
      {"static, unlimited stack, no ASLR", with_stack(off, std::nullopt), false, 22906491955},
      {"static, 1 TiB of stack", with_stack(on, kTiB), false, 34049894427},
      {"static, 1 TiB of stack, no ASLR", with_stack(off, kTiB), false, 34091301416},
      {"static PIE", on, true, 22906546926},
      {"PIE", on, true, 23034924943},
      {"PIE, no ASLR", off, true, 22906492228},
      {"PIE, unlimited stack", with_stack(on, std::nullopt), true, 11508724185},
      {"PIE, unlimited stack, no ASLR", with_stack(off, std::nullopt), true, 11453246121},
      {"PIE, 1 TiB of stack", with_stack(on, kTiB), true, 23121881161}};
  for (const Measured& one : all) {
    const oracle::Hole band = largest(one.facts, one.position_independent);
    BOOST_TEST(one.pages * kPage >= band.least_bytes, one.what << ", least " << band.least_bytes);
    BOOST_TEST(one.pages * kPage <= band.most_bytes, one.what << ", most " << band.most_bytes);
  }
}

BOOST_AUTO_TEST_CASE(the_band_is_what_is_random_and_16_mib_where_nothing_is) {
  const oracle::Hole fixed = largest(without_aslr(x86()));
  BOOST_TEST(fixed.most_bytes - fixed.least_bytes == 16 * kMiB);
  const oracle::Hole random = largest(x86());
  BOOST_TEST(random.most_bytes - random.least_bytes == kTiB + kGiB + 16 * kMiB);
  const oracle::Hole wide = largest(x86(32));
  BOOST_TEST(wide.most_bytes - wide.least_bytes == 16 * kTiB + kGiB + 16 * kMiB);
}

BOOST_AUTO_TEST_CASE(bits_that_could_not_be_read_may_be_as_many_as_any_kernel_has) {
  HostFacts facts = x86();
  facts.mmap_rnd_bits = {};
  BOOST_TEST(largest(facts).least_bytes == largest(x86(32)).least_bytes);
}

BOOST_AUTO_TEST_CASE(more_bits_of_the_processor_make_no_larger_window) {
  HostFacts la57 = x86();
  la57.address_space_bits.set(57, "test");
  BOOST_TEST(largest(la57).most_bytes == largest(x86()).most_bytes);
  BOOST_TEST(oracle::address_space_of(la57)->window_bytes == (std::uint64_t{1} << 47U) - kPage);
}

BOOST_AUTO_TEST_CASE(other_machines_have_their_own_windows) {
  struct Row {
    const char* arch;
    std::uint64_t page;
    std::uint64_t bits;
    unsigned window_log2;
  };
  const Row rows[] = {{"aarch64", 4 * kKiB, 39, 39},  {"aarch64", 4 * kKiB, 48, 48},
                      {"aarch64", 16 * kKiB, 48, 48}, {"aarch64", 64 * kKiB, 52, 48},
                      {"ppc64le", 64 * kKiB, 0, 47},  {"ppc64le", 4 * kKiB, 0, 46},
                      {"riscv64", 4 * kKiB, 39, 38},  {"riscv64", 4 * kKiB, 57, 47}};
  for (const Row& row : rows) {
    HostFacts facts;
    facts.arch.set(row.arch, "test");
    facts.page_size_bytes.set(row.page, "test");
    if (row.bits != 0) facts.address_space_bits.set(row.bits, "test");
    BOOST_TEST(oracle::address_space_of(facts)->window_bytes == std::uint64_t{1} << row.window_log2,
               row.arch << " " << row.bits);
  }
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_not_modelled_has_no_rule) {
  HostFacts facts;
  facts.arch.set("s390x", "test");
  BOOST_TEST(!oracle::address_space_of(facts).has_value());
}

BOOST_AUTO_TEST_CASE(mappings_that_grow_upwards_have_two_thirds_of_the_window) {
  HostFacts facts = without_aslr(x86());
  facts.legacy_va_layout.set(1, "test");
  const std::uint64_t window = (std::uint64_t{1} << 47U) - kPage;
  BOOST_TEST(largest(facts).most_bytes == window - window / 3);
}

BOOST_AUTO_TEST_CASE(a_list_of_blocks_fills_holes_and_not_the_sum_of_them) {
  oracle::Situation situation;
  situation.facts = with_stack(without_aslr(x86()), std::nullopt);
  situation.facts.overcommit_memory.set(1, "test");
  const auto predict = [&](std::uint64_t bytes, std::uint64_t count) {
    Allocate step;
    step.name = "a";
    step.size = Size::of_bytes(bytes);
    step.using_ = AllocateUsing::mmap_none;
    step.count = count;
    return oracle::predict(situation, {{step, ""}});
  };
  BOOST_TEST((predict(86 * kTiB, 1).allowed == std::vector{OutcomeKind::refused}));
  BOOST_TEST((predict(85 * kTiB, 1).allowed == std::vector{OutcomeKind::completed}));
  BOOST_TEST((predict(10 * kTiB, 8).allowed == std::vector{OutcomeKind::completed}));
  BOOST_TEST((predict(10 * kTiB, 13).allowed == std::vector{OutcomeKind::refused}));
}

BOOST_AUTO_TEST_SUITE_END()
