// SPDX-License-Identifier: Apache-2.0
#include "harness/bandwidth/bandwidth_cases.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;

namespace {

Bandwidth step_of(const BandwidthQuestion& question, std::uint32_t cpus = 2) {
  const Result<std::vector<Case>> cases = bandwidth_cases(question, cpus, {});
  BOOST_REQUIRE_MESSAGE(cases.ok(), (cases ? "" : to_string(cases.error())));
  BOOST_REQUIRE_EQUAL(cases->size(), 1U);
  return std::get<Bandwidth>(cases->front().workload.at(0).action);
}

std::string message_of(const BandwidthQuestion& question) {
  const Result<std::vector<Case>> cases = bandwidth_cases(question, 2, {});
  return cases ? "accepted" : to_string(cases.error());
}

using Threads = std::vector<std::uint32_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(bandwidth_question)

BOOST_AUTO_TEST_CASE(without_a_word_everything_is_measured_up_to_all_cpus) {
  BOOST_TEST(step_of({}).operations.size() == words_of<BandwidthOperation>().size());
  BOOST_TEST(literal_bytes(step_of({}).size) == 256 * kMiB);
  const std::vector<std::pair<std::uint32_t, Threads>> rows{
      {1, {1}}, {2, {1, 2}}, {6, {1, 2, 4, 6}}, {8, {1, 2, 4, 8}}};
  for (const auto& [cpus, threads] : rows)
    BOOST_TEST(step_of({}, cpus).threads == threads, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(words_become_the_step_and_the_case_has_a_name_of_its_own) {
  BandwidthQuestion question;
  question.operations = {"copy", "read", "copy"};
  question.threads = {3};
  question.size = "1% of mem_total";
  question.rounds = 9;
  question.pages = "base";
  const Bandwidth step = step_of(question);
  BOOST_TEST((step.operations ==
              std::vector<BandwidthOperation>{BandwidthOperation::copy, BandwidthOperation::read}));
  BOOST_TEST((step.threads == Threads{3}));
  BOOST_TEST(step.size.text == "1% of mem_total");
  BOOST_TEST(step.rounds == 9U);
  BOOST_TEST((step.pages == PageChoice::base));
  BOOST_TEST(bandwidth_cases(question, 2, {})->front().id.starts_with("bandwidth-"));
}

BOOST_AUTO_TEST_CASE(each_node_with_cpus_meets_each_node_with_memory) {
  // Two sockets, and memory that has no CPUs of its own.
  const std::vector<NumaNodeFacts> nodes{
      {0, kGiB, 0, "0-3", {}}, {1, kGiB, 0, "4-7", {}}, {2, 4 * kGiB, 0, "", {}}};
  const Result<std::vector<Case>> cases = bandwidth_cases({}, 8, nodes);
  BOOST_REQUIRE(cases.ok());
  BOOST_REQUIRE_EQUAL(cases->size(), 7U);
  const Case& far = cases->at(6);
  BOOST_TEST(display_name(far) == "bandwidth[cpu_node=1,memory_node=2]");
  const auto& step = std::get<Bandwidth>(far.workload.at(0).action);
  BOOST_TEST((step.cpus == Threads{4, 5, 6, 7}));
  BOOST_TEST((step.threads == Threads{1, 2, 4}));
  BOOST_TEST(step.memory_node.value_or(99) == 2U);
  BOOST_TEST(bandwidth_cases({}, 8, {nodes[0]})->size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_bad_word_names_its_option_and_what_it_takes) {
  const auto changed = [](auto change) {
    BandwidthQuestion question;
    change(question);
    return message_of(question);
  };
  using Q = BandwidthQuestion;
  const auto begins = [](const std::string& text, const std::string& part) {
    BOOST_TEST(text.starts_with(part), text);
  };
  begins(changed([](Q& q) { q.operations = {"cpoy"}; }),
         "--operations \"cpoy\" is unknown; did you mean \"copy\"?");
  begins(changed([](Q& q) { q.size = "64"; }), "--size \"64\"");
  begins(changed([](Q& q) { q.size = "0 B"; }), "--size \"0 B\" is nothing");
  begins(changed([](Q& q) { q.threads = {1, 0}; }), "--threads 0 is out of range");
  begins(changed([](Q& q) { q.threads = {1025}; }), "--threads 1025 is out of range");
  begins(changed([](Q& q) { q.rounds = 0; }), "--rounds 0 is out of range");
  begins(changed([](Q& q) { q.pages = "small"; }), "--pages \"small\" is unknown");
}

BOOST_AUTO_TEST_SUITE_END()
