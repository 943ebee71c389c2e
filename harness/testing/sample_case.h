// SPDX-License-Identifier: Apache-2.0
// Small constructors for tests: a whole value with the one or two fields set that the test is
// about.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/host_facts.h"

namespace memqual::testing {

inline Expression expression(const std::string& text) {
  Result<Expression> parsed = parse_expression(text);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), text << ": " << (parsed ? "" : parsed.error().message));
  return *parsed;
}

inline Size size(const std::string& text) {
  Result<Size> parsed = parse_size(text);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), text << ": " << (parsed ? "" : parsed.error().message));
  return *parsed;
}

template <class Action>
WorkloadStep step(Action action, std::string label = "") {
  return {std::move(action), std::move(label)};
}

inline WorkloadStep allocate(std::string name, const std::string& bytes,
                             AllocateUsing using_ = AllocateUsing::mmap, std::uint64_t count = 1) {
  Allocate action;
  action.name = std::move(name);
  action.size = size(bytes);
  action.using_ = using_;
  action.count = count;
  return step(std::move(action));
}

inline WorkloadStep touch(std::string name, double fraction = 1.0, Access access = Access::write) {
  Touch action;
  action.name = std::move(name);
  action.fraction = fraction;
  action.access = access;
  return step(std::move(action));
}

inline WorkloadStep command(std::vector<std::string> argv,
                            std::vector<std::string> refused_output = {}) {
  Command action;
  action.argv = std::move(argv);
  action.refused_output = std::move(refused_output);
  return step(std::move(action));
}

/// A case that expects nothing, with an id made from its scenario, environment and workload.
inline Case make_case(std::string scenario, std::vector<WorkloadStep> workload = {},
                      Environment environment = {}) {
  Case test_case;
  test_case.scenario = std::move(scenario);
  test_case.origin = {"suite/" + test_case.scenario + ".yaml", 7, 1};
  test_case.workload = std::move(workload);
  test_case.environment = std::move(environment);
  set_identity(test_case);
  return test_case;
}

/// One unconditional rule.
inline Expectation expect_outcome(std::vector<OutcomePattern> any_of) {
  Expectation expectation;
  expectation.rules.push_back({std::nullopt, std::move(any_of), false});
  return expectation;
}

/// A laptop of 8 GiB with 6 GiB available, 2 GiB of swap, mode heuristic, and no privileges.
inline HostFacts laptop() {
  HostFacts facts;
  const std::string source = "a laptop that does not exist";
  facts.os.set("linux", source);
  facts.page_size_bytes.set(4096, source);
  facts.cpus.set(4, source);
  facts.mem_total_bytes.set(8 * kGiB, source);
  facts.mem_available_bytes.set(6 * kGiB, source);
  facts.swap_total_bytes.set(2 * kGiB, source);
  facts.overcommit_memory.set(0, source);
  facts.overcommit_ratio.set(50, source);
  facts.overcommit_kbytes.set(0, source);
  facts.root.set(false, source);
  facts.sysctl_write.set(false, source);
  facts.cgroup_version.set("v2", source);
  facts.cgroup_memory.set(false, source);
  return facts;
}

/// The same laptop for root: settings and cgroups can be changed.
inline HostFacts laptop_as_root() {
  HostFacts facts = laptop();
  const std::string source = "root of a laptop that does not exist";
  facts.root.set(true, source);
  facts.sysctl_write.set(true, source);
  facts.cgroup_memory.set(true, source);
  facts.cgroup_swap.set(true, source);
  return facts;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace memqual::testing
