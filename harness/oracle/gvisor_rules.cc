// SPDX-License-Identifier: Apache-2.0
// gVisor's sentry manages the memory of its processes itself: it checks limits of a process
// (pkg/sentry/mm/syscalls.go MMap), has no overcommit accounting (google/gvisor#2534: never
// ENOMEM), and where its memory file outgrows the sandbox's cgroup the host kills the sandbox as a
// whole
// (#2520, #2535). What it shows in /proc/sys/vm and /proc/meminfo decides nothing. Read, not run.
#include "harness/oracle/allocation_rules.h"
#include "harness/oracle/lock_rules.h"
#include "harness/oracle/system_rules.h"

namespace memqual::oracle {
namespace {

ProcessBaseline as_given(const HostFacts&, ProcessBaseline given) { return given; }

// The settings it shows are those of a Linux that refuses nothing.
Situation without_accounting(Situation situation) {
  situation.facts.overcommit_memory.value = 1;
  situation.facts.max_map_count = {};
  return situation;
}

BlockShape shape(const Allocate& request, const HostFacts& facts, std::uint64_t threshold) {
  BlockShape shape = shape_of(request, facts, threshold);
  shape.charged_bytes = 0;
  return shape;
}

std::vector<Capacity> allocation(const Situation& situation, const MemoryState& state,
                                 const Allocate& request, const BlockShape& shape) {
  return allocation_rules(without_accounting(situation), state, request, shape);
}

Capacity nothing_is_charged(const Situation&, const MemoryState&, std::uint64_t) { return {}; }
Capacity data(const Situation& situation, const MemoryState& state, std::uint64_t data_bytes) {
  return rlimit_data_rule(situation, state, data_bytes, false);
}

bool takes_charge_back(const HostFacts&) { return false; }

std::vector<std::string> settings_left_out(const Situation&) {
  return {"gVisor: what its sentry takes of the sandbox's memory, and the settings of the host"};
}

std::string no_step(const WorkloadStep&) { return {}; }

}  // namespace

const SystemRules& gvisor_rules() {
  static constexpr SystemRules kRules{"gVisor refuses nothing for overcommit",
                                      as_given,
                                      shape,
                                      allocation,
                                      nothing_is_charged,
                                      data,
                                      memlock_rule,
                                      memory_limit,
                                      residency_rule,
                                      takes_charge_back,
                                      settings_left_out,
                                      no_step};
  return kRules;
}

}  // namespace memqual::oracle
