// SPDX-License-Identifier: Apache-2.0
// What standard output is, and the stop signals.
#pragma once

#include <cstdio>
#include <string>

#include "harness/spawn/child_launcher.h"
#include "reports/sink.h"

namespace memqual {

/// --color, then MEMQUAL_COLOR, NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR, CLICOLOR=0, TERM=dumb,
/// and last whether `stream` is a terminal. No live line and no colour of its own accord where CI
/// is set.
ConsoleStyle console_style(std::FILE* stream, const std::string& colour);

/// Catches SIGINT, SIGTERM and SIGHUP: the first stops with grace, the second at once, the third
/// leaves the program (the journal restores at the next start). Says on standard error what happens
/// next.
StopToken install_stop_signals();

/// 130 or 143 after a stop; 0 where none was asked for.
int stop_exit_code();

}  // namespace memqual
