// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/system_rules.h"

#include "harness/oracle/allocation_rules.h"
#include "harness/oracle/lock_rules.h"

namespace memqual::oracle {
namespace {

ProcessBaseline as_given(const HostFacts&, ProcessBaseline given) { return given; }

Capacity charge(const Situation& situation, const MemoryState& state, std::uint64_t charge_bytes) {
  return overcommit_rule(situation, state, charge_bytes);
}

// mm/mprotect.c mprotect_fixup: what was never written is promised no more (read in 6.12; not in
// 4.19).
bool takes_charge_back(const HostFacts& facts) { return facts.kernel_version.value_or(0) >= 6012; }

// glibc >= 2.24, sysdeps/unix/sysv/linux/spawni.c: 32 KiB and the arguments, in pages.
constexpr std::uint64_t kSpawnStack = 32 * kKiB;

std::vector<std::string> no_setting(const Situation&) { return {}; }
std::string no_step(const WorkloadStep&) { return {}; }

}  // namespace

const SystemRules& linux_rules() {
  static constexpr SystemRules kRules{"no rule stands in the way",
                                      as_given,
                                      shape_of,
                                      allocation_rules,
                                      charge,
                                      mprotect_data_rule,
                                      memlock_rule,
                                      memory_limit,
                                      residency_rule,
                                      takes_charge_back,
                                      no_setting,
                                      no_step,
                                      kSpawnStack};
  return kRules;
}

const SystemRules& rules_of(const HostFacts& facts) {
  const std::string os = facts.os.value_or("linux");
  if (os == "macos") return macos_rules();
  if (os == "windows") return windows_rules();
  return facts.container.value_or("") == "gvisor" ? gvisor_rules() : linux_rules();
}

}  // namespace memqual::oracle
