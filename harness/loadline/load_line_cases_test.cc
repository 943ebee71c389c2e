// SPDX-License-Identifier: Apache-2.0
#include "harness/loadline/load_line_cases.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

std::vector<Case> cases_of(const LoadLineQuestion& question) {
  const Result<std::vector<Case>> cases = load_line_cases(question);
  BOOST_REQUIRE_MESSAGE(cases.ok(), (cases ? "" : to_string(cases.error())));
  return *cases;
}

std::string message_of(const LoadLineQuestion& question) {
  const Result<std::vector<Case>> cases = load_line_cases(question);
  return cases ? "accepted" : to_string(cases.error());
}

const FindLargest& search_of(const Case& test_case) {
  return std::get<FindLargest>(test_case.workload.at(0).action);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_line_question)

BOOST_AUTO_TEST_CASE(without_a_word_all_modes_are_asked_about_and_nothing_else) {
  const std::vector<Case> cases = cases_of({});
  BOOST_TEST(cases.size() == 9U);
  std::set<std::string> ids;
  for (const Case& test_case : cases) {
    ids.insert(test_case.id);
    BOOST_TEST(test_case.expect.rules.at(0).predicted);
    BOOST_TEST(test_case.environment.overcommit.memory.has_value());
    BOOST_TEST(test_case.environment.rlimits.empty());
    BOOST_TEST(!test_case.environment.cgroup.any());
    BOOST_TEST(!search_of(test_case).block.has_value());
  }
  BOOST_TEST(ids.size() == 9U);
}

BOOST_AUTO_TEST_CASE(everything_is_crossed_and_a_block_comes_beside_the_single_request) {
  LoadLineQuestion question;
  question.using_ = {"mmap"};
  question.overcommit = {"host", "never"};
  question.rlimit_as = {"64MiB", "own_use + 1 GiB"};
  question.rlimit_data = {"unlimited"};
  question.blocks = {"3.5GB", "50% of mem_total"};
  const std::vector<Case> cases = cases_of(question);
  BOOST_TEST(cases.size() == 12U);
  BOOST_TEST(display_name(cases[1]) ==
             "load_line[overcommit=host,rlimit_as=64MiB,rlimit_data=unlimited,using=mmap,"
             "block=3.5GB]");
  BOOST_TEST(!cases[0].environment.overcommit.any());
  BOOST_TEST((cases[11].environment.overcommit.memory == OvercommitMode::never));
  BOOST_TEST(cases[11].environment.rlimits.size() == 2U);
  BOOST_TEST(literal_bytes(*search_of(cases[1]).block) == 3500000000U);
}

BOOST_AUTO_TEST_CASE(touching_happens_only_inside_a_group_without_swap_and_asks_for_more) {
  LoadLineQuestion question;
  question.cgroups = {"64MiB", "1% of mem_total"};
  for (const std::string touch : {"write", "read"}) {
    question.touch = touch;
    const std::vector<Case> cases = cases_of(question);
    BOOST_TEST(cases.size() == 11U);
    for (std::size_t i = 9; i < 11; ++i) {
      const Case& test_case = cases[i];
      BOOST_REQUIRE(test_case.environment.cgroup.memory_max.has_value());
      BOOST_TEST(literal_bytes(*test_case.environment.cgroup.swap_max) == 0U);
      const auto& allocate = std::get<Allocate>(test_case.workload.at(0).action);
      const std::uint64_t limit = *resolve(*test_case.environment.cgroup.memory_max, laptop());
      BOOST_TEST(*resolve(allocate.size, laptop()) >= 2 * limit);
      BOOST_TEST(std::get<Touch>(test_case.workload.at(1).action).name == allocate.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_asked_for_twice_is_measured_once) {
  LoadLineQuestion question;
  question.using_ = {"mmap", "mmap"};
  question.overcommit = {"never", "never"};
  question.cgroups = {"64MiB", "64MiB"};
  BOOST_TEST(cases_of(question).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_bad_word_names_its_option_and_what_it_takes) {
  using Q = LoadLineQuestion;
  const auto list = [](std::vector<std::string> Q::*member, const std::string& word) {
    Q question;
    (question.*member) = {word};
    return question;
  };
  const auto touching = [](const std::string& cgroup, const std::string& access) {
    Q question;
    question.cgroups = {cgroup};
    question.touch = access;
    return question;
  };
  const std::vector<std::pair<Q, const char*>> rows{
      {list(&Q::using_, "mmpa"), "--using \"mmpa\" is unknown; did you mean \"mmap\"?"},
      {list(&Q::using_, "file"), "--using \"file\" is unknown"},
      {list(&Q::overcommit, "nevr"), "--overcommit \"nevr\" is unknown; did you mean \"never\"?"},
      {list(&Q::rlimit_as, "4G"), "--rlimit-as \"4G\""},
      {list(&Q::rlimit_data, "much"), "--rlimit-data \"much\""},
      {list(&Q::blocks, "64"), "--block \"64\""},
      {list(&Q::blocks, "0 B"), "--block \"0 B\" is nothing"},
      {list(&Q::cgroups, "-1 MiB"), "--cgroup"},
      {touching("8191 PiB", "read"), "is too large"},
      {touching("1 MiB", "lick"), "--touch \"lick\" is unknown"},
  };
  for (const auto& [question, part] : rows)
    BOOST_TEST(contains(message_of(question), part), message_of(question));
}

BOOST_AUTO_TEST_SUITE_END()
