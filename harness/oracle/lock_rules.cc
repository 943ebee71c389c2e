// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/lock_rules.h"

#include "harness/oracle/allocation_rules.h"

namespace memqual::oracle {

PageRange lockable_bytes(const BlockSet& set, std::uint64_t page) {
  const PageRange pages = set.whole_pages(page);
  return {saturating_multiply(pages.least * page, set.request.count),
          saturating_multiply(pages.most * page, set.request.count)};
}

Capacity memlock_rule(const Situation& situation, const MemoryState& state, const BlockSet& set) {
  const std::uint64_t page = situation.facts.page_size_bytes.value_or(4096);
  Capacity rule;
  const bool exempt = situation.facts.cap_ipc_lock.value_or(false) && !situation.setup.uid &&
                      !situation.setup.namespace_root;
  const std::uint64_t limit = rlimit_of(situation, RlimitResource::memlock);
  const PageRange bytes = lockable_bytes(set, page);
  if (exempt || limit == kUnlimited || bytes.most == 0 || set.locked) return rule;
  rule.rule = LimitingRule::memlock;
  // mm/mlock.c do_mlock compares pages, and a limit of less than one page is none at all.
  const std::uint64_t room = minus(limit / page * page, state.locked_bytes);
  const PageRange each = {bytes.least / set.request.count, bytes.most / set.request.count};
  rule.surely = room / each.most;
  if (each.least > 0) rule.possibly = room / each.least;
  if (limit == 0) {  // can_do_mlock: EPERM at the first call
    rule.surely = 0;
    if (each.least > 0) rule.possibly = 0;
  }
  rule.sentence = "RLIMIT_MEMLOCK allows " + format_bytes(limit) + " without CAP_IPC_LOCK";
  rule.arithmetic = {{"RLIMIT_MEMLOCK", limit, false, "scenario or host"},
                     {"locked before", state.locked_bytes, false, "earlier steps"},
                     {"to lock", bytes.most, false, "earlier allocate"}};
  rule.citation = "mm/mlock.c do_mlock";
  return rule;
}

}  // namespace memqual::oracle
