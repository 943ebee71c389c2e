// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "harness/child/probe.h"

namespace memqual::child {

/// The line `refusal` of harness/wire/refusal_line.h about step `step`.
void send_probes(int report, std::size_t step, const ProbeAnswers& answers);

}  // namespace memqual::child
