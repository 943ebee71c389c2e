// SPDX-License-Identifier: Apache-2.0
// Scenario files that are wrong, or meant harm: refused with place and remedy before anything runs.
#include <sys/stat.h>

#include "harness/cli/testing.h"

using namespace memqual::testing;

namespace {

const std::string kWork = "workload:\n  - allocate: {name: a, size: 1 MiB}\n";
const std::string kExpect = "expect: {outcome: completed}\n";

std::string allocate(const std::string& inside) {
  return scenario("x", "workload:\n  - allocate: {name: a, " + inside + "}\n" + kExpect);
}

std::string named(const std::string& name) {
  return "schema_version: 1\nname: " + name + "\n" + kWork + kExpect;
}

std::string alias_bomb() {
  std::string text = "schema_version: 1\nname: x\na0: &a0 [x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) text += ", " + before;
    text += "]\n";
  }
  return text;
}

struct Row {
  const char* what;
  std::string text;
  const char* message;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"unknown key", scenario("x", kWork + kExpect + "timeuot: 3s\n"),
       "bad.yaml:6:1: unknown key \"timeuot\" in the scenario; did you mean \"timeout\"?"},
      {"duplicate key", scenario("x", kWork + kExpect + kExpect),
       "bad.yaml:6:1: key \"expect\" is written twice, first at line 5"},
      {"yes for a boolean", allocate("size: 1 MiB, touched: yes"),
       "touched must be true or false, not the text \"yes\"; write true"},
      {"bare suffix", allocate("size: 4G"),
       "two readings; write 4 GiB (4294967296 bytes) or 4 GB (4000000000 bytes)"},
      {"shape overflow", allocate("shape: [1099511627776, 1099511627776], dtype: float64"),
       "1099511627776 x 1099511627776 x 8 bytes, more than 2^63-1"},
      {"negative count", allocate("size: 1 MiB, count: -3"), "not the number -3"},
      {"bare duration", scenario("x", kWork + kExpect + "timeout: 60\n"),
       "write 60s (seconds) or 60ms (milliseconds)"},
      {"alias bomb", alias_bomb(), "more than 200000 values with its aliases expanded"},
      {"binary file", std::string("\x7f\x45LF\x02\x01\0\0\0", 9), "not a YAML text file"},
      {"empty file", "", "the file is empty"},
      {"parent folder in a name", named("../../etc/passwd"), "contains \"/\""},
      {"NUL in a name", named(R"("a\0b")"), R"(NUL in the text "a\x00b")"},
      {"raw NUL in a name", named(std::string("a\0b", 3)), "not a YAML text file"},
      {"escape sequence in a name", named("\"a\\e[31mb\""), R"(contains "\x1b")"},
      {"raw escape sequence in a name", named("a\x1b[31mb"), R"(\x1b)"},
      {"escape sequence in a key", scenario("x", kWork + kExpect + "\"a\\e]0;t\\a\": 1\n"),
       R"(\x1b)"},
      {"empty workload", scenario("x", "workload: []\n" + kExpect), "workload is an empty list"},
      {"empty axis", scenario("x", "matrix: {axes: {n: []}}\n" + kWork + kExpect),
       "n is an empty list"},
      {"no expectation", scenario("x", kWork), "needs the key \"expect\""},
      {"an expectation of nothing", scenario("x", kWork + "expect: {}\n"),
       "expect asserts nothing"},
      {"a prediction among outcomes",
       scenario("x", kWork + "expect: {outcome: [refused, predicted]}\n"),
       "unknown outcome \"predicted\""},
      {"another version", "schema_version: 2\nname: x\n" + kWork + kExpect,
       "schema_version must be 1"},
      {"an include of itself",
       "schema_version: 1\ninclude: [bad.yaml]\nname: x\n" + kWork + kExpect, "goes in a circle"},
  };
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bad_input)

BOOST_AUTO_TEST_CASE(every_bad_file_is_refused_with_its_place_and_nothing_runs) {
  for (const Row& row : rows()) {
    BOOST_TEST_CONTEXT(row.what) {
      const Sandbox box;
      box.write("bad.yaml", row.text);
      box.write("good.yaml", shell_scenario("touches", "touch ran"));
      const Ended ended = box.run({"run", "good.yaml", "bad.yaml", "--report", "json=r.json"});
      BOOST_TEST(ended.code == 2);
      BOOST_TEST(has(ended.err, row.message), ended.err);
      BOOST_TEST(has(ended.err, "bad.yaml:"), ended.err);
      BOOST_TEST(has(ended.err, "nothing was run"), ended.err);
      BOOST_TEST(!has(ended.err, "\x1b"));
      BOOST_TEST(ended.err.size() < 2000u);
      BOOST_TEST(!box.exists("ran"));
      BOOST_TEST(!box.exists("r.json"));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_include_cycle_over_two_files_is_found) {
  const Sandbox box;
  for (const auto& [file, other] : {std::pair{"a", "b"}, std::pair{"b", "a"}})
    box.write(std::string(file) + ".yaml", "schema_version: 1\ninclude: [" + std::string(other) +
                                               ".yaml]\nname: " + file + "\n" + kWork + kExpect);
  const Ended ended = box.run({"validate", "a.yaml"});
  BOOST_TEST(ended.code == 2);
  BOOST_TEST(has(ended.err, "goes in a circle"), ended.err);
}

BOOST_AUTO_TEST_CASE(a_file_of_100_mib_is_refused_without_being_read) {
  const Sandbox box;
  box.write("big.yaml", "");
  std::filesystem::resize_file(box.path("big.yaml"), 100U << 20U);
  const auto start = std::chrono::steady_clock::now();
  const Ended ended = box.run({"validate", "big.yaml"});
  BOOST_TEST(ended.code == 2);
  BOOST_TEST(has(ended.err, "the file has 100 MiB; a scenario file may have 1 MiB"), ended.err);
  BOOST_TEST(milliseconds_of(start) < 2000u);
}

BOOST_AUTO_TEST_CASE(a_file_without_end_and_a_pipe_in_a_folder_are_not_waited_for) {
  const Sandbox box;
  box.write("folder/a.yaml", kHello);
  BOOST_REQUIRE(::mkfifo(box.path("folder/pipe.yaml").c_str(), 0600) == 0);
  for (const auto& [path, code] : {std::pair{"folder", 0}, std::pair{"/dev/zero", 2}}) {
    const pid_t pid = box.start({"validate", path});
    int status = 0;
    const bool ended = wait_until([&] { return ::waitpid(pid, &status, WNOHANG) == pid; });
    BOOST_TEST(ended, path << " is waited for");
    if (!ended) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, &status, 0);
    }
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == code), path);
  }
}

BOOST_AUTO_TEST_CASE(all_errors_of_a_file_come_at_once) {
  const Sandbox box;
  box.write("bad.yaml", scenario("x",
                                 "workload:\n"
                                 "  - allocate: {name: a, size: 4G}\n"
                                 "  - touhc: a\n"
                                 "expect: {outcome: complete}\n"
                                 "timeout: 60\n"));
  const Ended ended = box.run({"validate", "bad.yaml"});
  BOOST_TEST(ended.code == 2);
  for (const std::string part : {"bad.yaml:4:", "bad.yaml:5:", "bad.yaml:6:", "bad.yaml:7:",
                                 "did you mean \"touch\"", "memqual: 4 errors"})
    BOOST_TEST(has(ended.err, part), part << " is not in " << ended.err);
}

BOOST_AUTO_TEST_SUITE_END()
