// SPDX-License-Identifier: Apache-2.0
// What a guest says, for tests that play one.
#pragma once

#include <string>

#include "scenarios/model/bytes.h"
#include "scenarios/model/record_codec.h"

namespace memqual::testing {

/// Of a machine of 512 MiB with one CPU.
inline std::string facts_message(std::uint64_t memory_bytes = 480 * kMiB) {
  HostFacts facts;
  facts.kernel_release.set("6.1.0", "test");
  facts.kernel_version.set(6001, "test");
  facts.mem_total_bytes.set(memory_bytes, "test");
  facts.swap_total_bytes.set(0, "test");
  facts.cpus.set(1, "test");
  facts.cgroup_version.set("v2", "test");
  facts.address_space_bits.set(48, "test");
  return "facts " + encode_host_facts(facts, -1);
}

inline std::string attempt_message(CaseStatus status) {
  Attempt attempt;
  attempt.verdict.status = status;
  return "attempt " + encode_attempt(attempt);
}

}  // namespace memqual::testing
