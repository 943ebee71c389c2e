// SPDX-License-Identifier: Apache-2.0
// Values of resource limits as people write them.
#pragma once

#include <string_view>

#include "scenarios/model/environment.h"
#include "scenarios/model/result.h"

namespace memqual {

/// True where a limit may be written as `own_use + SIZE`: what the case's process occupies itself
/// when the limit is set (address space, private writable memory), and SIZE for its workload.
bool takes_own_use(RlimitResource resource);

/// `unlimited`, a SIZE, or `own_use`, `own_use + SIZE` where the resource takes it. Errors: those
/// of parse_size; own_use elsewhere or not first.
Result<RlimitSetting> parse_rlimit(RlimitResource resource, std::string_view text);

}  // namespace memqual
