// SPDX-License-Identifier: Apache-2.0
// A kernel step as a flat list of texts: what identifies it, and how it travels to the child.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenarios/model/kernel_step.h"
#include "scenarios/model/result.h"

namespace memqual {

using KernelFields = std::vector<std::pair<std::string, std::string>>;

/// Everything but the budget, each where it differs from its default, always in this order. Ids of
/// cases are made of it: keys may be added, none may change.
KernelFields kernel_fields(const Kernel& step);

/// The step back, with an empty budget. Unknown keys are ignored; an Error names a bad value.
Result<Kernel> kernel_from_fields(const KernelFields& fields);

/// "box_blur radius 2, sqrt over a (10000x10000 float64) into b, 2 threads": for people.
std::string describe_kernel(const Kernel& step);
/// "box_blur, sqrt, sum": the operations alone.
std::string kernel_title(const Kernel& step);

}  // namespace memqual
