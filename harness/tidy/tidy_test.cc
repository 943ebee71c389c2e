// SPDX-License-Identifier: Apache-2.0
// Holds the whole tree against the tidy rules. What a rule means is in its header, and its own test
// shows what it accepts; here are only the files it is applied to and the exceptions, with reasons.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/tidy/function_length.h"
#include "harness/tidy/include_rule.h"
#include "harness/tidy/source_text.h"
#include "harness/tidy/text_rules.h"
#include "harness/tidy/tree_rules.h"

namespace memqual::tidy {
namespace {

namespace fs = std::filesystem;

/// Sources that have a header and no test beside them.
constexpr const char* kByMessages =
    "a part of the loader: load_test.cc and messages_test.cc drive it from files, to the message";
constexpr const char* kBenchmark = "a part of a benchmark: it measures, and is run to see it work";
const std::map<std::string, std::string> kWithoutTest = {
    {"kernels/bench/arrays_posix.cc", kBenchmark},
    {"kernels/bench/file_rows.cc", kBenchmark},
    {"kernels/bench/own_session_linux.cc", kBenchmark},
    {"kernels/bench/own_session_other.cc", kBenchmark},
    {"kernels/bench/peers_posix.cc", kBenchmark},
    {"kernels/bench/rows.cc", kBenchmark},
    {"scenarios/load/document.cc", kByMessages},
    {"scenarios/load/files.cc", kByMessages},
    {"scenarios/load/glob.cc", kByMessages},
    {"scenarios/load/node.cc", kByMessages},
    {"scenarios/load/parse_yaml.cc", kByMessages},
    {"scenarios/load/scenario_cases.cc", kByMessages},
    {"scenarios/load/shape.cc", kByMessages},
    {"scenarios/load/substitute.cc", kByMessages},
};

/// Files that may sleep.
const AllowedFiles kMaySleep = {};

SourceText read(const std::string& path) {
  std::ifstream file(fs::path(MEMQUAL_SOURCE_DIR) / path, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(file, "cannot read " << path);
  return parse_source(path, std::string(std::istreambuf_iterator<char>(file), {}));
}

const std::vector<std::string>& tree() {
  static const std::vector<std::string> files = list_tree(MEMQUAL_SOURCE_DIR);
  return files;
}

std::vector<SourceText> read_all(const std::function<bool(const std::string&)>& wanted) {
  std::vector<SourceText> sources;
  for (const std::string& path : tree()) {
    if (wanted(path)) sources.push_back(read(path));
  }
  return sources;
}

const std::vector<SourceText>& cpp_sources() {
  static const std::vector<SourceText> sources = read_all(
      [](const std::string& path) { return path.ends_with(".cc") || path.ends_with(".h"); });
  return sources;
}

bool is_script(const std::string& path) {
  return path == "dev" || path == ".ci/run" || path.ends_with(".py") || path.ends_with(".sh") ||
         path.ends_with(".cmake") || path.ends_with("CMakeLists.txt");
}

void require_none(const Findings& findings) {
  BOOST_CHECK_MESSAGE(findings.empty(), "\n" << to_string(findings));
}

template <class Rule>
Findings over_cpp(const Rule& rule) {
  Findings all;
  for (const SourceText& source : cpp_sources()) {
    for (Finding& finding : rule(source)) all.push_back(std::move(finding));
  }
  return all;
}

BOOST_AUTO_TEST_SUITE(tidy)

BOOST_AUTO_TEST_CASE(the_tree_is_where_it_should_be) {
  BOOST_TEST(cpp_sources().size() > 20U);
  BOOST_TEST(fs::exists(fs::path(MEMQUAL_SOURCE_DIR) / "scenarios/model/case.h"));
}

BOOST_AUTO_TEST_CASE(includes_follow_the_table) { require_none(over_cpp(check_includes)); }

BOOST_AUTO_TEST_CASE(os_headers_are_in_platform_files) { require_none(over_cpp(check_os_headers)); }

BOOST_AUTO_TEST_CASE(no_platform_is_chosen_by_the_preprocessor) {
  require_none(over_cpp(check_platform_if));
}

BOOST_AUTO_TEST_CASE(functions_fit_on_a_screen) {
  require_none(over_cpp([](const SourceText& source) { return check_function_length(source); }));
}

BOOST_AUTO_TEST_CASE(files_have_one_subject) { require_none(over_cpp(check_file_length)); }

BOOST_AUTO_TEST_CASE(lines_fit) { require_none(over_cpp(check_line_length)); }

BOOST_AUTO_TEST_CASE(sources_carry_the_licence) {
  Findings findings = over_cpp([](const SourceText& source) { return check_spdx(source, "//"); });
  for (const SourceText& source : read_all(is_script)) {
    for (Finding& finding : check_spdx(source, "#")) findings.push_back(std::move(finding));
  }
  require_none(findings);
}

BOOST_AUTO_TEST_CASE(sources_of_pure_folders_have_a_test) {
  const std::set<std::string> files(tree().begin(), tree().end());
  require_none(check_tests_exist(files, kWithoutTest));
}

BOOST_AUTO_TEST_CASE(links_of_documents_resolve) {
  const auto exists = [](const std::string& path) {
    return fs::exists(fs::path(MEMQUAL_SOURCE_DIR) / path);
  };
  Findings findings;
  for (const SourceText& text : read_all([](const auto& path) { return path.ends_with(".md"); })) {
    for (Finding& finding : check_links(text, exists)) findings.push_back(std::move(finding));
  }
  require_none(findings);
}

BOOST_AUTO_TEST_CASE(nothing_sleeps_in_hope) {
  Findings findings =
      over_cpp([](const SourceText& source) { return check_sleep(source, kMaySleep); });
  for (const auto& [path, reason] : kMaySleep) {
    if (!check_sleep(read(path), {}).empty()) continue;
    findings.push_back({path, 1, "sleeps no more: take it off the list (\"" + reason + "\")"});
  }
  require_none(findings);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual::tidy
