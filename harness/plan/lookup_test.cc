// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/lookup.h"

#include <boost/test/unit_test.hpp>

#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

bool holds(const std::string& text, const Case& test_case, const HostFacts& facts,
           std::string* unknown = nullptr) {
  const Result<bool> result =
      evaluate(expression(text), host_and_case_lookup(test_case, facts), unknown);
  BOOST_REQUIRE_MESSAGE(result.ok(), text << ": " << (result ? "" : result.error().message));
  return *result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lookup)

BOOST_AUTO_TEST_CASE(host_facts_have_their_names_and_units) {
  const Case test_case = make_case("c");
  const HostFacts facts = laptop();
  struct Row {
    const char* text;
    bool truth;
  };
  for (const Row& row : {Row{"mem_total == 8 GiB", true},
                         {"mem_total > 8 GiB", false},
                         {"cpus == 4", true},
                         {"os == linux", true},
                         {"os == macos", false},
                         {"root", false},
                         {"!root", true},
                         {"overcommit_memory == 0", true},
                         {"cgroup_version == 'v2'", true}})
    BOOST_TEST(holds(row.text, test_case, facts) == row.truth, row.text);
}

BOOST_AUTO_TEST_CASE(a_matrix_parameter_hides_a_fact_of_the_same_name) {
  Case test_case = make_case("c");
  test_case.parameters = {{"cpus", "64"}, {"mode", "never"}};
  BOOST_TEST(holds("cpus == 64 & mode == never", test_case, laptop()));
}

BOOST_AUTO_TEST_CASE(tag_name_and_scenario_ask_the_case) {
  Case test_case = make_case("zeros");
  test_case.tags = {"seed"};
  BOOST_TEST(holds("tag(seed) & scenario(zeros) & name(/^zeros/)", test_case, laptop()));
  BOOST_TEST(!holds("tag(slow) | scenario(ones)", test_case, laptop()));
}

BOOST_AUTO_TEST_CASE(software_is_known_only_where_it_was_asked_for) {
  HostFacts facts = laptop();
  facts.programs = {{"python3", true}, {"julia", false}};
  facts.python_modules = {{"numpy", true}};
  const Case test_case = make_case("c");
  BOOST_TEST(holds("program(python3) & python_module(numpy) & !program(julia)", test_case, facts));
  std::string unknown;
  BOOST_TEST(!holds("program(octave)", test_case, facts, &unknown));
  BOOST_TEST(unknown == "program(octave)");
  BOOST_TEST(!holds("!program(octave)", test_case, facts));  // unknown is not false
}

BOOST_AUTO_TEST_CASE(a_fact_that_the_host_does_not_tell_is_named) {
  std::string unknown;
  BOOST_TEST(!holds("commit_limit > 1 GiB", make_case("c"), laptop(), &unknown));
  BOOST_TEST(unknown == "commit_limit");
}

BOOST_AUTO_TEST_CASE(an_unknown_function_is_an_error) {
  const Result<bool> result = evaluate(expression("programm(python3)"),
                                       host_and_case_lookup(make_case("c"), laptop()), nullptr);
  BOOST_REQUIRE(!result.ok());
  BOOST_TEST(contains(result.error().message, "program"));
}

BOOST_AUTO_TEST_CASE(software_is_asked_for_wherever_an_expression_may_stand) {
  Case one = make_case("one");
  one.requires_ = {expression("program(gcc)"), expression("python_module(numpy) | root")};
  one.when = expression("program(make)");
  Case two = make_case("two");
  two.xfail = ExpectedFailure{expression("program(gdb)"), "a reason"};
  two.expect = expect_outcome({{OutcomeKind::completed, {}}});
  two.expect.rules.front().when = expression("!(program(gcc) & python_module(torch))");
  const SoftwareQuestions questions = software_questions({one, two});
  BOOST_TEST((questions.programs == std::set<std::string>{"gcc", "make", "gdb"}));
  BOOST_TEST((questions.python_modules == std::set<std::string>{"numpy", "torch"}));
  BOOST_TEST(software_questions({make_case("nothing")}).programs.empty());
}

BOOST_AUTO_TEST_SUITE_END()
