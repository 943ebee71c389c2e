// SPDX-License-Identifier: Apache-2.0
// The steps of `workload` that make processes: fork, spawn, command.
#pragma once

#include "scenarios/load/table.h"

namespace memqual {

ShapePtr fork_shape();
ShapePtr spawn_shape();
ShapePtr command_shape();

Fork decode_fork(const Node& node, DecodeContext& context);
Spawn decode_spawn(const Node& node, DecodeContext& context);
/// Finds where the program has no name.
Command decode_command(const Node& node, DecodeContext& context);

}  // namespace memqual
