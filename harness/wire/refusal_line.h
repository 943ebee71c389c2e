// SPDX-License-Identifier: Apache-2.0
// The line `refusal`, sent before the `end` of a step that was refused memory:
//   refusal step=N call=WORD length=BYTES asked=WORD:ERRNO,WORD:ERRNO,... vsz= data= locked= maps=
//           rlimit_as= rlimit_data= rlimit_memlock= may_lock=1
// Figures that are not known and limits that are unlimited are left out.
#pragma once

#include <optional>

#include "harness/wire/line.h"
#include "scenarios/model/refusal.h"

namespace memqual::wire {

/// Questions that this program does not know are left out. Nothing where the call is unknown, a
/// question has no errno, or there are more than 64. Names of errors are left empty.
std::optional<Refusal> read_refusal(const Line& line);

}  // namespace memqual::wire
