// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/situation.h"

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
  if (Status status = resolve_into(situation.cgroup_swap_max_bytes, cgroup.swap_max, facts);
      !status)
    return status.error();
  return situation;
}

HostFacts with_overcommit(HostFacts facts, const OvercommitSettings& settings) {
  if (!settings.any()) return facts;
  const OvercommitValues now{facts.overcommit_memory.value_or(0),
                             facts.overcommit_ratio.value_or(50),
                             facts.overcommit_kbytes.value_or(0)};
  const OvercommitValues then = after(now, settings);
  CommitInputs inputs;
  inputs.mem_total = facts.mem_total_bytes.value_or(0);
  inputs.hugetlb = facts.huge_pages_total.value_or(0) * facts.huge_page_size_bytes.value_or(0);
  inputs.swap_total = facts.swap_total_bytes.value_or(0);
  inputs.page_size = facts.page_size_bytes.value_or(4096);
  facts.overcommit_memory.set(then.memory, "scenario");
  facts.overcommit_ratio.set(then.ratio, "scenario");
  facts.overcommit_kbytes.set(then.kbytes, "scenario");
  facts.commit_limit_bytes.set(commit_limit_bytes(then, inputs),
                               "computed as mm/util.c vm_commit_limit does");
  return facts;
}

}  // namespace memqual
