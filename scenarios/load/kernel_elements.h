// SPDX-License-Identifier: Apache-2.0
// Which operations have a meaning for which elements, before anything runs; kernels/operations.h
// and kernels/stencil.h say the same.
#pragma once

#include <string>

#include "scenarios/model/kernel_step.h"

namespace memqual {

/// Why `op` has no meaning for an array, as it follows the operation's name, and what to do
/// instead: "takes floating elements, not int32; use ...". Empty where it has one.
std::string element_trouble(const KernelOp& op, const ArrayType& type);

}  // namespace memqual
