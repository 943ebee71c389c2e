// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>
#include <functional>

#include "harness/lab/guest.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

/// As a 6.1 kernel showed a machine of two nodes.
HostFacts server_facts() {
  HostFacts facts;
  facts.kernel_release.set("6.1.0-50-cloud-amd64", "test");
  facts.kernel_version.set(6001, "test");
  facts.mem_total_bytes.set(128925 * kMiB, "test");
  facts.swap_total_bytes.set(kGiB - 4096, "test");
  facts.cpus.set(4, "test");
  facts.cgroup_version.set("v2", "test");
  facts.address_space_bits.set(48, "test");
  facts.numa_nodes = {{0, 64414 * kMiB, 0, "0-1", {10, 21}}, {1, 64510 * kMiB, 0, "2-3", {21, 10}}};
  return facts;
}

Machine server() {
  Machine machine;
  machine.nodes = {{64 * kGiB, 2, {10, 21}, 0}, {64 * kGiB, 2, {21, 10}, 0}};
  machine.swap_bytes = kGiB;
  return machine;
}

BOOST_AUTO_TEST_SUITE(lab_guest_check)

BOOST_AUTO_TEST_CASE(what_the_kernel_takes_for_itself_is_not_missing) {
  BOOST_TEST(differs_from(server_facts(), server(), "debian-6.1") == "");
  // MiB promised and MiB of MemTotal, as 5.10, 6.1 and 6.12 showed them.
  for (const auto& [wanted, has] : {std::pair<std::uint64_t, std::uint64_t>{256, 218},
                                    {512, 475},
                                    {512, 470},
                                    {512, 464},
                                    {12 * 1024, 11973},
                                    {128 * 1024, 128919}}) {
    Machine machine;
    machine.nodes = {{wanted * kMiB, 1, {}, 0}};
    HostFacts facts = server_facts();
    facts.mem_total_bytes.set(has * kMiB, "test");
    facts.swap_total_bytes.set(0, "test");
    facts.cpus.set(1, "test");
    facts.numa_nodes = {{0, has * kMiB, 0, "0", {10}}};
    BOOST_TEST(differs_from(facts, machine, "debian-6.1") == "");
    for (const std::uint64_t wrong : {has - wanted / 12 - 64, wanted + 1}) {
      facts.mem_total_bytes.set(wrong * kMiB, "test");
      BOOST_TEST(differs_from(facts, machine, "debian-6.1").find(" of memory where ") !=
                 std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(whatever_is_otherwise_is_named) {
  struct Row {
    std::function<void(HostFacts&)> change;
    std::string words;
  };
  const std::vector<Row> rows = {
      {[](HostFacts& f) { f.mem_total_bytes.set(64 * kGiB, "t"); },
       "64 GiB of memory where 128 GiB were promised"},
      {[](HostFacts& f) { f.mem_total_bytes.value.reset(); }, "0 B of memory where"},
      {[](HostFacts& f) { f.swap_total_bytes.set(0, "t"); }, "0 B of swap where 1 GiB"},
      {[](HostFacts& f) { f.swap_total_bytes.set(2 * kGiB, "t"); }, "2 GiB of swap where 1 GiB"},
      {[](HostFacts& f) { f.cpus.set(1, "t"); }, "1 CPUs where 4 were promised"},
      {[](HostFacts& f) { f.cpus.value.reset(); }, "an unknown number of CPUs where 4"},
      {[](HostFacts& f) { f.numa_nodes.pop_back(); }, "1 NUMA nodes where 2 were promised"},
      {[](HostFacts& f) {
         f.numa_nodes.push_back({2, kGiB, 0, "", {}});
       },
       "3 NUMA nodes where 2"},
      {[](HostFacts& f) { f.numa_nodes[1].id = 2; }, "node 1 missing"},
      {[](HostFacts& f) { f.numa_nodes[1].memory_bytes = 60 * kGiB; },
       "node 1 with 60 GiB of memory where 64 GiB"},
      {[](HostFacts& f) { f.numa_nodes[1].cpus = "3"; }, "node 1 with 1 CPUs where 2"},
      {[](HostFacts& f) {
         f.numa_nodes[0].distances = {10, 20};
       },
       "a distance of 20 from node 0 to node 1 where 21"},
      {[](HostFacts& f) { f.numa_nodes[0].distances.clear(); }, "a distance of unknown size"},
      {[](HostFacts& f) { f.cgroup_version.set("v1", "t"); }, "version v1 where v2 was promised"},
      {[](HostFacts& f) { f.address_space_bits.set(57, "t"); }, "57 bits of address where 48"},
      {[](HostFacts& f) { f.kernel_version.set(6012, "t"); },
       "the kernel 6.1.0-50-cloud-amd64 where debian-6.1 was promised"},
  };
  for (const Row& row : rows) {
    HostFacts facts = server_facts();
    row.change(facts);
    const std::string words = differs_from(facts, server(), "debian-6.1");
    BOOST_TEST(words.find(row.words) != std::string::npos, row.words + ": " + words);
  }
}

BOOST_AUTO_TEST_CASE(nodes_that_name_no_distances_have_the_usual_ones) {
  Machine machine = server();
  for (MachineNode& node : machine.nodes) node.distances.clear();
  HostFacts facts = server_facts();
  BOOST_TEST(differs_from(facts, machine, "debian-6.1").find("where 20 were promised") !=
             std::string::npos);
  facts.numa_nodes[0].distances = {10, 20};
  facts.numa_nodes[1].distances = {20, 10};
  BOOST_TEST(differs_from(facts, machine, "debian-6.1") == "");
}

BOOST_AUTO_TEST_CASE(only_a_name_of_debian_says_what_version_a_kernel_is) {
  for (const char* name : {"", "host", "/boot/mine", "debian-x", "debian-5.10-rt"})
    BOOST_TEST(differs_from(server_facts(), server(), name) == "");
  BOOST_TEST(differs_from(server_facts(), server(), "debian-5.10") != "");
}

BOOST_AUTO_TEST_CASE(a_larger_machine_may_take_longer) {
  Machine machine;
  machine.nodes = {{kGiB, 1, {}, 0}};
  const std::uint64_t small = boot_limit_ms(machine);
  machine.nodes[0].memory_bytes = 1024 * kGiB;
  BOOST_TEST(boot_limit_ms(machine) > 2 * small);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
