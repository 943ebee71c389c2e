// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/load_machine.h"

#include <boost/test/unit_test.hpp>

#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

const std::string kHead = "schema_version: 1\nname: m\nsummary: A machine\n";

std::string first_error(const std::string& rest) {
  const LoadedMachine loaded = load_machine_text(kHead + rest, "m.yaml");
  return loaded.errors.empty() ? "no error" : to_string(loaded.errors.front());
}

BOOST_AUTO_TEST_SUITE(load_machine_files)

BOOST_AUTO_TEST_CASE(reads_the_short_form_with_its_defaults) {
  const LoadedMachine loaded = load_machine_text(kHead + "memory: 12 GiB\n", "m.yaml");
  BOOST_REQUIRE(loaded.errors.empty());
  BOOST_REQUIRE(loaded.machine.nodes.size() == 1U);
  BOOST_TEST(loaded.machine.nodes[0].memory_bytes == 12 * kGiB);
  BOOST_TEST(loaded.machine.nodes[0].cpus == 1U);
  BOOST_TEST(loaded.machine.kernel == "debian-6.1");
  BOOST_TEST((loaded.machine.cgroup == MachineCgroup::v2));
}

BOOST_AUTO_TEST_CASE(reads_nodes_swap_kernel_and_paging) {
  const LoadedMachine loaded =
      load_machine_text(kHead +
                            "nodes:\n"
                            "  - {memory: 1 GiB, cpus: 2, distances: [10, 31], huge_pages: 8}\n"
                            "  - {memory: 512 MiB, distances: [31, 10]}\n"
                            "swap: 2 GiB\nkernel: debian-5.10\nkernel_arguments: [nokaslr]\n"
                            "five_level_paging: true\ncgroup: v1\n",
                        "some/m.yaml");
  BOOST_REQUIRE(loaded.errors.empty());
  const Machine& machine = loaded.machine;
  BOOST_TEST((machine.nodes[0] == MachineNode{kGiB, 2, {10, 31}, 8}));
  BOOST_TEST((machine.nodes[1] == MachineNode{512 * kMiB, 0, {31, 10}, 0}));
  BOOST_TEST(machine.swap_bytes == 2 * kGiB);
  BOOST_TEST(machine.kernel == "debian-5.10");
  BOOST_TEST(machine.kernel_arguments == std::vector<std::string>{"nokaslr"});
  BOOST_TEST(machine.five_level_paging);
  BOOST_TEST((machine.cgroup == MachineCgroup::v1));
}

BOOST_AUTO_TEST_CASE(every_mistake_has_its_place) {
  struct Row {
    const char* yaml;
    const char* place;
    const char* part;
  };
  const Row rows[] = {
      {"memory: 12 GiB\nswop: 1 GiB\n", "m.yaml:5:1", "did you mean \"swap\""},
      {"memory: 12G\n", "m.yaml:4:9", "GiB"},
      {"memory: 50% of mem_total\n", "m.yaml:4:9", "depends on a host"},
      {"memory: 12 GiB\nmemory: 1 GiB\n", "m.yaml:5:1", "twice"},
      {"cpus: 2\n", "m.yaml:1:1", "memory"},
      {"memory: 128 MiB\n", "m.yaml:4:9", "cannot boot"},
      {"nodes:\n  - {memory: 1 GiB, cpus: 1, distances: [10, 20]}\n", "m.yaml:5:3", "2 distances"},
      {"nodes: [{memory: 1 GiB, cpus: 1}]\ncpus: 1\n", "m.yaml:5:7", "beside nodes"},
      {"memory: 1 GiB\ncgroup: v3\n", "m.yaml:5:9", "v2"},
  };
  for (const Row& row : rows) {
    const std::string error = first_error(row.yaml);
    BOOST_TEST(error.find(row.part) != std::string::npos, row.yaml << " -> " << error);
    BOOST_TEST(error.rfind(row.place, 0) == 0U, row.yaml << " -> " << error);
  }
  const LoadedMachine other = load_machine_text(kHead + "memory: 1 GiB\n", "n.yaml");
  BOOST_REQUIRE(other.errors.size() == 1U);
  BOOST_TEST(to_string(other.errors[0]).find("n.yaml:2:7") == 0U);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_error) {
  BOOST_TEST(load_machine("/nonexistent/m.yaml").errors.size() == 1U);
}

BOOST_AUTO_TEST_CASE(every_machine_that_is_shipped_is_sound) {
  const std::filesystem::path folder =
      std::filesystem::path(MEMQUAL_SOURCE_DIR) / "harness/lab/machines";
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const LoadedMachine loaded = load_machine(entry.path());
    BOOST_TEST(loaded.errors.empty(),
               (loaded.errors.empty() ? "" : to_string(loaded.errors.front())));
    ++count;
  }
  BOOST_TEST(count >= 9U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
