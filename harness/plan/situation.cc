// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/situation.h"

#include <utility>

#include "fixtures/machine_settings.h"
#include "fixtures/overcommit_plan.h"

namespace memqual {
namespace {

Status resolve_into(std::optional<std::uint64_t>& bytes, const std::optional<Size>& size,
                    const HostFacts& facts) {
  if (!size) return done();
  const Result<std::uint64_t> resolved = resolve(*size, facts);
  if (!resolved) return resolved.error();
  bytes = *resolved;
  return done();
}

}  // namespace

Result<oracle::Situation> make_situation(const Case& test_case, const HostFacts& facts,
                                         const ChildProgram& program) {
  oracle::Situation situation;
  situation.facts = facts;
  situation.setup = program.setup;
  const CgroupSettings& cgroup = test_case.environment.cgroup;
  if (Status status = resolve_into(situation.cgroup_memory_max_bytes, cgroup.memory_max, facts);
      !status)
    return status.error();
  if (Status status = resolve_into(situation.cgroup_memory_high_bytes, cgroup.memory_high, facts);
      !status)
    return status.error();
  situation.cpuset_mems = cgroup.cpuset_mems;
  if (Status status = resolve_into(situation.cgroup_swap_max_bytes, cgroup.swap_max, facts);
      !status)
    return status.error();
  return situation;
}

HostFacts with_overcommit(HostFacts facts, const OvercommitSettings& settings) {
  if (!settings.any()) return facts;
  const OvercommitValues then = after(overcommit_values(facts), settings);
  facts.overcommit_memory.set(then.memory, "scenario");
  facts.overcommit_ratio.set(then.ratio, "scenario");
  facts.overcommit_kbytes.set(then.kbytes, "scenario");
  facts.commit_limit_bytes.set(commit_limit_bytes(then, commit_inputs(facts)),
                               "computed as mm/util.c vm_commit_limit does");
  return facts;
}

HostFacts with_settings(HostFacts facts, const Environment& environment) {
  // Swap space comes first: the commit limit counts it.
  return with_overcommit(with_machine_settings(std::move(facts), environment.machine_settings),
                         environment.overcommit);
}

}  // namespace memqual
