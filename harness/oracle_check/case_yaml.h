// SPDX-License-Identifier: Apache-2.0
// A case as a scenario file, so that it can be run again by itself.
#pragma once

#include <string>

#include "scenarios/model/case.h"

namespace memqual::oracle_check {

/// What `memqual run` accepts. Covers what random_case() makes: no expressions, no variables, no
/// command.
std::string to_yaml(const Case& test_case);

}  // namespace memqual::oracle_check
