// SPDX-License-Identifier: Apache-2.0
// One case: waits at the gate, applies its settings, says what it owns, waits again, runs its
// steps, reports each.
#pragma once

#include "harness/child/report_pipe.h"
#include "scenarios/model/child_setup.h"

namespace memqual::child {

/// Runs in the forked process; does not return. Lines sent: `started` or `setup_failed`, for each
/// step `begin` and `end` (and `output`), then `final`. The exit status is 0 however the steps
/// ended: what happened is in the lines.
[[noreturn]] void run_case(const ChildProgram& program, const CaseDescriptors& descriptors);

/// The same in a fresh image: the program comes from descriptors.program.
[[noreturn]] void run_case_image(const CaseDescriptors& descriptors);

/// Ends the process with an `error` line: our own trouble, not the workload's.
[[noreturn]] void end_with_error(int report, std::string_view what, int error);
/// The same where this machine lacks something that the case needs: no verdict about the machine.
[[noreturn]] void end_as_unsupported(int report, std::string_view what, std::string_view unlock);

}  // namespace memqual::child
