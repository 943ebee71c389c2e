// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/decode_processes.h"

#include <boost/test/unit_test.hpp>

#include "scenarios/load/load.h"

using namespace memqual;

namespace {

LoadResult load(const std::string& step) {
  return load_scenario_text(
      "schema_version: 1\nname: t\nworkload:\n  - " + step + "\nexpect: {outcome: completed}\n",
      "t.yaml");
}

template <class T>
T only_step(const std::string& text) {
  const LoadResult result = load(text);
  for (const Diagnostic& error : result.errors) BOOST_ERROR(to_string(error));
  BOOST_REQUIRE(result.cases.size() == 1U);
  return std::get<T>(result.cases[0].workload.at(0).action);
}

bool refused(const std::string& step, const std::string& part) {
  const LoadResult result = load(step);
  return !result.errors.empty() && to_string(result.errors[0]).find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decode_processes)

BOOST_AUTO_TEST_CASE(a_fork_has_steps_of_its_own_and_may_have_a_score) {
  const Fork plain = only_step<Fork>("fork: {workload: [{allocate: {name: a, size: 1 MiB}}]}");
  BOOST_TEST(plain.count == 1U);
  BOOST_TEST(plain.workload.size() == 1U);
  BOOST_TEST(!plain.oom_score_adj.has_value());
  const Fork scored = only_step<Fork>(
      "fork: {count: 3, oom_score_adj: 0, workload: [{allocate: {name: a, size: 1 MiB}}]}");
  BOOST_TEST(scored.count == 3U);
  BOOST_TEST(scored.oom_score_adj.value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(a_score_below_zero_would_protect_a_copy_and_is_refused) {
  for (const char* score : {"-1", "1001", "high"})
    BOOST_TEST(refused(std::string("fork: {oom_score_adj: ") + score +
                           ", workload: [{allocate: {name: a, size: 1 MiB}}]}",
                       "oom_score_adj"),
               score);
}

BOOST_AUTO_TEST_CASE(a_command_is_a_list_or_a_map) {
  BOOST_TEST((only_step<Command>("command: [echo, hello]").argv ==
              std::vector<std::string>{"echo", "hello"}));
  const Command long_form = only_step<Command>(
      "command: {argv: [sh, -c, exit 1], refused_output: [MemoryError], memory: 16 MiB}");
  BOOST_TEST(long_form.refused_output.at(0) == "MemoryError");
  BOOST_TEST(refused("command: ['']", "the program's name is empty"));
  BOOST_TEST(refused("command: {memory: 1 MiB}", "argv"));
}

BOOST_AUTO_TEST_CASE(a_spawn_counts_its_processes) {
  BOOST_TEST(only_step<Spawn>("spawn: {count: 7}").count == 7U);
  BOOST_TEST(only_step<Spawn>("spawn: {}").count == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
