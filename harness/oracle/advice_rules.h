// SPDX-License-Identifier: Apache-2.0
// What madvise leaves behind in the model.
#pragma once

#include "harness/oracle/memory_state.h"

namespace memqual::oracle {

/// True where this advice sets a flag of the mapping that it has not yet: the marked part is then a
/// mapping of its own (mm/madvise.c madvise_vma_behavior).
bool marks_anew(const BlockSet& set, Advice advice);
void mark(BlockSet& set, Advice advice);

/// MADV_DONTNEED took the pages. Behind a header only whole pages are given back: something written
/// into them is lost for sure where it is written on every page of three.
void note_loss(BlockSet& set, std::uint64_t page);

}  // namespace memqual::oracle
