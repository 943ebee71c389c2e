// SPDX-License-Identifier: Apache-2.0
// One function per rule: what the evidence says about it. Pure.
#pragma once

#include <string>
#include <vector>

#include "scenarios/model/attribution.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/refusal.h"

namespace memqual::attribution {

/// A refused call with all that is known about it.
struct Evidence {
  const Refusal& refusal;
  int error = 0;  ///< errno of the refused call
  const HostFacts& facts;

  std::uint64_t mode() const { return facts.overcommit_memory.value_or(0); }
  bool asked(ProbeKind kind) const { return refusal.answer(kind).has_value(); }
  bool granted(ProbeKind kind) const { return refusal.answer(kind) == 0; }
  bool refused(ProbeKind kind) const { return asked(kind) && !granted(kind); }
};

enum class Says {
  grants,   ///< this rule did not refuse the call
  refuses,  ///< it did, if no rule before it did
  open,     ///< the evidence does not tell
};

struct Answer {
  LimitingRule rule = LimitingRule::none;
  Says says = Says::grants;
  EvidenceKind by = EvidenceKind::probes;
  std::string limit;  ///< "64 MiB, of which 1.2 MiB were in use"
  std::string shown;  ///< "the same length is granted without access"
};

Answer ptrdiff_answer(const Evidence& evidence);
/// mmap and brk: `map_count > max` (mm/mmap.c do_mmap, do_brk_flags).
Answer map_count_answer(const Evidence& evidence);
/// mprotect, madvise, mlock: `map_count >= max` before a mapping is split (__split_vma).
Answer split_answer(const Evidence& evidence);
Answer address_space_answer(const Evidence& evidence);
Answer rlimit_as_answer(const Evidence& evidence);
Answer rlimit_data_answer(const Evidence& evidence);
Answer overcommit_answer(const Evidence& evidence);
Answer hugetlb_answer(const Evidence& evidence);
Answer memlock_answer(const Evidence& evidence);
/// Part of the range is not mapped.
Answer unmapped_answer(const Evidence& evidence);
/// mlock: the range can be locked, but not be made resident.
Answer populate_answer(const Evidence& evidence);
Answer fork_answer(const Evidence& evidence);

}  // namespace memqual::attribution
