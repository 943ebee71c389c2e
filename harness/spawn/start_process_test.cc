// SPDX-License-Identifier: Apache-2.0
#include "harness/spawn/start_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "fixtures/testing.h"

namespace memqual {
namespace {

struct Folder {
  testing::TempDir dir;
  std::string file(const std::string& name) const { return (dir.path() / name).string(); }

  void run(const std::string& script, ProcessOptions options) {
    options.error_file = file("errors");
    const Result<StartedProcess> started = start_process("/bin/sh", {"-c", script}, options);
    BOOST_REQUIRE(started.ok());
    close(started->to_child);
    close(started->from_child);
    BOOST_TEST(waitpid(started->pid, nullptr, 0) == started->pid);
  }
};

BOOST_AUTO_TEST_SUITE(start_process_with_options)

BOOST_FIXTURE_TEST_CASE(the_oom_killer_takes_it_first_only_where_asked, Folder) {
  run("cat /proc/self/oom_score_adj >&2", {"", true, true});
  BOOST_TEST(testing::read_file(file("errors")) == "1000\n");
  run("cat /proc/self/oom_score_adj >&2", {"", true, false});
  BOOST_TEST(testing::read_file(file("errors")) == testing::read_file("/proc/self/oom_score_adj"));
}

BOOST_FIXTURE_TEST_CASE(errors_go_on_at_the_end_of_a_file_that_was_cut, Folder) {
  run("echo long >&2; : > " + file("errors") + "; echo x >&2", {});
  BOOST_TEST(testing::read_file(file("errors")) == "x\n");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_started_is_named_without_a_guess_at_what_to_do, Folder) {
  const auto started = start_process("/nonexistent/program", {});
  BOOST_REQUIRE(!started.ok());
  BOOST_TEST(started.error().message.find("starting /nonexistent/program: ") == 0U);
  BOOST_TEST(started.error().hint == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
