// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/lab/guest.h"

namespace memqual {

/// Boots a machine with a shell on this terminal and waits for its end. `exit` in the shell powers
/// the machine off. The exit code of QEMU. Errors: its files cannot be written.
Result<int> run_shell_session(const GuestSpec& spec);

}  // namespace memqual
