// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace memqual {

/// The parent of a process, also of one that has ended and was not waited for yet. Nothing: there
/// is no such process (any more).
std::optional<std::int64_t> parent_process(std::int64_t pid);

}  // namespace memqual
