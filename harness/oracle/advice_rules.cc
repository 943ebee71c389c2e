// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/advice_rules.h"

namespace memqual::oracle {

bool marks_anew(const BlockSet& set, Advice advice) {
  switch (advice) {
    case Advice::random:
    case Advice::sequential:
    case Advice::hugepage:
    case Advice::nohugepage:
    case Advice::mergeable:
    case Advice::dontfork:
      return !set.advised.contains(advice);
    default:
      return false;
  }
}

void mark(BlockSet& set, Advice advice) {
  if (advice == Advice::random) set.advised.erase(Advice::sequential);
  if (advice == Advice::sequential) set.advised.erase(Advice::random);
  if (advice == Advice::nohugepage) set.advised.erase(Advice::hugepage);
  if (advice == Advice::hugepage) set.advised.erase(Advice::nohugepage);
  set.advised.insert(advice);
  set.was_split = true;
  if (advice == Advice::dontfork) set.left_out_of_fork = true;
}

void note_loss(BlockSet& set, std::uint64_t page) {
  const double bytes = static_cast<double>(literal_bytes(set.request.size));
  const bool on_whole_pages = set.written_every == Stride::page &&
                              bytes * set.written_fraction >= 3.0 * static_cast<double>(page);
  if (!set.shape.behind_header || on_whole_pages)
    set.lost_its_content = true;
  else
    set.may_have_lost_it = true;
}

}  // namespace memqual::oracle
