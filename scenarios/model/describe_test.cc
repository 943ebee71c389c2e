// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>

#include "scenarios/model/run_record.h"

namespace memqual {
namespace {

Size sized(const char* text) { return parse_size(text).value(); }

Allocate block(const char* size, std::uint64_t count = 1) {
  Allocate step;
  step.name = "a";
  step.size = sized(size);
  step.count = count;
  return step;
}

std::string words(const WorkloadStep& step) { return describe_step(step); }

Bound at_most(Metric metric, const char* max) { return {metric, std::nullopt, sized(max)}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(describe)

BOOST_AUTO_TEST_CASE(a_block_is_its_size_and_its_call) {
  Allocate step = block("352.8 GB");
  step.using_ = AllocateUsing::calloc;
  BOOST_TEST(words({step, ""}) == "allocate a: 328.6 GiB, calloc");
  BOOST_TEST(words({step, "big"}) == "allocate a: 328.6 GiB, calloc [big]");
  step.using_ = AllocateUsing::posix_memalign;
  BOOST_TEST(words({step, ""}) == "allocate a: 328.6 GiB, posix_memalign aligned to 64 B");
}

BOOST_AUTO_TEST_CASE(a_list_shows_its_blocks_and_their_sum) {
  BOOST_TEST(words({block("3528 MB", 10000), ""}) ==
             "allocate a: 10 000 blocks of 3.3 GiB = 32.1 TiB, malloc");
  // A sum beyond 64 bits is not shown wrong but not at all.
  BOOST_TEST(words({block("4096 PiB", 1000), ""}) == "allocate a: 1 000 blocks of 4 EiB, malloc");
}

BOOST_AUTO_TEST_CASE(a_size_that_depends_on_the_host_is_shown_as_written) {
  BOOST_TEST(words({block("50% of mem_total"), ""}) == "allocate a: 50% of mem_total, malloc");
}

BOOST_AUTO_TEST_CASE(other_steps_say_what_they_do) {
  Touch touch{"a", Access::read, Stride::huge_page, 0.125, 1, 4};
  BOOST_TEST(words({touch, ""}) == "touch a: read every huge page of the first 12.5%, 4 threads");
  BOOST_TEST(words({Verify{"a"}, ""}) == "verify a");
  BOOST_TEST(words({Protect{"a", Protection::none}, ""}) == "protect a: none");
  BOOST_TEST(words({Advise{"a", Advice::dontneed}, ""}) == "advise a: dontneed");
  BOOST_TEST(words({Fork{2, {{Verify{"a"}, ""}, {Free{"a"}, ""}}}, ""}) ==
             "fork: 2 processes, in it: verify a; then free a");
  BOOST_TEST(words({Spawn{1}, ""}) == "spawn: 1 process");
  BOOST_TEST(words({FindLargest{}, ""}) == "find_largest: mmap");
  BOOST_TEST(words({FindLargest{AllocateUsing::calloc, *parse_size("1 TiB"),
                                *parse_size("50% of mem_total")},
                    ""}) == "find_largest: calloc, in blocks of 50% of mem_total, up to 1 TiB");
  BOOST_TEST(words({Bandwidth{{BandwidthOperation::copy}, Size::of_bytes(64 * kMiB), {1}, 1},
                    ""}) == "bandwidth: copy, arrays of 64 MiB, 1 thread, 1 round");
  BOOST_TEST(words({Bandwidth{{BandwidthOperation::read, BandwidthOperation::page_fault},
                              *parse_size("1% of mem_total"),
                              {1, 2, 4},
                              5,
                              PageChoice::base},
                    ""}) ==
             "bandwidth: read, page_fault, arrays of 1% of mem_total in base pages, 1, 2 and 4 "
             "threads, 5 rounds");
  BOOST_TEST(words({Bandwidth{{BandwidthOperation::copy},
                              Size::of_bytes(64 * kMiB),
                              {1},
                              1,
                              PageChoice::huge,
                              {0, 1, 2, 8},
                              1},
                    ""}) ==
             "bandwidth: copy, arrays of 64 MiB on node 1, CPUs 0-2,8, 1 thread, 1 round");
  Command command;
  command.argv = {"python3", "-c", "print('x y')", ""};
  BOOST_TEST(words({command, ""}) == "command: python3 -c 'print('\\''x y'\\'')' ''");
}

BOOST_AUTO_TEST_CASE(settings_are_a_line_each) {
  Environment environment;
  environment.overcommit.memory = OvercommitMode::never;
  environment.overcommit.ratio = 80;
  environment.rlimits = {{RlimitResource::address_space, true, {}},
                         {RlimitResource::data, false, sized("1 GiB")}};
  environment.cgroup.memory_max = sized("64 MiB");
  environment.cgroup.oom_group = true;
  environment.aslr = false;
  environment.user = "unprivileged";
  environment.variables = {{"MALLOC_ARENA_MAX", "1"}, {"Api_Token", "secret-value"}};
  const std::vector<std::string> expected = {
      "vm.overcommit_memory = 2 (never)",
      "vm.overcommit_ratio = 80",
      "rlimit address_space = unlimited",
      "rlimit data = 1 GiB",
      "cgroup memory_max = 64 MiB",
      "cgroup oom_group = true",
      "aslr = off",
      "user = unprivileged",
      "env Api_Token = (not shown)",
      "env MALLOC_ARENA_MAX = 1",
  };
  BOOST_TEST(describe_environment(environment) == expected, boost::test_tools::per_element());
  BOOST_TEST(describe_environment(Environment{}).empty());
}

BOOST_AUTO_TEST_CASE(expectations_read_as_sentences) {
  Expectation expect;
  expect.rules = {{std::nullopt, {{OutcomeKind::refused, std::nullopt}}, false}};
  expect.errno_name = "ENOMEM";
  expect.at = "a";
  BOOST_TEST(describe_expectation(expect) == "refused with ENOMEM at a");

  Expectation either;
  either.rules = {{Expression{"mode == never", nullptr}, {{OutcomeKind::refused, {}}}, false},
                  {std::nullopt, {{OutcomeKind::exited, 3}}, false}};
  either.bounds = {at_most(Metric::rss_peak, "64 MiB")};
  BOOST_TEST(describe_expectation(either) ==
             "refused when mode == never, else exited(3); rss_peak <= 64 MiB");

  Expectation bounds;
  bounds.bounds = {{Metric::granted, sized("1 GiB"), sized("2 GiB")}};
  BOOST_TEST(describe_expectation(bounds) == "1 GiB <= granted <= 2 GiB");

  Expectation none;
  none.none = true;
  BOOST_TEST(describe_expectation(none) == "nothing asserted");
}

BOOST_AUTO_TEST_CASE(a_record_repeats_the_identity_and_words_of_its_case) {
  Case test_case;
  test_case.id = "a-12345678";
  test_case.hash = "12345678";
  test_case.scenario = "a";
  test_case.origin = {"a.yaml", 1, 2};
  test_case.parameters = {{"mode", "never"}};
  test_case.environment.oom_score_adj = 500;
  test_case.workload = {{block("1 GiB"), ""}};
  test_case.expect.none = true;
  const CaseRecord record = record_of(test_case);
  BOOST_TEST(record.id == test_case.id);
  BOOST_TEST(record.hash == test_case.hash);
  BOOST_TEST((record.origin == test_case.origin));
  BOOST_TEST((record.parameters == test_case.parameters));
  BOOST_TEST(record.settings.front() == "oom_score_adj = 500");
  BOOST_TEST(record.workload.front() == "allocate a: 1 GiB, malloc");
  BOOST_TEST(record.expected == "nothing asserted");
  BOOST_TEST((record.verdict.status == CaseStatus::not_run));
  BOOST_TEST(record.attempts.empty());
}

BOOST_AUTO_TEST_CASE(counts_every_status_in_order) {
  RunRecord run;
  run.cases.resize(3);
  run.cases[0].verdict.status = CaseStatus::pass;
  run.cases[1].verdict.status = CaseStatus::fail;
  run.cases[2].verdict.status = CaseStatus::pass;
  const std::vector<StatusCount> counts = count_statuses(run);
  BOOST_TEST(counts.size() == 11U);
  BOOST_TEST(counts[0].count == 2U);
  BOOST_TEST(counts[1].count == 1U);
  BOOST_TEST(counts[10].count == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
