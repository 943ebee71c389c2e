// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>

#include "harness/lab/guest.h"
#include "harness/lab/guest_image.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

HostFacts facts_with(std::uint64_t memory, std::uint64_t swap, std::size_t nodes) {
  HostFacts facts;
  facts.mem_total_bytes.set(memory, "test");
  facts.swap_total_bytes.set(swap, "test");
  facts.numa_nodes.resize(nodes);
  return facts;
}

BOOST_AUTO_TEST_SUITE(lab_guest_check)

BOOST_AUTO_TEST_CASE(what_the_kernel_takes_for_itself_is_not_missing) {
  Machine machine;
  machine.nodes = {{64 * kGiB, 1, {}, 0}, {64 * kGiB, 1, {}, 0}};
  machine.swap_bytes = kGiB;
  // As a 6.1 kernel showed it: 126 GiB and 1 GiB less the header of the swap area.
  BOOST_TEST(missing_from(facts_with(126 * kGiB, kGiB - 4096, 2), machine) == "");
  BOOST_TEST(
      missing_from(facts_with(64 * kGiB, kGiB - 4096, 2), machine).find("64 GiB of memory") == 0U);
  BOOST_TEST(missing_from(facts_with(126 * kGiB, 0, 2), machine).find("0 B of swap") == 0U);
  BOOST_TEST(missing_from(facts_with(126 * kGiB, kGiB, 1), machine).find("1 NUMA nodes") == 0U);
}

BOOST_AUTO_TEST_CASE(a_larger_machine_may_take_longer) {
  Machine machine;
  machine.nodes = {{kGiB, 1, {}, 0}};
  const std::uint64_t small = boot_limit_ms(machine);
  machine.nodes[0].memory_bytes = 1024 * kGiB;
  BOOST_TEST(boot_limit_ms(machine) > 2 * small);
}

BOOST_AUTO_TEST_CASE(a_swap_area_says_how_large_it_is) {
  const std::string page = swap_header(kGiB);
  BOOST_REQUIRE(page.size() == 4096U);
  BOOST_TEST(page.substr(4086) == "SWAPSPACE2");
  BOOST_TEST(page[1024] == 1);
  BOOST_TEST(static_cast<unsigned char>(page[1028]) == 0xff);
  BOOST_TEST(static_cast<unsigned char>(page[1030]) == 0x03);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
