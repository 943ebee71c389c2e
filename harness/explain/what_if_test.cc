// SPDX-License-Identifier: Apache-2.0
#include "harness/explain/what_if.h"

#include <boost/test/unit_test.hpp>

#include "harness/explain/explain_prediction.h"
#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

Case asked(const std::string& what, const std::string& using_ = "", const std::string& touch = "") {
  const Result<Case> made = case_of({what, 1, using_, touch});
  BOOST_REQUIRE_MESSAGE(made.ok(), (made ? "" : made.error().message));
  return *made;
}

std::string refusal(const Result<Case>& made) {
  BOOST_REQUIRE(!made.ok());
  return to_string(made.error());
}

const Allocate& allocate_of(const Case& test_case) {
  return std::get<Allocate>(test_case.workload.front().action);
}

Environment setting(const std::vector<std::string>& texts) {
  Environment environment;
  for (const std::string& text : texts) {
    const Status status = apply_setting(environment, text);
    BOOST_TEST(status.ok(), text << (status ? "" : ": " + status.error().message));
  }
  return environment;
}

std::string setting_error(const std::string& text) {
  Environment environment;
  const Status status = apply_setting(environment, text);
  BOOST_REQUIRE(!status.ok());
  BOOST_TEST((environment == Environment{}));
  return to_string(status.error());
}

HostFacts ten_gib() {
  HostFacts facts = laptop();
  facts.arch.set("x86_64", "test");
  facts.committed_as_bytes.set(kGiB, "test");
  facts.swap_free_bytes.set(2 * kGiB, "test");
  return facts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(what_if)

BOOST_AUTO_TEST_CASE(arrays_and_sizes_become_bytes) {
  const std::pair<const char*, std::uint64_t> rows[] = {{"210000x210000 float64", 352800000000},
                                                        {"  1000 float32 ", 4000},
                                                        {"2x3x4 complex128", 384},
                                                        {"7x1 bool", 7},
                                                        {"352.8 GB", 352800000000},
                                                        {"64 MiB", 64 * kMiB}};
  for (const auto& [text, bytes] : rows) {
    const Result<Size> size = parse_allocation(text);
    BOOST_TEST(size.ok(), text);
    if (size) BOOST_TEST(literal_bytes(*size) == bytes, text);
  }
  BOOST_TEST(!parse_allocation("mem_total + 1 pages")->is_literal());
}

BOOST_AUTO_TEST_CASE(what_is_neither_array_nor_size_is_refused_with_what_to_write) {
  const std::pair<const char*, const char*> rows[] = {
      {"210000x210000 flaot64", "did you mean \"float64\"?"},
      {"4294967296x4294967296 int8", "more than 2^63-1 bytes"},
      {"4294967296x2147483647 int64", "more than 2^63-1 bytes"},
      {"x3 int8", "is no shape"},
      {"3xx3 int8", "is no shape"},
      {"0x3 int8", "no elements"},
      {"4G", "two readings"},
      {"", ""}};
  for (const auto& [text, part] : rows)
    BOOST_TEST(contains(refusal(case_of({text, 1, "", ""})), part), text);
  BOOST_TEST(contains(refusal(case_of({"1 GiB", 1, "numpi", ""})), "did you mean \"numpy\"?"));
  BOOST_TEST(contains(refusal(case_of({"1 GiB", 1, "", "wirte"})), "use write or read"));
  BOOST_TEST(contains(refusal(case_of({"1 GiB", 0, "", ""})), "there must be a block"));
}

BOOST_AUTO_TEST_CASE(an_array_is_numpys_and_a_size_is_mallocs) {
  BOOST_TEST((allocate_of(asked("9x9 float64")).using_ == AllocateUsing::calloc));
  BOOST_TEST((allocate_of(asked("1 GiB")).using_ == AllocateUsing::malloc));
  BOOST_TEST((allocate_of(asked("9x9 float64", "mmap")).using_ == AllocateUsing::mmap));
  BOOST_TEST(contains(asked("1 GiB", "numpy").summary, "advises huge pages"));
  BOOST_TEST(!contains(asked("9x9 float64").summary, "huge pages"));
  BOOST_TEST(asked("1 GiB").workload.size() == 1u);
  const Case read = asked("1 GiB", "", "read");
  BOOST_REQUIRE(read.workload.size() == 2u);
  BOOST_TEST((std::get<Touch>(read.workload[1].action).access == Access::read));
}

BOOST_AUTO_TEST_CASE(settings_are_laid_over_the_environment) {
  const Environment environment =
      setting({"vm.overcommit_memory=2", "overcommit_kbytes = 1", "overcommit_ratio=80",
               "rlimit.data=2 GiB", "rlimit.address_space=4 GiB", "rlimit.address_space=unlimited",
               "cgroup.memory_max=64 MiB", "cgroup.swap_max=0 B"});
  BOOST_TEST((environment.overcommit.memory == OvercommitMode::never));
  BOOST_TEST(environment.overcommit.ratio.value() == 80u);
  BOOST_TEST(!environment.overcommit.kbytes.has_value());
  BOOST_REQUIRE(environment.rlimits.size() == 2u);
  BOOST_TEST(environment.rlimits[0].unlimited);
  BOOST_TEST(literal_bytes(environment.rlimits[1].value) == 2 * kGiB);
  BOOST_TEST(literal_bytes(environment.cgroup.memory_max.value()) == 64 * kMiB);
  BOOST_TEST(environment.cgroup.swap_max.has_value());
  BOOST_TEST((setting({"overcommit_memory=always"}).overcommit.memory == OvercommitMode::always));
}

BOOST_AUTO_TEST_CASE(a_wrong_setting_changes_nothing_and_says_what_there_is) {
  const std::pair<const char*, const char*> rows[] = {
      {"vm.overcommit_memory", "no '='"},
      {"vm.overcomit_memory=1", "did you mean \"vm.overcommit_memory\"?"},
      {"vm.overcommit_memory=3", "use 0 (heuristic), 1 (always) or 2 (never)"},
      {"vm.overcommit_ratio=half", "no whole number"},
      {"rlimit.data=4G", "two readings"},
      {"cgroup.memory_max=much", "--set cgroup.memory_max"}};
  for (const auto& [text, part] : rows)
    BOOST_TEST(contains(setting_error(text), part), text << ": " << setting_error(text));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_with_arithmetic_rule_and_changes) {
  const std::string text = explain_what_if(asked("210000x210000 float64"), ten_gib(), "");
  for (const std::string part :
       {"predicted   refused: one request of 328.6 GiB is more than RAM + swap = 10 GiB",
        "352800002048 B", "8589934592 B  a laptop that does not exist",
        "rule        mm/util.c __vm_enough_memory", "319 GiB more swap", "vm.overcommit_memory=1"})
    BOOST_TEST(contains(text, part), part << " is not in:\n" << text);
  BOOST_TEST(!contains(text, "host "));
  BOOST_TEST(contains(explain_what_if(asked("1 GiB"), ten_gib(), "db7"), "host        db7"));
}

BOOST_AUTO_TEST_CASE(what_is_granted_and_cannot_be_used_is_told) {
  const std::string text = explain_what_if(asked("9.5 GiB", "mmap"), ten_gib(), "");
  BOOST_TEST(contains(text, "predicted   completes"), text);
  BOOST_TEST(contains(text, "so would any size up to 10 GiB (10737418240 B)"), text);
  BOOST_TEST(contains(text, "when used   "), text);
  BOOST_TEST(contains(text, "oom_killed"), text);
  BOOST_TEST(!contains(explain_what_if(asked("9.5 GiB", "mmap", "read"), ten_gib(), ""), "used "));
}

BOOST_AUTO_TEST_CASE(a_setting_that_is_asked_about_decides) {
  Case test_case = asked("1 TiB");
  BOOST_TEST(contains(explain_prediction(test_case, ten_gib()), "refused"));
  test_case.environment = setting({"overcommit_memory=1"});
  BOOST_TEST(contains(explain_prediction(test_case, ten_gib()), "predicted   completes"));
  test_case.environment = setting({"overcommit_memory=1", "rlimit.address_space=1 GiB"});
  const std::string limited = explain_prediction(test_case, ten_gib());
  BOOST_TEST(contains(limited, "RLIMIT_AS"), limited);
  BOOST_TEST(contains(limited, "ulimit -v"), limited);
}

BOOST_AUTO_TEST_CASE(what_is_uncertain_or_left_out_is_said) {
  const Case edge = asked("6 GiB", "mmap", "write");
  BOOST_TEST(contains(explain_prediction(edge, ten_gib()), "uncertain   "));
  Case program = asked("1 GiB");
  program.workload.push_back(command({"true"}));
  BOOST_TEST(contains(explain_prediction(program, ten_gib()), "left out    the program true"));
}

BOOST_AUTO_TEST_CASE(a_figure_that_a_container_fakes_is_not_taken_for_the_hosts) {
  HostFacts faked = ten_gib();
  BOOST_TEST(!contains(explain_prediction(asked("1 TiB"), faked), "fakes a figure"));
  faked.mem_total_bytes.source = "/proc/meminfo MemTotal (faked by lxcfs)";
  BOOST_TEST(contains(explain_prediction(asked("1 TiB"), faked), "fakes a figure"));
}

BOOST_AUTO_TEST_CASE(a_host_without_the_fact_gets_no_prediction_but_the_reason) {
  const std::string text = explain_prediction(asked("50% of mem_total"), HostFacts{});
  BOOST_TEST(contains(text, "predicted   nothing: "), text);
  BOOST_TEST(contains(text, "mem_total"), text);
}

BOOST_AUTO_TEST_SUITE_END()
