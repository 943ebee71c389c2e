// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/fork_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "harness/oracle/capacity.h"

namespace memqual::oracle {

ForkCharge fork_charge(const MemoryState& state, std::uint64_t page) {
  ForkCharge result;
  std::map<std::pair<std::set<Advice>, bool>, std::uint64_t> neighbours;
  for (const auto& [name, set] : state.sets) {
    if (set.request.using_ == AllocateUsing::mmap_shared || set.left_out_of_fork) continue;
    const std::uint64_t charge = set.total_charge();
    result.all = saturating_add(result.all, charge);
    // Marks on whole pages leave unmarked headers between the blocks of malloc. Those of sbrk may
    // begin and end at pages.
    const bool split = set.shape.behind_header && set.was_split;
    const bool apart = split && !set.advised.empty() && set.request.using_ != AllocateUsing::brk;
    result.surely_one = std::max(result.surely_one, split ? charge / set.request.count : charge);
    auto& together = neighbours[{apart ? std::set<Advice>{} : set.advised, set.locked}];
    together = saturating_add(together, apart ? 2 * page : charge);  // a header, a rest
  }
  result.largest = result.surely_one;
  for (const auto& [marks, charge] : neighbours) result.largest = std::max(result.largest, charge);
  return result;
}

}  // namespace memqual::oracle
