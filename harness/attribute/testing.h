// SPDX-License-Identifier: Apache-2.0
// Refusals for the tests of this folder, written as what was granted and what was not.
#pragma once

#include <cerrno>
#include <string>
#include <vector>

#include "scenarios/model/bytes.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/refusal.h"

namespace memqual::testing {

/// Every question about a mapping, by the errno of those that are refused; what is not named is
/// granted, and `hole` is EACCES.
inline Refusal refusal_of(RefusedCall call, std::uint64_t length,
                          const std::vector<std::pair<ProbeKind, int>>& answers) {
  Refusal refusal;
  refusal.call = call;
  refusal.length_bytes = length;
  for (const auto& [kind, error] : answers) refusal.probes.push_back({kind, error, ""});
  refusal.vsz_bytes = 3 * kMiB;
  refusal.data_bytes = kMiB;
  refusal.locked_bytes = 0;
  return refusal;
}

/// Answers about a mapping; each letter is one question: own_page, hole, no_access, noreserve,
/// shared, again, page. '+' granted, '-' ENOMEM, '.' not asked. hole granted is EACCES.
inline std::vector<std::pair<ProbeKind, int>> mapping_answers(const std::string& pattern) {
  constexpr ProbeKind kKinds[] = {ProbeKind::own_page,  ProbeKind::hole,   ProbeKind::no_access,
                                  ProbeKind::noreserve, ProbeKind::shared, ProbeKind::again,
                                  ProbeKind::page};
  std::vector<std::pair<ProbeKind, int>> answers;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const int granted = kKinds[i] == ProbeKind::hole ? EACCES : 0;
    if (pattern[i] != '.') answers.emplace_back(kKinds[i], pattern[i] == '+' ? granted : ENOMEM);
  }
  return answers;
}

/// 8 GiB of memory and 2 GiB of swap.
inline HostFacts host_in_mode(std::uint64_t mode) {
  HostFacts facts;
  facts.page_size_bytes.set(4096, "test");
  facts.mem_total_bytes.set(8 * kGiB, "test");
  facts.swap_total_bytes.set(2 * kGiB, "test");
  facts.overcommit_memory.set(mode, "test");
  facts.commit_limit_bytes.set(6 * kGiB, "test");
  facts.max_map_count.set(65530, "test");
  facts.address_space_bits.set(48, "test");
  return facts;
}

}  // namespace memqual::testing
