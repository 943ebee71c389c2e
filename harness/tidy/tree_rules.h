// SPDX-License-Identifier: Apache-2.0
// Rules about which files there are, and links between them.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/tidy/source_text.h"

namespace memqual::tidy {

/// Every file below `root`, sorted, without .git, build folders and caches. Paths from the root,
/// '/'.
std::vector<std::string> list_tree(const std::filesystem::path& root);

/// Sources of the pure folders that have a header beside them and no test beside them.
/// `excused` maps such a source to the reason; an excuse that is not needed is a finding too.
Findings check_tests_exist(const std::set<std::string>& files,
                           const std::map<std::string, std::string>& excused);

/// Relative links of a Markdown text whose target is not there. `exists` is asked with paths from
/// the root of the tree.
Findings check_links(const SourceText& markdown,
                     const std::function<bool(const std::string&)>& exists);

}  // namespace memqual::tidy
