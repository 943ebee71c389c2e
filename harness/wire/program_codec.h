// SPDX-License-Identifier: Apache-2.0
// ChildProgram <-> the text that is sent to the child before a case.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/model/child_setup.h"
#include "scenarios/model/result.h"

namespace memqual::wire {

/// Lines: `program version=1`, `setup ...`, `rlimit ...`, `variable ...`, a line per step, `end`.
/// The steps of a fork are enclosed by the lines `fork ...` and `join`. Only literal sizes are
/// kept. Errors: longer than kMaxProgramBytes.
Result<std::string> encode_program(const ChildProgram& program);

/// Errors: another version, an unknown word, a missing `end`, more than 4 nested forks.
Result<ChildProgram> decode_program(std::string_view text);

}  // namespace memqual::wire
