// SPDX-License-Identifier: Apache-2.0
// The scenario files that come with memqual, and the ones that its documentation shows, as text: do
// they load, and do they say what their folder promises?
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "scenarios/load/load.h"

namespace memqual {
namespace {

namespace fs = std::filesystem;

fs::path suite() { return fs::path(MEMQUAL_SOURCE_DIR) / "scenarios/suite"; }

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(file, "cannot read " << path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void require_no_findings(const LoadResult& result) {
  for (const Diagnostic& error : result.errors) BOOST_ERROR(to_string(error));
  for (const Diagnostic& warning : result.warnings) BOOST_ERROR(to_string(warning));
}

std::vector<Case> load_folder(const std::string& folder) {
  const LoadResult result = load_scenarios({suite() / folder});
  require_no_findings(result);
  BOOST_REQUIRE_MESSAGE(!result.cases.empty(), folder << " has no cases");
  return result.cases;
}

bool has_tag(const Case& test_case, const std::string& tag) {
  return std::find(test_case.tags.begin(), test_case.tags.end(), tag) != test_case.tags.end();
}

/// Whole files in a document: the text of each ```yaml block, by the line it starts at.
std::map<int, std::string> yaml_blocks(const std::string& document) {
  std::map<int, std::string> blocks;
  int line = 0;
  int start = 0;
  for (std::size_t at = 0; at < document.size();) {
    const std::size_t end = std::min(document.find('\n', at), document.size());
    const std::string text = document.substr(at, end - at);
    at = end + 1;
    ++line;
    if (start != 0 && text == "```") {
      start = 0;
    } else if (start != 0) {
      blocks[start] += text + "\n";
    } else if (text == "```yaml") {
      start = line + 1;
    }
  }
  return blocks;
}

std::vector<fs::path> files_of_suite() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(suite())) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  BOOST_REQUIRE(files.size() > 20U);
  return files;
}

BOOST_AUTO_TEST_SUITE(suite_files)

BOOST_AUTO_TEST_CASE(all_folders_load_together_without_a_finding) {
  const LoadResult result = load_scenarios({suite()});
  require_no_findings(result);
  BOOST_TEST(result.cases.size() > 200U);
}

BOOST_AUTO_TEST_CASE(every_file_carries_licence_and_schema_for_editors) {
  for (const fs::path& file : files_of_suite()) {
    const std::string expected =
        "# SPDX-License-Identifier: Apache-2.0\n"
        "# yaml-language-server: $schema=../../../docs/schema/scenario-1.json\n";
    BOOST_TEST(read(file).rfind(expected, 0) == 0U, file << " does not start with\n" << expected);
  }
}

BOOST_AUTO_TEST_CASE(every_case_says_what_it_is_about) {
  for (const Case& test_case : load_folder("")) {
    BOOST_TEST(!test_case.summary.empty(), test_case.id);
  }
}

BOOST_AUTO_TEST_CASE(every_seed_names_its_source) {
  for (const Case& test_case : load_folder("seeds")) {
    BOOST_TEST(!test_case.source.empty(), test_case.id);
    BOOST_TEST(has_tag(test_case, "seed"), test_case.id);
  }
}

BOOST_AUTO_TEST_CASE(smoke_needs_no_privileges) {
  for (const Case& test_case : load_folder("smoke")) {
    BOOST_TEST(!test_case.environment.overcommit.any(), test_case.id);
    BOOST_TEST(!test_case.environment.cgroup.any(), test_case.id);
    BOOST_TEST(test_case.environment.user.value_or("unprivileged") == "unprivileged", test_case.id);
  }
}

BOOST_AUTO_TEST_CASE(every_self_case_says_how_it_must_end) {
  const std::set<std::string> ends{"must_fail",  "must_timeout", "must_error",      "must_xpass",
                                   "must_xfail", "must_skip",    "must_unsupported"};
  std::set<std::string> seen;
  for (const Case& test_case : load_folder("self")) {
    BOOST_TEST(has_tag(test_case, "self"), test_case.id);
    int count = 0;
    for (const std::string& tag : test_case.tags) {
      if (ends.count(tag) == 0) continue;
      seen.insert(tag);
      ++count;
    }
    BOOST_TEST(count == 1, test_case.id << " has " << count << " must_ tags");
  }
  BOOST_TEST(seen == ends, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_example_of_the_format_document_loads) {
  const std::string name = "docs/scenario-format.md";
  const auto blocks = yaml_blocks(read(fs::path(MEMQUAL_SOURCE_DIR) / name));
  BOOST_TEST(blocks.size() >= 5U);
  for (const auto& [line, text] : blocks) {
    const LoadResult result = load_scenario_text(text, name);
    for (const Diagnostic& error : result.errors) {
      BOOST_ERROR("block at line " << line << ": " << to_string(error));
    }
    BOOST_TEST(!result.cases.empty(), "block at line " << line << " has no cases");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
