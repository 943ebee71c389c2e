// SPDX-License-Identifier: Apache-2.0
// The machines of a run in the words of every report: those of the lab, where cases ran on them.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

/// "RAM 125.9 GiB, no swap, 2 nodes": what decides how much memory there is. Cleaned.
std::string room_words(const HostFacts& facts);

/// "booted 3 times, in 5.5 s; 1 failed": how its guests came up. Cleaned.
std::string boot_words(const MachineRecord& machine);

/// An aligned line for each: "laptop-12g  RAM 11.7 GiB, no swap  kernel 6.1.0  booted in 5.5 s".
/// Cleaned.
std::vector<std::string> machine_lines(const std::vector<MachineRecord>& machines);

/// The same as a section of the HTML page.
std::string html_machines(const RunRecord& record);

}  // namespace memqual
