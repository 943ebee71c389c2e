// SPDX-License-Identifier: Apache-2.0
// Who may include whom: the table of docs/ARCHITECTURE.md ("Folders"), and where OS headers may be.
#pragma once

#include <string>
#include <string_view>

#include "harness/tidy/source_text.h"

namespace memqual::tidy {

/// "Boost.Process", "yaml-cpp", ... for <name>; "std" for the standard library; "OS" for the rest.
std::string package_of(std::string_view header);

/// Project headers from a folder, and outside packages, that the file's row does not list.
Findings check_includes(const SourceText& source);

/// OS headers (unistd.h, sys/..., windows.h) outside suffix files, tests and harness/child.
Findings check_os_headers(const SourceText& source);

}  // namespace memqual::tidy
