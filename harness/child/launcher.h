// SPDX-License-Identifier: Apache-2.0
// The launcher: stays tiny, makes one process per case, reaps it and everything it left behind.
#pragma once

namespace memqual::child {

/// Serves cases until standard input ends. Returns the exit status.
///
/// Standard input, from the harness: `case size=N` followed by N bytes of program; then, for the
/// case that runs, `go`, `term` and `kill`. Standard output, to the harness: `ready`, then for each
/// case `forked pid=`, the case's own lines, `reaped ...`, a `leak ...` line for each process that
/// outlived it, and `done`.
int run_launcher();

}  // namespace memqual::child
