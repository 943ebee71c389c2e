// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "harness/child/steps.h"

namespace memqual::child {

/// One block by the call that `step.using_` names. nullptr on refusal, errno set by that call.
/// `bytes` is the size asked for; mappings are rounded up by the kernel.
std::byte* allocate_block(const Allocate& step, std::size_t bytes, const StepContext& context);

/// Gives a block back by the call that fits how it was asked for. Returns 0 or an errno.
int release_block(AllocateUsing using_, std::byte* block, std::size_t bytes,
                  const StepContext& context);

}  // namespace memqual::child
