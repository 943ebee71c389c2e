// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace memqual {

/// The calling process is the first that the OOM killer takes: /proc/self/oom_score_adj is 1000,
/// which needs no right and passes on to the program it executes. Async-signal-safe. Where the file
/// cannot be written the process stays as it is.
void be_first_for_the_oom_killer() noexcept;

}  // namespace memqual
