// SPDX-License-Identifier: Apache-2.0
// Measures what the machine's memory gives, right before and right after the cases that are held
// against it.
#pragma once

#include <memory>

#include "harness/executor/executor.h"

namespace memqual {

/// Lets `inner` run the case, and its limit case around it; adds what was measured to the
/// observation, and the verdict on `expect.throughput`.
std::unique_ptr<Executor> make_measuring_executor(std::unique_ptr<Executor> inner);

}  // namespace memqual
