// SPDX-License-Identifier: Apache-2.0
#include "harness/spawn/run_process.h"

#include <boost/test/unit_test.hpp>

#include "fixtures/testing.h"

namespace memqual {
namespace {

struct Folder {
  testing::TempDir dir;
  std::filesystem::path errors = dir.path() / "errors";
  Result<std::string> shell(const std::string& script, std::uint64_t within_ms = 10000) {
    return run_process("/bin/sh", {"-c", script}, errors, within_ms);
  }
};

BOOST_AUTO_TEST_SUITE(run_process_to_its_end)

BOOST_FIXTURE_TEST_CASE(gives_what_was_printed, Folder) {
  const Result<std::string> output = shell("echo one; echo two >&2; echo three");
  BOOST_REQUIRE(output.ok());
  BOOST_TEST(*output == "one\nthree\n");
  BOOST_TEST(last_lines(errors, 5) == std::vector<std::string>{"two"});
}

BOOST_FIXTURE_TEST_CASE(a_failure_is_told_in_the_programs_own_last_words, Folder) {
  const Result<std::string> output = shell("echo first >&2; echo 'no space left' >&2; exit 3");
  BOOST_REQUIRE(!output.ok());
  BOOST_TEST(output.error().message.find("no space left") != std::string::npos);
  BOOST_TEST(!shell("kill -9 $$").ok());
}

BOOST_FIXTURE_TEST_CASE(what_does_not_end_is_killed, Folder) {
  const Result<std::string> output = shell("exec sleep 100", 100);
  BOOST_REQUIRE(!output.ok());
  BOOST_TEST(output.error().message.find("did not end within 100ms") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_program_that_is_not_there_is_an_error, Folder) {
  BOOST_TEST(!run_process("/nonexistent/program", {}, errors, 1000).ok());
  BOOST_TEST(!find_program("no-program-of-this-name").ok());
  BOOST_TEST(find_program("sh").ok());
}

BOOST_FIXTURE_TEST_CASE(last_lines_are_the_last, Folder) {
  testing::write_file(errors.string(), "a\n\nb\r\nc\n");
  BOOST_TEST((last_lines(errors, 2) == std::vector<std::string>{"b", "c"}));
  BOOST_TEST(last_lines(dir.path() / "none", 2).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
