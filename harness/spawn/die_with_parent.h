// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace memqual {

/// The calling process is killed when the thread that made it ends (Linux kernel/exit.c,
/// forget_original_parent), and at once where `parent`, the process that called fork, has ended
/// already. Async-signal-safe: may be called between fork and exec, and holds across exec of a
/// program without special rights.
void die_with_parent(int parent) noexcept;

}  // namespace memqual
