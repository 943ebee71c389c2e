// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "harness/cli/options.h"

namespace memqual {

/// `memqual lab` and its verbs, and what a guest is started with. They are run by lab_command().
/// The verb `run` is returned, to get the options of the other `run`.
CLI::App* add_lab(CLI::App& app, Arguments& out);

/// --kernel and --accel.
void add_guest_options(CLI::App& command, Arguments& out);
/// Of every command that makes memory resident.
void add_memory_budget(CLI::App& command, Arguments& out);

}  // namespace memqual
