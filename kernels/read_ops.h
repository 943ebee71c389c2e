// SPDX-License-Identifier: Apache-2.0
// The innermost loops that read memory and do nothing else: one table of functions per target.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/target.h"

namespace memqual::kernels {

/// Each returns the exclusive or of the eight-byte words of [from, from + bytes), the last one
/// filled up with zeros, so that no read can be left out. Any alignment; bytes may be 0.
struct ReadOps {
  std::uint64_t (*in_order)(const std::byte* from, std::size_t bytes);
  /// Four pages side by side: one core then waits for four streams at once.
  std::uint64_t (*four_pages)(const std::byte* from, std::size_t bytes);
};

/// The table for a target of built_targets(); null for any other.
const ReadOps* read_ops(Target target);

}  // namespace memqual::kernels
