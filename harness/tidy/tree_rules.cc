// SPDX-License-Identifier: Apache-2.0
#include "harness/tidy/tree_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace memqual::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kPureFolders = {
    "scenarios/model/", "scenarios/load/", "fixtures/", "reports/", "kernels/", "harness/wire/"};

bool is_skipped_folder(const std::string& name) {
  return name == ".git" || name == ".cache" || name == "__pycache__" || name == "memqual-report" ||
         name == "build" || name.starts_with("build-");
}

bool is_pure_source(const std::string& path) {
  if (!path.ends_with(".cc") || is_test(path)) return false;
  return std::any_of(kPureFolders.begin(), kPureFolders.end(),
                     [&](std::string_view folder) { return path.starts_with(folder); });
}

/// foo.cc may be tested by foo_test.cc; foo_linux.cc also by foo_test.cc, if the header is foo.h.
bool needs_test(const std::set<std::string>& files, const std::string& path) {
  const std::string stem = path.substr(0, path.rfind('.'));
  const std::string base = without_suffixes(path);
  if (!files.contains(stem + ".h") && !files.contains(base + ".h")) return false;
  return !files.contains(stem + "_test.cc") && !files.contains(base + "_test.cc");
}

bool is_outside(std::string_view target) {
  return target.empty() || target.starts_with('#') || target.starts_with("mailto:") ||
         target.find("://") != std::string_view::npos;
}

/// `code` spans blanked, so that a link inside one does not count.
std::string without_code_spans(std::string line) {
  bool inside = false;
  for (char& c : line) {
    if (c == '`') {
      inside = !inside;
    } else if (inside) {
      c = ' ';
    }
  }
  return line;
}

/// Targets of [text](target "title") and of [label]: target.
std::vector<std::string> link_targets(const std::string& line) {
  std::vector<std::string> targets;
  for (std::size_t at = line.find("]("); at != std::string::npos; at = line.find("](", at + 2)) {
    const std::size_t end = line.find_first_of(") ", at + 2);
    if (end != std::string::npos) targets.push_back(line.substr(at + 2, end - at - 2));
  }
  const std::size_t label_end = line.find("]: ");
  if (line.starts_with('[') && label_end != std::string::npos) {
    const std::string rest = line.substr(label_end + 3);
    targets.push_back(rest.substr(0, rest.find(' ')));
  }
  return targets;
}

}  // namespace

std::vector<std::string> list_tree(const fs::path& root) {
  std::vector<std::string> paths;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator();
       ++it) {
    if (it->is_directory()) {
      if (is_skipped_folder(it->path().filename().string())) it.disable_recursion_pending();
      continue;
    }
    paths.push_back(it->path().lexically_relative(root).generic_string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Findings check_tests_exist(const std::set<std::string>& files,
                           const std::map<std::string, std::string>& excused) {
  Findings findings;
  for (const std::string& path : files) {
    if (!is_pure_source(path) || !needs_test(files, path) || excused.contains(path)) continue;
    findings.push_back({path, 1,
                        "no test beside it: add " + without_suffixes(path) +
                            "_test.cc, or list it with a reason in harness/tidy/tidy_test.cc"});
  }
  for (const auto& [path, reason] : excused) {
    if (files.contains(path) && needs_test(files, path)) continue;
    findings.push_back({path, 1,
                        "needs no excuse any more (\"" + reason +
                            "\"): take it off the "
                            "list in harness/tidy/tidy_test.cc"});
  }
  return findings;
}

Findings check_links(const SourceText& markdown,
                     const std::function<bool(const std::string&)>& exists) {
  Findings findings;
  bool in_fence = false;
  for (std::size_t i = 0; i < markdown.lines.size(); ++i) {
    const std::string& line = markdown.lines[i];
    const std::size_t first = line.find_first_not_of(' ');
    if (first != std::string::npos && line.compare(first, 3, "```") == 0) in_fence = !in_fence;
    if (in_fence) continue;
    for (const std::string& target : link_targets(without_code_spans(line))) {
      if (is_outside(target)) continue;
      const std::string file = target.substr(0, target.find('#'));
      const fs::path path = (fs::path(markdown.path).parent_path() / file).lexically_normal();
      if (exists(path.generic_string())) continue;
      findings.push_back({markdown.path, i + 1,
                          "the link to " + target + " leads to " + path.generic_string() +
                              ", which is not there: correct the link or add the file"});
    }
  }
  return findings;
}

}  // namespace memqual::tidy
