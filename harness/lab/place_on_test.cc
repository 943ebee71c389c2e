// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/place_on.h"

#include <boost/test/unit_test.hpp>

namespace memqual {
namespace {

Case named(const std::string& name, const std::string& machine = "") {
  Case test_case;
  test_case.scenario = name;
  if (!machine.empty()) test_case.environment.machine = machine;
  set_identity(test_case);
  return test_case;
}

std::vector<std::string> names(const std::vector<Case>& cases) {
  std::vector<std::string> out;
  for (const Case& test_case : cases)
    out.push_back(display_name(test_case) + " " + test_case.environment.machine.value_or("-"));
  return out;
}

BOOST_AUTO_TEST_SUITE(lab_place_on)

BOOST_AUTO_TEST_CASE(reads_the_words_behind_lab) {
  BOOST_TEST(parse_on("lab")->empty());
  const auto words = parse_on("lab:a,b@debian-5.10");
  BOOST_REQUIRE(words.ok());
  BOOST_TEST((*words == std::vector<MachineWord>{{"a", ""}, {"b", "debian-5.10"}}));
  for (const char* bad : {"", "here", "lab:", "lab:a,", "lab:a b", "labs:a"})
    BOOST_TEST(!parse_on(bad).ok(), bad);
}

BOOST_AUTO_TEST_CASE(cases_come_once_for_each_machine_and_stand_together) {
  const auto placed = place_on({named("x"), named("own", "b"), named("y")}, {{"a", ""}, {"b", ""}});
  const std::vector<std::string> expected = {"x[machine=a] a", "y[machine=a] a", "x[machine=b] b",
                                             "y[machine=b] b", "own b"};
  BOOST_TEST(names(placed) == expected, boost::test_tools::per_element());
  BOOST_TEST(placed[0].hash != placed[2].hash);
  BOOST_TEST(placed[0].hash != named("x").hash);
}

BOOST_AUTO_TEST_CASE(without_words_nothing_changes_but_the_order) {
  const auto placed = place_on({named("x", "b"), named("y"), named("z", "b")}, {});
  const std::vector<std::string> expected = {"x b", "z b", "y -"};
  BOOST_TEST(names(placed) == expected, boost::test_tools::per_element());
  BOOST_TEST(placed[2].hash == named("y").hash);
}

BOOST_AUTO_TEST_CASE(a_parameter_of_that_name_is_kept) {
  Case test_case = named("x");
  test_case.parameters = {{"machine", "mine"}};
  BOOST_TEST(names(place_on({test_case}, {{"a", ""}})).front() == "x[machine=mine,on_machine=a] a");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
