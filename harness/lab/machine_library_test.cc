// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/machine_library.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "fixtures/testing.h"

namespace memqual {
namespace {

void put(const testing::TempDir& folder, const std::string& name, const std::string& rest) {
  testing::write_file(folder.path() / (name + ".yaml"),
                      "schema_version: 1\nname: " + name + "\nsummary: x\n" + rest);
}

BOOST_AUTO_TEST_SUITE(lab_machine_library)

BOOST_AUTO_TEST_CASE(machines_come_by_size_and_are_found_by_word) {
  const testing::TempDir folder;
  put(folder, "large", "memory: 4 GiB\n");
  put(folder, "small", "memory: 1 GiB\n");
  const auto machines = load_machines(folder.path());
  BOOST_REQUIRE(machines.ok());
  BOOST_REQUIRE(machines->machines.size() == 2U);
  BOOST_TEST(machines->machines.front().name == "small");
  BOOST_TEST(pick_machine(*machines, {"large", ""})->kernel == "debian-6.1");
  BOOST_TEST(pick_machine(*machines, {"large", "debian-5.10"})->kernel == "debian-5.10");
  const auto unknown = pick_machine(*machines, {"smal", ""});
  BOOST_REQUIRE(!unknown.ok());
  BOOST_TEST(unknown.error().message.find("did you mean \"small\"") != std::string::npos);
  BOOST_TEST(unknown.error().hint == "it is one of: small or large");
  const auto kernel = pick_machine(*machines, {"small", "debian-6.2"});
  BOOST_REQUIRE(!kernel.ok());
  BOOST_TEST(kernel.error().message.find("did you mean \"debian-6.1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mistake_in_one_file_keeps_nobody_from_the_others) {
  const testing::TempDir folder;
  put(folder, "bad", "memory: 4G\n");
  put(folder, "good", "memory: 4 GiB\n");
  const auto machines = load_machines(folder.path());
  BOOST_REQUIRE(machines.ok());
  BOOST_TEST(pick_machine(*machines, {"good", ""}).ok());
  const auto bad = pick_machine(*machines, {"bad", ""});
  BOOST_REQUIRE(!bad.ok());
  BOOST_TEST(bad.error().message.find("bad.yaml:4:9") != std::string::npos);
  BOOST_TEST(!load_machines(folder.path() / "none").ok());
}

BOOST_AUTO_TEST_CASE(a_named_folder_is_that_folder_or_an_error) {
  const testing::TempDir folder;
  ::setenv("MEMQUAL_MACHINES", folder.path().c_str(), 1);
  BOOST_TEST((find_machine_folder().ok() && *find_machine_folder() == folder.path()));
  ::setenv("MEMQUAL_MACHINES", (folder.path() / "none").c_str(), 1);
  const auto wrong = find_machine_folder();
  ::unsetenv("MEMQUAL_MACHINES");
  BOOST_REQUIRE(!wrong.ok());
  BOOST_TEST(wrong.error().message.find("$MEMQUAL_MACHINES is ") == 0U);
}

BOOST_AUTO_TEST_CASE(a_machine_that_is_not_there_is_told_with_its_place_once) {
  MachineLibrary library;
  library.machines.emplace_back().name = "small";
  const LoadResult loaded = load_scenario_text(
      "schema_version: 1\nname: x\nmatrix:\n  axes:\n    machine: [small, smal]\n"
      "    size: [1 MiB, 2 MiB]\nenvironment:\n  machine: \"${machine}\"\n"
      "workload:\n  - allocate: {name: a, size: \"${size}\"}\nexpect: {outcome: completed}\n",
      "f.yaml");
  BOOST_REQUIRE(loaded.errors.empty());
  const std::vector<Diagnostic> wrong = wrong_machines(loaded.cases, library);
  BOOST_REQUIRE(wrong.size() == 1U);
  BOOST_TEST(to_string(wrong[0]).find("f.yaml:5:22: the lab has no machine \"smal\"") == 0U,
             to_string(wrong[0]));
}

BOOST_AUTO_TEST_CASE(the_suite_names_machines_that_there_are) {
  const std::string sources = MEMQUAL_SOURCE_DIR;
  const auto library = load_machines(sources + "/harness/lab/machines");
  BOOST_REQUIRE(library.ok());
  BOOST_TEST(library->broken.empty());
  const LoadResult suite = load_scenarios({sources + "/scenarios/suite"});
  BOOST_TEST(suite.errors.empty());
  for (const Diagnostic& wrong : wrong_machines(suite.cases, *library))
    BOOST_ERROR(to_string(wrong));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
