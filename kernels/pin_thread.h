// SPDX-License-Identifier: Apache-2.0
// Keeps a thread on one CPU, or a few, where the system has that.
#pragma once

#include <thread>
#include <vector>

namespace memqual::kernels {

/// False where the system cannot, or does not let this process use `cpu`.
bool pin_thread(std::thread& thread, unsigned cpu);

/// The calling thread, on whichever of `cpus`.
bool pin_this_thread(const std::vector<unsigned>& cpus);

}  // namespace memqual::kernels
