// SPDX-License-Identifier: Apache-2.0
// Rules that need one file and no table of folders.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "harness/tidy/source_text.h"

namespace memqual::tidy {

/// #if, #ifdef, #ifndef and #elif over a platform's macro.
Findings check_platform_if(const SourceText& source);

/// Lines of more than 100 characters; a raw string with a delimiter, R"data(...)data", is exempt.
Findings check_line_length(const SourceText& source);

/// More than 500 lines; 650 for a test.
Findings check_file_length(const SourceText& source);

/// The licence line, first or after a #! line. `comment` is "//" or "#".
Findings check_spdx(const SourceText& source, std::string_view comment);

/// Files that may wait for time to pass, each with the reason.
using AllowedFiles = std::map<std::string, std::string>;

/// std::this_thread::sleep_for and sleep_until, usleep: a wait that is a guess.
Findings check_sleep(const SourceText& source, const AllowedFiles& allowed);

}  // namespace memqual::tidy
