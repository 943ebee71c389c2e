// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "harness/cli/options.h"

namespace memqual {

/// `memqual bandwidth`. It is run by bandwidth_command().
void add_bandwidth(CLI::App& app, Arguments& out);

}  // namespace memqual
