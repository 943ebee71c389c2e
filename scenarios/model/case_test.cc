// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/case.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;

namespace {

Case example() {
  Case out;
  out.scenario = "zeros_352gb";
  out.parameters = {{"mode", "never"}, {"api", "mmap"}};
  out.environment.overcommit.memory = OvercommitMode::never;
  out.environment.overcommit.ratio = 50;
  RlimitSetting limit;
  limit.unlimited = true;
  out.environment.rlimits = {limit};
  out.environment.variables = {{"OMP_NUM_THREADS", "1"}};
  Allocate allocate;
  allocate.name = "a";
  allocate.size = Size::of_bytes(352800000000);
  allocate.using_ = AllocateUsing::mmap;
  Fork fork;
  fork.workload = {WorkloadStep{Touch{"a"}, ""}};
  out.workload = {WorkloadStep{allocate, "big"}, WorkloadStep{fork, ""}};
  set_identity(out);
  return out;
}

std::string hash_of(Case test_case) {
  set_identity(test_case);
  return test_case.hash;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cases)

BOOST_AUTO_TEST_CASE(the_canonical_text_is_what_it_always_was) {
  BOOST_TEST(canonical_cell(example()) ==
             "scenario=zeros_352gb\n"
             "parameter.api=\"mmap\"\n"
             "parameter.mode=\"never\"\n"
             "overcommit.memory=never\n"
             "overcommit.ratio=50\n"
             "rlimit.address_space=unlimited\n"
             "env.OMP_NUM_THREADS=\"1\"\n"
             "step=allocate\n"
             "label=\"big\"\n"
             "name=\"a\"\n"
             "size=bytes*352800000000\n"
             "using=mmap\n"
             "step=fork\n"
             "  step=touch\n"
             "  name=\"a\"\n");
}

// People keep ids for years: a change here breaks every history. Add cases, never edit them.
BOOST_AUTO_TEST_CASE(ids_stay_the_same_for_ever) {
  BOOST_TEST(example().id == "zeros_352gb[mode=never,api=mmap]-d6dcaa35");
  Case plain;
  plain.scenario = "empty";
  set_identity(plain);
  BOOST_TEST(plain.id == "empty-83610e92");
  BOOST_TEST(hash8("") == "4fd0bfc1");
}

BOOST_AUTO_TEST_CASE(the_hash_depends_on_what_is_done_and_on_nothing_else) {
  const std::string hash = example().hash;
  Case other = example();
  other.summary = "another text";
  other.origin = Origin{"elsewhere.yaml", 7, 1};
  other.expect.none = true;
  other.timeout_ms = 1;
  other.repeat = 9;
  other.tags = {"x"};
  std::swap(other.parameters[0], other.parameters[1]);
  BOOST_TEST(hash_of(other) == hash);

  other = example();
  other.environment.overcommit.ratio = 51;
  BOOST_TEST(hash_of(other) != hash);
  other = example();
  std::get<Allocate>(other.workload[0].action).touched = true;
  BOOST_TEST(hash_of(other) != hash);
  other = example();
  other.environment.variables["OMP_NUM_THREADS"] = "1\nstep=free";
  BOOST_TEST(hash_of(other) != hash);
}

BOOST_AUTO_TEST_CASE(a_search_is_known_by_all_that_it_asks_for) {
  const auto hash = [](const FindLargest& step) {
    Case test_case = example();
    test_case.workload = {WorkloadStep{step, ""}};
    return hash_of(test_case);
  };
  const std::string plain = hash({});
  BOOST_TEST(hash({AllocateUsing::malloc, {}, {}}) != plain);
  BOOST_TEST(hash({AllocateUsing::mmap, Size::of_bytes(7), {}}) != plain);
  BOOST_TEST(hash({AllocateUsing::mmap, {}, Size::of_bytes(7)}) !=
             hash({AllocateUsing::mmap, Size::of_bytes(7), {}}));
}

BOOST_AUTO_TEST_CASE(a_measurement_is_known_by_all_that_it_asks_for) {
  const auto hash = [](const Bandwidth& step) {
    Case test_case = example();
    test_case.workload = {WorkloadStep{step, ""}};
    return hash_of(test_case);
  };
  const auto copy = BandwidthOperation::copy;
  const Bandwidth plain{{copy}, Size::of_bytes(8), {1}, 5, PageChoice::huge};
  BOOST_TEST(hash(plain) == hash(plain));
  for (const Bandwidth& other :
       {Bandwidth{{copy, copy}, Size::of_bytes(8), {1}, 5, PageChoice::huge},
        Bandwidth{{copy}, Size::of_bytes(9), {1}, 5, PageChoice::huge},
        Bandwidth{{copy}, Size::of_bytes(8), {1, 2}, 5, PageChoice::huge},
        Bandwidth{{copy}, Size::of_bytes(8), {1}, 6, PageChoice::huge},
        Bandwidth{{copy}, Size::of_bytes(8), {1}, 5, PageChoice::huge, {0}},
        Bandwidth{{copy}, Size::of_bytes(8), {1}, 5, PageChoice::huge, {}, 0},
        Bandwidth{{copy}, Size::of_bytes(8), {1}, 5, PageChoice::base}})
    BOOST_TEST(hash(other) != hash(plain));
}

BOOST_AUTO_TEST_CASE(equal_sizes_have_equal_hashes) {
  Case a = example();
  Case b = example();
  std::get<Allocate>(a.workload[0].action).size = *parse_size("1 GiB + mem_total");
  std::get<Allocate>(b.workload[0].action).size = *parse_size("mem_total + 1024 MiB");
  BOOST_TEST(hash_of(a) == hash_of(b));
}

BOOST_AUTO_TEST_CASE(names_show_parameters_and_escape_what_is_not_readable) {
  Case test_case;
  test_case.scenario = "x";
  BOOST_TEST(display_name(test_case) == "x");
  test_case.parameters = {{"p", "a\x1b"}};
  BOOST_TEST(display_name(test_case) == "x[p=a\\x1b]");
  BOOST_TEST(to_string(Origin{"a\n.yaml", 3, 4}) == "a\\n.yaml:3:4");
}

BOOST_AUTO_TEST_SUITE_END()
