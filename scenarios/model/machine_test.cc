// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/machine.h"

#include <boost/test/unit_test.hpp>

#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

Machine two_nodes() {
  Machine machine;
  machine.name = "two";
  machine.nodes = {{64 * kGiB, 2, {10, 21}, 0}, {64 * kGiB, 2, {21, 10}, 0}};
  return machine;
}

bool refused(const Machine& machine, const std::string& part) {
  const Status status = check_machine(machine);
  return !status && to_string(status.error()).find(part) != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(machine)

BOOST_AUTO_TEST_CASE(adds_up_its_nodes) {
  BOOST_TEST(memory_bytes(two_nodes()) == 128 * kGiB);
  BOOST_TEST(cpu_count(two_nodes()) == 4U);
  BOOST_TEST(describe_machine(two_nodes()) == "128 GiB in 2 nodes, 4 CPUs, no swap");
}

BOOST_AUTO_TEST_CASE(accepts_nodes_without_memory_and_without_cpus) {
  Machine machine = two_nodes();
  machine.nodes[0].memory_bytes = 0;
  machine.nodes[1].cpus = 0;
  BOOST_TEST(check_machine(machine).ok());
}

BOOST_AUTO_TEST_CASE(refuses_what_no_machine_can_be) {
  Machine machine = two_nodes();
  machine.nodes[0].distances = {10};
  BOOST_TEST(refused(machine, "1 distances for 2 nodes"));
  machine.nodes[0].distances = {10, 10};
  BOOST_TEST(refused(machine, "distance 10 to node 1"));
  machine.nodes[0].distances = {20, 20};
  BOOST_TEST(refused(machine, "distance 20 to node 0"));
  machine = two_nodes();
  machine.hotplug_bytes = 100 * kMiB;
  BOOST_TEST(refused(machine, "100 MiB is not in whole blocks"));
  machine = two_nodes();
  machine.nodes[1] = {};
  BOOST_TEST(refused(machine, "node 1 has neither memory nor CPUs"));
  machine = two_nodes();
  machine.nodes[1].huge_pages = 32769;
  BOOST_TEST(refused(machine, "huge_pages take more"));
  machine = two_nodes();
  for (MachineNode& node : machine.nodes) node.cpus = 0;
  BOOST_TEST(refused(machine, "no node has a CPU"));
  for (MachineNode& node : machine.nodes) node = {64 * kMiB, 1, {}, 0};
  BOOST_TEST(refused(machine, "128 MiB of memory cannot boot"));
  BOOST_TEST(refused(Machine{}, "has no node"));
}

BOOST_AUTO_TEST_CASE(a_word_names_a_machine_and_perhaps_a_kernel) {
  BOOST_TEST((*parse_machine_word("laptop-12g") == MachineWord{"laptop-12g", ""}));
  BOOST_TEST(
      (*parse_machine_word("laptop-12g@debian-5.10") == MachineWord{"laptop-12g", "debian-5.10"}));
  BOOST_TEST(to_string(MachineWord{"a", "b"}) == "a@b");
  for (const char* bad : {"", "@x", "a@", "../etc/passwd", "a@../b", "a b", "a@b@c", "-a"})
    BOOST_TEST(!parse_machine_word(bad).ok(), bad);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
