// SPDX-License-Identifier: Apache-2.0
// `--on lab:MACHINE,...`: the same cases on machines of the lab. Pure.
#pragma once

#include <string>
#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/machine.h"
#include "scenarios/model/result.h"

namespace memqual {

/// The words behind "lab:"; none for "lab". Errors: another beginning, a word that names nothing.
Result<std::vector<MachineWord>> parse_on(const std::string& text);

/// Cases that name no machine, once for each word, which becomes a parameter; cases that name one
/// stay as they are. By machine: all cases of a machine stand together, in the order of `cases`.
std::vector<Case> place_on(const std::vector<Case>& cases, const std::vector<MachineWord>& words);

}  // namespace memqual
