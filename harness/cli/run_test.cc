// SPDX-License-Identifier: Apache-2.0
// Runs from the command line to the reports: exit codes, outputs, stops, and the suite of cases
// that must not pass.
#include "harness/cli/testing.h"

using namespace memqual::testing;

namespace {

const std::string kFails = "expect: {outcome: refused}\n";

std::string three_that_fail() {
  std::string text = "schema_version: 1\nscenarios:\n";
  for (const std::string name : {"one", "two", "three"})
    text += "  - name: " + name +
            "\n    workload: [{allocate: {name: a, size: 1 MiB}}]\n"
            "    expect: {outcome: refused}\n";
  return text;
}

std::map<std::string, std::string> status_by_scenario(const nlohmann::json& report) {
  std::map<std::string, std::string> statuses;
  for (const auto& entry : report.at("cases"))
    statuses[entry.at("scenario")] = entry.at("verdict").at("status");
  return statuses;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_from_the_command_line)

BOOST_AUTO_TEST_CASE(the_exit_code_is_the_worst_that_was_found) {
  const std::vector<std::tuple<std::string, int>> rows{
      {kHello, 0},
      {shell_scenario("fails", "true", kFails), 1},
      {shell_scenario("late", "sleep 30", "expect: {outcome: completed}\ntimeout: 50ms\n"), 1},
      {scenario("error",
                "workload: [{command: [/nonexistent/program]}]\n"
                "expect: {outcome: completed}\n"),
       3},
      {scenario("skipped",
                "when: \"false\"\nworkload: [{allocate: {name: a, size: 1 MiB}}]\n"
                "expect: {outcome: completed}\n"),
       4},
  };
  for (const auto& [text, code] : rows) {
    const Sandbox box;
    box.write("a.yaml", text);
    const Ended ended = box.run({"run", "a.yaml", "--report", "json=r.json"});
    BOOST_TEST(ended.code == code, text << ended.out << ended.err);
    BOOST_TEST(box.read_json("r.json").at("exit_code") == code);
  }
}

BOOST_AUTO_TEST_CASE(nothing_selected_is_exit_4_and_says_how_to_see_the_cases) {
  const Sandbox box;
  box.write("a.yaml", kHello);
  const Ended ended = box.run({"run", "a.yaml", "-t", "large"});
  BOOST_TEST(ended.code == 4);
  BOOST_TEST(has(ended.err, "none of the 1 cases is selected"), ended.err);
  BOOST_TEST(has(ended.err, "memqual list"));
  BOOST_TEST(box.run({"run", "a.yaml", "-t", "small"}).code == 0);
  BOOST_TEST(box.run({"run", "a.yaml", "--without-tag", "small"}).code == 4);
  BOOST_TEST(box.run({"run", "a.yaml", "-E", "tag(small) & !name(/x$/)"}).code == 0);
}

BOOST_AUTO_TEST_CASE(a_missing_child_program_is_exit_3_and_says_what_to_do) {
  Sandbox box;
  box.set("MEMQUAL_CHILD", "/nonexistent/memqual-child");
  box.write("a.yaml", kHello);
  const Ended ended = box.run({"run", "a.yaml"});
  BOOST_TEST(ended.code == 3);
  BOOST_TEST(has(ended.err, "$MEMQUAL_CHILD is /nonexistent/memqual-child"), ended.err);
  box.set("MEMQUAL_CHILD", "/bin/true");
  const Ended other = box.run({"run", "a.yaml"});
  BOOST_TEST(other.code == 3);
  BOOST_TEST(has(other.out, "starting the launcher /bin/true: it ended before it was ready"),
             other.out);
}

BOOST_AUTO_TEST_CASE(an_unwritable_report_is_found_before_anything_runs) {
  const Sandbox box;
  box.write("a.yaml", shell_scenario("touches", "touch ran"));
  std::filesystem::create_directory(box.path("folder"));
  for (const std::string path : {"/nonexistent/r.xml", "/proc/r.xml", "folder"}) {
    const Ended ended =
        box.run({"run", "a.yaml", "--report", "json=ok.json", "--report", "junit=" + path});
    BOOST_TEST(ended.code == 2, path);
    BOOST_TEST(has(ended.err, path), ended.err);
    BOOST_TEST(!box.exists("ran"), path);
    BOOST_TEST(!box.exists("ok.json"), path);
  }
}

BOOST_AUTO_TEST_CASE(every_report_is_written_and_each_is_whole) {
  const Sandbox box;
  box.write("a.yaml", kHello);
  const Ended ended =
      box.run({"run", "a.yaml", "--report", "json=r.json", "--report", "junit=r.xml", "--report",
               "html=r.html", "--report", "console=r.txt"});
  BOOST_TEST(ended.code == 0, ended.err);
  BOOST_TEST(box.read_json("r.json").at("complete") == true);
  BOOST_TEST(has(box.read("r.xml"), "</testsuites>"));
  BOOST_TEST(has(box.read("r.html"), "</html>"));
  BOOST_TEST(has(box.read("r.txt"), "hello_there"));
  for (const auto& entry : std::filesystem::directory_iterator(box.path("")))
    BOOST_TEST(!has(entry.path().filename().string(), "tmp"), entry.path());
}

BOOST_AUTO_TEST_CASE(a_report_on_standard_output_is_alone_there) {
  const Sandbox box;
  box.write("a.yaml", kHello);
  const Ended ended = box.run({"run", "a.yaml", "--report", "json=-"});
  BOOST_TEST(ended.code == 0);
  const auto document = nlohmann::json::parse(ended.out, nullptr, false);
  BOOST_TEST(!document.is_discarded(), ended.out);
  BOOST_TEST(has(ended.err, "1 case: 1 passed"), ended.err);
  const Ended two = box.run({"run", "a.yaml", "--report", "json=-", "--report", "junit=-"});
  BOOST_TEST(two.code == 2);
  BOOST_TEST(has(two.err, "two reports cannot both go to standard output"), two.err);
}

BOOST_AUTO_TEST_CASE(max_fail_stops_early_and_the_report_says_incomplete) {
  const Sandbox box;
  box.write("a.yaml", three_that_fail());
  const Ended ended = box.run({"run", "a.yaml", "--max-fail", "2", "--report", "json=r.json"});
  BOOST_TEST(ended.code == 1);
  const auto report = box.read_json("r.json");
  BOOST_TEST(report.at("complete") == false);
  const auto statuses = status_by_scenario(report);
  BOOST_TEST(statuses.at("one") == "FAIL");
  BOOST_TEST(statuses.at("two") == "FAIL");
  BOOST_TEST(statuses.at("three") == "NOT_RUN");
}

BOOST_AUTO_TEST_CASE(scenarios_come_from_standard_input_too) {
  const Ended ended = Sandbox().run({"run", "-"}, kHello);
  BOOST_TEST(ended.code == 0, ended.err);
  BOOST_TEST(has(ended.out, "hello_there"));
}

BOOST_AUTO_TEST_CASE(a_folder_hides_a_suite_of_its_name_only_if_it_holds_scenarios) {
  const Sandbox box;
  box.write("smoke/readme.txt", "no scenario");
  const Ended suite = box.run({"list", "smoke"});
  BOOST_TEST(has(suite.out, "hello"), suite.err);
  box.write("smoke/mine.yaml", kHello);
  const Ended mine = box.run({"list", "smoke"});
  BOOST_TEST(has(mine.out, "hello_there"), mine.err);
  BOOST_TEST(has(mine.out, "1 case"), mine.out);
}

BOOST_AUTO_TEST_CASE(cases_side_by_side_see_the_same_as_one_by_one) {
  const Sandbox box;
  const Ended ended = box.run({"run", "smoke", "-j", "4", "--report", "json=r.json"});
  BOOST_TEST(ended.code == 0, ended.out);
  const auto report = box.read_json("r.json");
  BOOST_TEST(report.at("cases").size() > 20u);
  for (const auto& entry : report.at("cases"))
    BOOST_TEST(entry.at("verdict").at("status") == "PASS", entry.at("id"));
}

BOOST_AUTO_TEST_CASE(what_a_case_prints_reaches_no_terminal_unescaped) {
  const Sandbox box;
  box.write("a.yaml", shell_scenario("prints", R"(printf "\033]0;title\007\033[31mred"; exit 3)"));
  const Ended ended = box.run({"run", "a.yaml", "--report", "html=r.html", "--report",
                               "junit=r.xml", "--report", "json=r.json"});
  BOOST_TEST(ended.code == 1);
  BOOST_TEST(has(ended.out, "title"), ended.out);
  for (const std::string& text :
       {ended.out, ended.err, box.read("r.html"), box.read("r.xml"), box.read("r.json")})
    BOOST_TEST(!has(text, "\x1b"));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_case_writes_the_reports_and_leaves_nothing_behind) {
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    const Sandbox box;
    const std::string seconds = unique_seconds();
    box.write("a.yaml",
              shell_scenario("first_long", "setsid sleep " + seconds + " & sleep " + seconds));
    box.write("b.yaml", kHello);
    const pid_t pid = box.start({"run", "a.yaml", "b.yaml", "--report", "json=r.json"});
    BOOST_TEST(wait_until([&] { return processes_with(seconds).size() >= 3; }));
    ::kill(pid, signal);
    const Ended ended = box.wait(pid);
    BOOST_TEST(ended.code == code);
    BOOST_TEST(has(ended.err, "stopping"), ended.err);
    const auto report = box.read_json("r.json");
    BOOST_TEST(report.at("complete") == false);
    BOOST_TEST(status_by_scenario(report).at("hello_there") == "NOT_RUN");
    BOOST_TEST(status_by_scenario(report).at("first_long") != "PASS");
    BOOST_TEST(processes_with(seconds).empty());
    BOOST_TEST(box.run({"restore"}).out == "nothing to restore\n");
  }
}

BOOST_AUTO_TEST_CASE(a_second_stop_does_not_wait_for_the_grace) {
  const Sandbox box;
  const std::string seconds = unique_seconds();
  box.write("a.yaml", shell_scenario("stubborn", "trap : TERM; touch ready; while :; do sleep " +
                                                     seconds + "; done"));
  const pid_t pid = box.start({"run", "a.yaml"});
  BOOST_TEST(wait_until([&] { return box.exists("ready"); }));
  const auto start = std::chrono::steady_clock::now();
  ::kill(pid, SIGINT);
  BOOST_TEST(wait_until([&] { return has(box.read("memqual.err"), "stopping"); }));
  ::kill(pid, SIGINT);
  BOOST_TEST(box.wait(pid).code == 130);
  BOOST_TEST(milliseconds_of(start) < 1500u);
  BOOST_TEST(processes_with(seconds).empty());
}

BOOST_AUTO_TEST_CASE(a_killed_harness_leaves_no_process_and_its_scratch_goes_with_restore) {
  const Sandbox box;
  const std::string seconds = unique_seconds();
  box.write("a.yaml", scenario("maps",
                               "workload:\n"
                               "  - allocate: {name: a, size: 1 MiB, using: file}\n"
                               "  - command: [sh, -c, 'setsid sleep " +
                                   seconds + " & sleep " + seconds +
                                   "']\n"
                                   "expect: {outcome: completed}\n"));
  const pid_t pid = box.start({"run", "a.yaml"});
  BOOST_TEST(wait_until([&] { return processes_with(seconds).size() >= 3; }));
  ::kill(pid, SIGKILL);
  BOOST_TEST(box.wait(pid).code == 137);
  BOOST_TEST(wait_until([&] { return processes_with(seconds).empty(); }));
  const Ended restored = box.run({"restore"});
  BOOST_TEST(restored.code == 0);
  BOOST_TEST(has(restored.out, "removed scratch folder"), restored.out);
  for (const auto& entry : std::filesystem::directory_iterator(box.path("")))
    BOOST_TEST(!has(entry.path().filename().string(), "memqual-scratch"), entry.path());
  BOOST_TEST(box.run({"restore"}).out == "nothing to restore\n");
}

BOOST_AUTO_TEST_CASE(every_case_of_the_self_suite_ends_as_its_tag_says) {
  const std::map<std::string, std::string> wanted{
      {"must_fail", "FAIL"},   {"must_skip", "SKIP"},       {"must_unsupported", "UNSUPPORTED"},
      {"must_error", "ERROR"}, {"must_timeout", "TIMEOUT"}, {"must_xpass", "XPASS"},
      {"must_xfail", "XFAIL"}};
  const Sandbox box;
  const Ended ended = box.run({"run", "self", "--report", "json=r.json"});
  BOOST_TEST(ended.code == 1);
  const auto report = box.read_json("r.json");
  std::map<std::string, int> seen;
  for (const auto& entry : report.at("cases")) {
    int musts = 0;
    for (const std::string tag : entry.at("tags")) {
      if (!tag.starts_with("must_")) continue;
      ++musts;
      ++seen[tag];
      BOOST_TEST(entry.at("verdict").at("status") == wanted.at(tag), entry.at("id"));
    }
    BOOST_TEST(musts == 1, entry.at("id"));
  }
  BOOST_TEST(seen.size() == wanted.size());
}

BOOST_AUTO_TEST_SUITE_END()
