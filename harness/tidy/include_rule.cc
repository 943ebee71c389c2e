// SPDX-License-Identifier: Apache-2.0
#include "harness/tidy/include_rule.h"

#include <optional>
#include <vector>

namespace memqual::tidy {
namespace {

using Names = std::vector<std::string_view>;

/// What files whose path begins with `prefix` may include. The longest matching prefix decides.
struct Row {
  std::string_view prefix;
  Names folders;
  Names packages;
  Names except = {};  ///< headers and folders that are not allowed although `folders` covers them
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"scenarios/model/", {"scenarios/model/"}, {}},
      {"scenarios/model/record_codec.cc", {"scenarios/model/"}, {"nlohmann-json"}},
      {"scenarios/model/record_codec_test.cc", {"scenarios/model/"}, {"nlohmann-json"}},
      {"scenarios/load/", {"scenarios/model/", "scenarios/load/"}, {"yaml-cpp"}},
      {"scenarios/load/schema",
       {"scenarios/model/", "scenarios/load/"},
       {"yaml-cpp", "nlohmann-json"}},
      {"scenarios/suite/", {"scenarios/model/", "scenarios/load/"}, {}},
      {"kernels/", {"kernels/"}, {}},
      {"kernels/simd_", {"kernels/"}, {"Highway"}},
      {"fixtures/", {"scenarios/model/", "fixtures/"}, {"hwloc"}},
      {"reports/", {"scenarios/model/", "reports/"}, {"nlohmann-json", "fmt", "pugixml"}},
      {"harness/",
       {"scenarios/model/", "scenarios/load/", "kernels/", "fixtures/", "reports/", "harness/"},
       {"nlohmann-json", "fmt"},
       {"harness/child/"}},
      {"harness/cli",
       {"scenarios/model/", "scenarios/load/", "kernels/", "fixtures/", "reports/", "harness/"},
       {"nlohmann-json", "fmt", "CLI11"},
       {"harness/child/"}},
      {"harness/lab/",
       {"scenarios/model/", "scenarios/load/", "fixtures/", "harness/"},
       {"fmt", "nlohmann-json", "Boost.CRC"},
       {"harness/child/", "harness/cli/"}},
      {"harness/wire/", {"scenarios/model/", "harness/wire/"}, {}},
      {"harness/oracle/", {"scenarios/model/", "harness/oracle/"}, {}},
      {"harness/attribute/", {"scenarios/model/", "harness/attribute/"}, {}},
      {"harness/spawn/",
       {"scenarios/model/", "harness/wire/", "harness/spawn/"},
       {"Boost.Process"}},
      {"harness/child/",
       {"scenarios/model/", "kernels/", "harness/wire/", "harness/child/"},
       {},
       {"scenarios/model/record_codec.h", "scenarios/model/run_record.h"}},
      {"harness/tidy/", {"harness/tidy/"}, {}},
      {"cmake/", {}, {"Boost.Test"}},
  };
  return rows;
}

struct Package {
  std::string_view prefix;
  std::string_view name;
};
// The first match counts. Asio and Filesystem come with Boost.Process, and only for it.
constexpr Package kPackages[] = {
    {"boost/test/", "Boost.Test"},
    {"boost/crc.hpp", "Boost.CRC"},
    {"boost/", "Boost.Process"},
    {"yaml-cpp/", "yaml-cpp"},
    {"nlohmann/", "nlohmann-json"},
    {"fmt/", "fmt"},
    {"CLI/", "CLI11"},
    {"pugixml.hpp", "pugixml"},
    {"hwloc", "hwloc"},
    {"hwy/", "Highway"},
};

struct Include {
  std::string_view name;
  bool quoted;
  std::size_t line;
};

/// The include on a line, read from the line as written because `code` blanks "quoted" names.
std::optional<Include> include_on(const SourceText& source, std::size_t index) {
  const std::string_view code = source.code[index];
  const std::size_t hash = code.find_first_not_of(" \t");
  if (hash == std::string_view::npos || code[hash] != '#') return std::nullopt;
  const std::size_t word = code.find_first_not_of(" \t", hash + 1);
  if (word == std::string_view::npos || !code.substr(word).starts_with("include")) {
    return std::nullopt;
  }
  const std::string_view line = source.lines[index];
  const std::size_t open = line.find_first_of("<\"", word);
  if (open == std::string_view::npos) return std::nullopt;
  const std::size_t close = line.find(line[open] == '<' ? '>' : '"', open + 1);
  if (close == std::string_view::npos) return std::nullopt;
  return Include{line.substr(open + 1, close - open - 1), line[open] == '"', index + 1};
}

std::vector<Include> includes_of(const SourceText& source) {
  std::vector<Include> includes;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    if (const auto include = include_on(source, i)) includes.push_back(*include);
  }
  return includes;
}

const Row* row_for(std::string_view path) {
  const Row* best = nullptr;
  for (const Row& row : table()) {
    if (path.starts_with(row.prefix) && (!best || row.prefix.size() > best->prefix.size())) {
      best = &row;
    }
  }
  return best;
}

bool any_prefix(const Names& prefixes, std::string_view path) {
  for (const std::string_view prefix : prefixes) {
    if (path.starts_with(prefix)) return true;
  }
  return false;
}

bool contains(const Names& names, std::string_view wanted) {
  for (const std::string_view name : names) {
    if (name == wanted) return true;
  }
  return false;
}

std::string joined(const Names& names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text.empty() ? "none" : text;
}

std::string project_complaint(const Row& row, const Include& include, bool test) {
  if (is_test_helper(include.name)) {  // made for every folder's tests, and for nothing else
    return test ? "" : "\"" + std::string(include.name) + "\" is for tests";
  }
  if (any_prefix(row.folders, include.name) && !any_prefix(row.except, include.name)) return "";
  if (include.name.find('/') == std::string_view::npos) {
    return "write the include from the root of the tree: \"folder/" + std::string(include.name) +
           "\"";
  }
  return "\"" + std::string(include.name) + "\" is not for " + std::string(row.prefix) +
         ", which may include " + joined(row.folders) + "; move the code, or pass the value in";
}

std::string package_complaint(const Row& row, const Include& include, bool test) {
  const std::string package = package_of(include.name);
  if (package == "std" || package == "OS" || contains(row.packages, package)) return "";
  if (test && package == "Boost.Test") return "";
  return package + " is not for " + std::string(row.prefix) + ", which may use " +
         joined(row.packages) + "; use the function of the folder that owns it";
}

}  // namespace

std::string package_of(std::string_view header) {
  for (const Package& package : kPackages) {
    if (header.starts_with(package.prefix)) return std::string(package.name);
  }
  const bool standard = header.find_first_of("./") == std::string_view::npos;
  return standard ? "std" : "OS";
}

Findings check_includes(const SourceText& source) {
  Findings findings;
  const Row* row = row_for(source.path);
  if (row == nullptr) {
    findings.push_back({source.path, 1,
                        "no row of the include table covers this folder: put the file where it "
                        "belongs, or add a row to harness/tidy/include_rule.cc"});
    return findings;
  }
  const bool test = is_test(source.path);
  for (const Include& include : includes_of(source)) {
    const std::string complaint = include.quoted ? project_complaint(*row, include, test)
                                                 : package_complaint(*row, include, test);
    if (!complaint.empty()) findings.push_back({source.path, include.line, complaint});
  }
  return findings;
}

Findings check_os_headers(const SourceText& source) {
  Findings findings;
  if (is_test(source.path) || has_platform_suffix(source.path) ||
      source.path.starts_with("harness/child/")) {
    return findings;
  }
  for (const Include& include : includes_of(source)) {
    if (include.quoted || package_of(include.name) != "OS") continue;
    findings.push_back({source.path, include.line,
                        "<" + std::string(include.name) +
                            "> is an OS header: put what needs it into a file with a platform "
                            "suffix (_posix.cc, _linux.cc, ...) behind an OS-free header"});
  }
  return findings;
}

}  // namespace memqual::tidy
