// SPDX-License-Identifier: Apache-2.0
// Keeps a thread on one CPU, where the system has that.
#pragma once

#include <thread>

namespace memqual::kernels {

/// False where the system cannot, or does not let this process use `cpu`.
bool pin_thread(std::thread& thread, unsigned cpu);

}  // namespace memqual::kernels
