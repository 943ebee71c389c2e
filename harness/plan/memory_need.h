// SPDX-License-Identifier: Apache-2.0
// How much memory a workload will make resident, at most, as far as its text tells.
#pragma once

#include <cstdint>

#include "scenarios/model/host_facts.h"
#include "scenarios/model/result.h"
#include "scenarios/model/workload.h"

namespace memqual {

/// Bytes, saturating. Follows the steps: touched, locked and populated blocks count until they are
/// freed; pages of files that are only read do not (the kernel takes them back); a forked process
/// counts what it writes again; a command counts what its scenario declares. Errors: a size that
/// the host cannot resolve.
Result<std::uint64_t> memory_need_bytes(const std::vector<WorkloadStep>& workload,
                                        const HostFacts& facts);

}  // namespace memqual
