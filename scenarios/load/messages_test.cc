// SPDX-License-Identifier: Apache-2.0
// Every file of testdata/bad and testdata/bad_semantic has its exact messages in
// testdata/messages.txt.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "scenarios/load/load.h"

using namespace memqual;

namespace {

const std::filesystem::path kTestdata =
    std::filesystem::path(MEMQUAL_SOURCE_DIR) / "scenarios" / "load" / "testdata";

std::string without_folder(std::string text) {
  const std::string folder = kTestdata.string() + "/";
  for (std::size_t at = text.find(folder); at != text.npos; at = text.find(folder, at)) {
    text.erase(at, folder.size());
  }
  return text;
}

std::vector<std::string> expected_messages() {
  std::ifstream file(kTestdata / "messages.txt");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

// Keeps the comment that the file begins with.
void rewrite_messages(const std::vector<std::string>& messages) {
  std::string text;
  std::ifstream old(kTestdata / "messages.txt");
  for (std::string line; std::getline(old, line) && line.starts_with("#");) text += line + "\n";
  for (const std::string& message : messages) text += message + "\n";
  std::ofstream(kTestdata / "messages.txt") << text;
}

std::vector<std::filesystem::path> files_of(const char* kind) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kTestdata / kind)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(every_bad_file_has_exactly_its_messages) {
  std::vector<std::string> seen;
  for (const char* kind : {"bad", "bad_semantic"}) {
    for (const auto& path : files_of(kind)) {
      const LoadResult result = load_scenarios({path});
      BOOST_TEST(!result.errors.empty(), path);
      BOOST_TEST(result.cases.empty(), path);
      for (const Diagnostic& error : result.errors) {
        seen.push_back(without_folder(to_string(error)));
      }
    }
  }
  if (std::getenv("MEMQUAL_UPDATE_GOLDENS") != nullptr) rewrite_messages(seen);
  const std::vector<std::string> expected = expected_messages();
  BOOST_TEST(expected.size() > 100U);
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(good_files_load_without_errors) {
  for (const auto& path : files_of("good")) {
    const LoadResult result = load_scenarios({path});
    for (const Diagnostic& error : result.errors) BOOST_ERROR(to_string(error));
    const bool for_include_only = path.filename().string()[0] == '_';
    BOOST_TEST(result.cases.empty() == for_include_only, path);
  }
}

BOOST_AUTO_TEST_SUITE_END()
