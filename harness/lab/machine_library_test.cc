// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/machine_library.h"

#include <boost/test/unit_test.hpp>

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
  BOOST_REQUIRE(machines->size() == 2U);
  BOOST_TEST(machines->front().name == "small");
  BOOST_TEST(pick_machine(*machines, {"large", ""})->kernel == "debian-6.1");
  BOOST_TEST(pick_machine(*machines, {"large", "debian-5.10"})->kernel == "debian-5.10");
  const auto unknown = pick_machine(*machines, {"smal", ""});
  BOOST_REQUIRE(!unknown.ok());
  BOOST_TEST(unknown.error().message.find("did you mean \"small\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mistake_in_one_file_is_told_with_its_place) {
  const testing::TempDir folder;
  put(folder, "bad", "memory: 4G\n");
  const auto machines = load_machines(folder.path());
  BOOST_REQUIRE(!machines.ok());
  BOOST_TEST(machines.error().message.find("bad.yaml:4:9") != std::string::npos);
  BOOST_TEST(!load_machines(folder.path() / "none").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
