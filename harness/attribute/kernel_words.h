// SPDX-License-Identifier: Apache-2.0
// What a line of the kernel log says about a refused call. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace memqual::attribution {

/// mm/util.c __vm_enough_memory, from 6.12 on (rate limited): "__vm_enough_memory: pid: 17, comm:
/// memqual-child, bytes: 4096 not enough memory for the allocation". The bytes of the charge;
/// nothing for another line, or where a probe was refused.
std::optional<std::uint64_t> refused_charge(std::string_view line);

/// mm/mmap.c may_expand_vm, once after the system has started: "mmap: memqual-child (17): VmData
/// 67110912 exceed data ulimit 67108864." True for that line, not where a probe was refused.
bool says_data_limit(std::string_view line);

}  // namespace memqual::attribution
