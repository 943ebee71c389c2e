// SPDX-License-Identifier: Apache-2.0
// Functions that do not fit on a screen.
#pragma once

#include <cstddef>

#include "harness/tidy/source_text.h"

namespace memqual::tidy {

/// Functions (test cases included) of more than `limit` lines, signature and braces counted.
/// Lines of marked raw strings do not count: they are data. Lambdas belong to the function around
/// them; tables are not functions.
Findings check_function_length(const SourceText& source, std::size_t limit = 70);

}  // namespace memqual::tidy
