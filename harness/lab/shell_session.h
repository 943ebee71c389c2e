// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/lab/guest.h"

namespace memqual {

/// What the guest's first program writes to the console when the shell has ended.
inline constexpr const char* kShellEnded = "memqual: the shell has ended";

/// Boots a machine with a shell on this terminal and waits for its end; the terminal's settings are
/// put back. `exit` in the shell powers the machine off. Errors: files cannot be written, QEMU does
/// not start or is killed, the kernel does not come as far as the shell; with the last lines of the
/// console.
Status run_shell_session(const GuestSpec& spec);

}  // namespace memqual
