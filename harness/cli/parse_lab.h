// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "harness/cli/options.h"

namespace memqual {

/// `memqual lab` and its verbs. They are run by lab_command().
void add_lab(CLI::App& app, Arguments& out);

}  // namespace memqual
