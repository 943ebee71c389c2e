// SPDX-License-Identifier: Apache-2.0
// How far a case got, in memory that outlives it.
#pragma once

#include <atomic>
#include <cstdint>

namespace memqual::child {

/// Lies in a page shared by launcher and case. The case counts, the launcher reads after the case
/// was reaped: a process killed in the middle of a step has still said how far it came.
struct Progress {
  std::atomic<std::uint64_t> step;            ///< index of the step that runs
  std::atomic<std::uint64_t> touched_bytes;   ///< in this step
  std::atomic<std::uint64_t> granted_blocks;  ///< in this step
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace memqual::child
