// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/qemu_arguments.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

const GuestFiles kFiles{"/k/vmlinuz", "/w/initramfs", "/w/a,b/console", ""};
const GuestProgram kProgram{"/memqual", {"lab-guest"}, "/lib"};

Machine laptop() {
  Machine machine;
  machine.nodes = {{12 * kGiB, 2, {}, 0}};
  return machine;
}

Machine three_nodes() {
  Machine machine;
  machine.nodes = {{kGiB, 2, {10, 20, 31}, 0}, {kGiB, 0, {20, 10, 31}, 0}, {0, 1, {}, 0}};
  return machine;
}

std::vector<std::string> arguments(const Machine& machine, GuestFiles files = kFiles) {
  return qemu_arguments(machine, files, kProgram, Accelerator::tcg);
}

/// What follows `option`, each time that it is there.
std::vector<std::string> values(const std::vector<std::string>& words, const std::string& option) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == option) found.push_back(words[i + 1]);
  return found;
}

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

BOOST_AUTO_TEST_SUITE(lab_qemu_arguments)

BOOST_AUTO_TEST_CASE(a_guest_is_closed_in) {
  const auto words = arguments(laptop());
  for (const char* word : {"-nodefaults", "-no-user-config", "-no-reboot"})
    BOOST_TEST(has(words, word), word);
  BOOST_TEST(values(words, "-nic") == std::vector<std::string>{"none"});
  BOOST_TEST(values(words, "-display") == std::vector<std::string>{"none"});
  BOOST_TEST(values(words, "-sandbox").at(0) ==
             "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
  for (const char* never : {"-virtfs", "-fsdev", "-netdev", "-monitor", "-qmp", "-daemonize"})
    BOOST_TEST(!has(words, never), never);
}

BOOST_AUTO_TEST_CASE(memory_that_may_come_later_is_plugged_in_beside_the_rest) {
  Machine machine = laptop();
  machine.hotplug_bytes = kGiB;
  const auto words = arguments(machine);
  BOOST_TEST(values(words, "-m") == std::vector<std::string>{"12288M,slots=1,maxmem=13312M"});
  BOOST_TEST(values(words, "-object").at(1) ==
             "memory-backend-ram,id=hotplug,size=1024M,reserve=off");
  BOOST_TEST(values(words, "-device") ==
             std::vector<std::string>{"pc-dimm,id=dimm,memdev=hotplug"});
  BOOST_TEST(kernel_command_line(machine, kProgram).find(" memhp_default_state=offline") !=
             std::string::npos);
  BOOST_TEST(kernel_command_line(laptop(), kProgram).find("memhp") == std::string::npos);
  BOOST_TEST(guest_cost_bytes(machine, 0) == guest_cost_bytes(laptop(), 0) + kGiB / 64 + kGiB);
}

BOOST_AUTO_TEST_CASE(memory_is_reserved_without_being_promised) {
  const auto words = arguments(laptop());
  BOOST_TEST(values(words, "-m") == std::vector<std::string>{"12288M"});
  BOOST_TEST(values(words, "-object").at(0) ==
             "memory-backend-ram,id=memory0,size=12288M,reserve=off");
  BOOST_TEST(values(words, "-machine").at(0) == "q35,memory-backend=memory0");
  BOOST_TEST(values(words, "-numa").empty());
}

BOOST_AUTO_TEST_CASE(nodes_have_memory_cpus_and_distances) {
  const auto words = arguments(three_nodes());
  BOOST_TEST(values(words, "-machine").at(0) == "q35");
  BOOST_TEST(values(words, "-smp").at(0) == "cpus=3,sockets=3,cores=1,threads=1");
  const std::vector<std::string> expected = {"node,nodeid=0,memdev=memory0",
                                             "cpu,node-id=0,socket-id=0",
                                             "cpu,node-id=0,socket-id=1",
                                             "node,nodeid=1,memdev=memory1",
                                             "node,nodeid=2",
                                             "cpu,node-id=2,socket-id=2",
                                             "dist,src=0,dst=1,val=20",
                                             "dist,src=0,dst=2,val=31",
                                             "dist,src=1,dst=0,val=20",
                                             "dist,src=1,dst=2,val=31"};
  BOOST_TEST(values(words, "-numa") == expected, boost::test_tools::per_element());
  BOOST_TEST(values(words, "-object").size() == 2U);
}

BOOST_AUTO_TEST_CASE(swap_is_a_disk_and_only_where_there_is_swap) {
  BOOST_TEST(values(arguments(laptop()), "-drive").empty());
  GuestFiles files = kFiles;
  files.swap = "/w/swap";
  const auto words = arguments(laptop(), files);
  BOOST_TEST(values(words, "-drive").at(0).find("file=/w/swap,format=raw") == 0U);
  BOOST_TEST(values(words, "-device").at(0) == "nvme,drive=swap,serial=swap");
}

BOOST_AUTO_TEST_CASE(a_comma_in_a_path_is_part_of_the_path) {
  BOOST_TEST(values(arguments(laptop()), "-chardev").at(0) ==
             "file,id=console,append=on,path=/w/a,,b/console");
}

BOOST_AUTO_TEST_CASE(the_accelerator_is_emulation_unless_asked_otherwise) {
  Machine machine = laptop();
  BOOST_TEST(values(arguments(machine), "-accel").at(0) == "tcg,thread=multi,tb-size=128");
  BOOST_TEST(values(arguments(machine), "-cpu").at(0) == "max,cx16=off,la57=off");
  const auto kvm = qemu_arguments(machine, kFiles, kProgram, Accelerator::kvm);
  BOOST_TEST(values(kvm, "-accel") == std::vector<std::string>{"kvm"});
  machine.five_level_paging = true;
  BOOST_TEST(values(arguments(machine), "-cpu").at(0) == "max,cx16=off");
}

BOOST_AUTO_TEST_CASE(the_kernel_starts_the_program_and_ends_on_a_panic) {
  Machine machine = laptop();
  machine.kernel_arguments = {"transparent_hugepage=never"};
  const std::string line = kernel_command_line(machine, kProgram);
  BOOST_TEST(line.find(" panic=-1 ") != std::string::npos);
  BOOST_TEST(line.find(" rdinit=/memqual ") != std::string::npos);
  BOOST_TEST(line.find(" transparent_hugepage=never LD_LIBRARY_PATH=/lib -- lab-guest") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_guest_costs_its_page_structures) {
  Machine machine = laptop();
  const std::uint64_t small = guest_cost_bytes(machine, 0);
  machine.nodes[0].memory_bytes += 128 * kGiB;
  BOOST_TEST(guest_cost_bytes(machine, 0) - small == 2 * kGiB);
  BOOST_TEST(guest_cost_bytes(machine, kGiB) - guest_cost_bytes(machine, 0) == kGiB);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
