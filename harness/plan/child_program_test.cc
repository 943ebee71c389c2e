// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/child_program.h"

#include <boost/test/unit_test.hpp>

#include "harness/testing/sample_case.h"

using namespace memqual;
using namespace memqual::testing;

namespace {

ChildProgram program_of(const Case& test_case, const HostFacts& facts = laptop(),
                        const ChildPlacement& placement = {}) {
  Result<ChildProgram> program = make_child_program(test_case, facts, placement);
  BOOST_REQUIRE_MESSAGE(program.ok(), (program ? "" : program.error().message));
  return *program;
}

Error error_of(const Case& test_case, const HostFacts& facts = laptop()) {
  Result<ChildProgram> program = make_child_program(test_case, facts, {});
  BOOST_REQUIRE(!program.ok());
  return program.error();
}

std::uint64_t allocate_bytes(const WorkloadStep& step) {
  const Allocate& action = std::get<Allocate>(step.action);
  BOOST_TEST(action.size.is_literal());
  return literal_bytes(action.size);
}

RlimitSetting limit(RlimitResource resource, const std::string& value) {
  return {resource, false, size(value)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(child_program)

BOOST_AUTO_TEST_CASE(sizes_become_bytes_of_this_host_at_every_depth) {
  Fork inner{1, {allocate("c", "3 pages")}};
  Fork outer{2, {allocate("b", "50% of swap_total"), step(inner)}};
  const Case test_case = make_case("c", {allocate("a", "mem_total + 1 pages"), step(outer)});
  const ChildProgram program = program_of(test_case);
  BOOST_TEST(allocate_bytes(program.workload[0]) == 8 * kGiB + 4096);
  const Fork& made = std::get<Fork>(program.workload[1].action);
  BOOST_TEST(allocate_bytes(made.workload[0]) == kGiB);
  BOOST_TEST(allocate_bytes(std::get<Fork>(made.workload[1].action).workload[0]) == 12288u);
  BOOST_TEST(made.count == 2u);
}

BOOST_AUTO_TEST_CASE(the_child_learns_which_cpus_are_near_each_other_where_there_are_nodes) {
  HostFacts facts = laptop();
  facts.numa_nodes = {{0, kGiB, 0, "0-3"}};
  BOOST_TEST(program_of(make_case("c", {}), facts).setup.node_cpus.empty());
  facts.numa_nodes.push_back({1, kGiB, 0, ""});
  facts.numa_nodes.push_back({2, kGiB, 0, "4,6"});
  const std::vector<std::string> expected{"0-3", "4,6"};
  BOOST_TEST((program_of(make_case("c", {}), facts).setup.node_cpus == expected));
}

BOOST_AUTO_TEST_CASE(the_memory_of_a_command_becomes_bytes_too) {
  WorkloadStep train = command({"train"});
  std::get<Command>(train.action).memory = size("25% of mem_total");
  const ChildProgram program = program_of(make_case("c", {train, command({"true"})}));
  const Command& made = std::get<Command>(program.workload[0].action);
  BOOST_TEST(made.memory.is_literal());
  BOOST_TEST(literal_bytes(made.memory) == 2 * kGiB);
  BOOST_TEST(std::get<Command>(program.workload[1].action).memory.terms.empty());
}

BOOST_AUTO_TEST_CASE(the_sizes_of_a_search_become_bytes_and_must_hold_a_block) {
  const auto search = [](const std::string& up_to, const std::string& block) {
    return step(FindLargest{AllocateUsing::mmap, size(up_to), size(block)});
  };
  const ChildProgram program = program_of(make_case("c", {search("mem_total", "3 pages")}));
  const FindLargest& made = std::get<FindLargest>(program.workload[0].action);
  BOOST_TEST(literal_bytes(*made.up_to) == 8 * kGiB);
  BOOST_TEST(literal_bytes(*made.block) == 12288U);
  HostFacts facts = laptop();
  facts.swap_total_bytes.set(0, "a host without swap");
  for (const Case& bad : {make_case("c", {search("1 pages", "2 pages")}),
                          make_case("c", {search("swap_total", "1 pages")}),
                          make_case("c", {search("1 pages", "swap_total")})})
    BOOST_TEST(contains(error_of(bad, facts).message, "find_largest"));
}

BOOST_AUTO_TEST_CASE(the_arrays_of_a_measurement_become_whole_pages) {
  const auto bytes_of = [](const std::string& text) {
    const ChildProgram program =
        program_of(make_case("c", {step(Bandwidth{{BandwidthOperation::read}, size(text)})}));
    return literal_bytes(std::get<Bandwidth>(program.workload[0].action).size);
  };
  BOOST_TEST(bytes_of("1 B") == 4096U);
  BOOST_TEST(bytes_of("8192 B") == 8192U);
  BOOST_TEST(bytes_of("mem_total") == 8 * kGiB);
  HostFacts facts = laptop();
  facts.swap_total_bytes.set(0, "a host without swap");
  const Case nothing =
      make_case("c", {step(Bandwidth{{BandwidthOperation::read}, size("swap_total")})});
  BOOST_TEST(contains(error_of(nothing, facts).message, "bandwidth: arrays of swap_total are 0 B"));
}

BOOST_AUTO_TEST_CASE(a_fact_that_is_missing_is_an_error_that_names_it) {
  HostFacts facts = laptop();
  facts.commit_limit_bytes = {};
  const Error in_workload = error_of(make_case("c", {allocate("a", "commit_limit")}), facts);
  BOOST_TEST(contains(in_workload.message, "commit_limit"));
  BOOST_TEST(!in_workload.hint.empty());
  Environment environment;
  environment.rlimits = {limit(RlimitResource::address_space, "150% of commit_limit")};
  BOOST_TEST(contains(error_of(make_case("c", {}, environment), facts).message, "commit_limit"));
}

BOOST_AUTO_TEST_CASE(nothing_to_allocate_is_an_error_that_shows_the_size) {
  HostFacts facts = laptop();
  facts.swap_total_bytes.set(0, "a host without swap");
  const Error error = error_of(make_case("c", {allocate("a", "50% of swap_total")}), facts);
  BOOST_TEST(contains(error.message, "allocate a"));
  BOOST_TEST(contains(error.message, "50% of swap_total"));
  const Case nested = make_case("c", {step(Fork{1, {allocate("b", "swap_total")}})});
  BOOST_TEST(contains(error_of(nested, facts).message, "allocate b"));
}

BOOST_AUTO_TEST_CASE(limits_are_resolved_and_a_limit_of_zero_is_legal) {
  Environment environment;
  environment.rlimits = {limit(RlimitResource::address_space, "50% of mem_total"),
                         {RlimitResource::data, true, {}},
                         {RlimitResource::core, false, Size::of_bytes(0)},
                         {RlimitResource::nofile, false, Size::of_bytes(64)}};
  const ChildSetup setup = program_of(make_case("c", {}, environment)).setup;
  const std::vector<ResolvedRlimit> expected{{RlimitResource::address_space, false, 4 * kGiB},
                                             {RlimitResource::data, true, 0},
                                             {RlimitResource::core, false, 0},
                                             {RlimitResource::nofile, false, 64}};
  BOOST_TEST((setup.rlimits == expected));
}

BOOST_AUTO_TEST_CASE(what_is_not_said_is_safe) {
  const ChildSetup setup = program_of(make_case("c")).setup;
  BOOST_TEST(setup.oom_score_adj == 1000);  // the first to go when the host runs out
  BOOST_TEST(!setup.disable_aslr);
  BOOST_TEST(!setup.fresh_image);
  BOOST_TEST(!setup.uid.has_value());
  Environment environment;
  environment.oom_score_adj = -500;
  BOOST_TEST(program_of(make_case("c", {}, environment)).setup.oom_score_adj == -500);
}

BOOST_AUTO_TEST_CASE(a_fresh_image_is_made_for_what_only_a_start_can_change) {
  Environment plain, aslr_on, aslr_off, stack, variables, other_limit;
  aslr_on.aslr = true;
  aslr_off.aslr = false;
  stack.rlimits = {limit(RlimitResource::stack, "64 MiB")};
  variables.variables = {{"MALLOC_ARENA_MAX", "1"}};
  other_limit.rlimits = {limit(RlimitResource::memlock, "64 MiB")};
  struct Row {
    const char* what;
    Environment environment;
    bool fresh;
    bool disable_aslr;
  };
  for (const Row& row : {Row{"plain", plain, false, false},
                         {"aslr on", aslr_on, false, false},
                         {"aslr off", aslr_off, true, true},
                         {"stack limit", stack, true, false},
                         {"variables", variables, true, false},
                         {"another limit", other_limit, false, false}}) {
    const ChildSetup setup = program_of(make_case("c", {}, row.environment)).setup;
    BOOST_TEST(setup.fresh_image == row.fresh, row.what);
    BOOST_TEST(setup.disable_aslr == row.disable_aslr, row.what);
  }
}

BOOST_AUTO_TEST_CASE(the_host_side_adds_place_user_and_identity) {
  ChildPlacement placement;
  placement.uid = 65534;
  placement.gid = 65533;
  placement.scratch_dir = "/var/tmp/scratch";
  placement.identity = {{"MEMQUAL_CASE_ID", "c-12345678"}, {"LANG", "C"}};
  Environment environment;
  environment.variables = {{"LANG", "de_DE"}};
  const ChildSetup setup = program_of(make_case("c", {}, environment), laptop(), placement).setup;
  BOOST_TEST(setup.uid.value() == 65534u);
  BOOST_TEST(setup.gid.value() == 65533u);
  BOOST_TEST(setup.scratch_dir == "/var/tmp/scratch");
  BOOST_TEST(setup.variables.at("MEMQUAL_CASE_ID") == "c-12345678");
  BOOST_TEST(setup.variables.at("LANG") == "de_DE");  // the scenario has the last word
  // Identity alone needs no fresh image: nothing in the C library reads it.
  BOOST_TEST(!program_of(make_case("c"), laptop(), placement).setup.fresh_image);
}

BOOST_AUTO_TEST_CASE(scratch_is_needed_where_a_file_is_mapped_at_any_depth) {
  const WorkloadStep file = allocate("f", "1 MiB", AllocateUsing::file);
  BOOST_TEST(!needs_scratch({}));
  BOOST_TEST(!needs_scratch({allocate("a", "1 MiB", AllocateUsing::memfd), touch("a")}));
  BOOST_TEST(needs_scratch({allocate("a", "1 MiB"), file}));
  BOOST_TEST(needs_scratch({step(Fork{1, {step(Fork{1, {file}})}})}));
}

BOOST_AUTO_TEST_CASE(nodes_and_processors_are_computed_from_the_topology) {
  HostFacts facts = laptop();
  facts.numa_nodes = {{0, kGiB, 0, "0-1", {}}, {1, kGiB, 0, "2-3,8", {}}, {2, 0, 0, "", {}}};
  Environment environment;
  environment.numa.policy = NumaPolicy::local;
  environment.cpus.of_node = 1;
  Fork inner{1, {step(Placement{"a", {}, true, false})}};
  const std::vector<WorkloadStep> workload{step(Placement{"a", {}, true, false}), step(inner)};
  const ChildProgram local = program_of(make_case("c", workload, environment), facts);
  BOOST_TEST((local.setup.cpus == std::vector<std::uint32_t>{2, 3, 8}));
  BOOST_TEST((std::get<Placement>(local.workload[0].action) == Placement{"a", {1}, false, false}));
  environment.cpus = {};
  const ChildProgram anywhere = program_of(make_case("c", workload, environment), facts);
  BOOST_TEST(
      (std::get<Placement>(anywhere.workload[0].action).nodes == std::vector<std::uint32_t>{0, 1}));
  environment.numa.policy = NumaPolicy::bind;
  environment.numa.nodes = {0};
  const ChildProgram bound = program_of(make_case("c", workload, environment), facts);
  BOOST_TEST((bound.setup.numa_nodes == std::vector<std::uint32_t>{0}));
  const Fork& copy = std::get<Fork>(bound.workload[1].action);
  BOOST_TEST((std::get<Placement>(copy.workload[0].action).nodes == std::vector<std::uint32_t>{0}));
}

BOOST_AUTO_TEST_SUITE_END()
