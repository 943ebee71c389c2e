// SPDX-License-Identifier: Apache-2.0
// The command line as a user meets it: help, mistakes in arguments, and the verbs that run nothing.
#include "harness/cli/testing.h"

using namespace memqual::testing;

BOOST_AUTO_TEST_SUITE(cli)

BOOST_AUTO_TEST_CASE(help_of_every_verb_teaches) {
  const Sandbox box;
  const std::map<std::string, std::vector<std::string>> wanted{
      {"run",
       {"--report", "--allow-system-changes", "--dry-run", "--max-fail", "Examples", "Safety"}},
      {"list", {"--format", "--tag"}},
      {"validate", {"runs nothing", "--name"}},
      {"explain", {"CASE", "how to repeat it", "--alloc", "--set", "--facts", "Nothing is run"}},
      {"restore", {"Undo what a killed memqual left changed"}},
      {"doctor", {"--json", "unlock"}},
      {"schema", {"JSON Schema", "report"}}};
  const Ended whole = box.run({"--help"});
  BOOST_TEST(whole.code == 0);
  BOOST_TEST(has(whole.out, "Exit codes: 0 all acceptable"));
  for (const auto& [verb, parts] : wanted) {
    BOOST_TEST(has(whole.out, verb));
    const Ended help = box.run({verb, "--help"});
    BOOST_TEST(help.code == 0, verb);
    BOOST_TEST(help.err == "", verb);
    BOOST_TEST(has(help.out, "memqual " + verb), help.out);
    for (const std::string& part : parts) BOOST_TEST(has(help.out, part), verb << ": " << part);
  }
}

BOOST_AUTO_TEST_CASE(version_is_on_standard_output) {
  const Ended ended = Sandbox().run({"--version"});
  BOOST_TEST(ended.code == 0);
  BOOST_TEST(ended.out.starts_with("memqual "));
  BOOST_TEST(ended.err == "");
}

BOOST_AUTO_TEST_CASE(mistakes_in_arguments_are_exit_2_and_say_what_is_wrong) {
  Sandbox box;
  box.write("a.yaml", kHello);
  const std::vector<std::pair<std::vector<std::string>, std::string>> rows{
      {{}, "Usage"},
      {{"rum"}, "rum"},
      {{"run", "--rapport", "json=x"}, "--rapport"},
      {{"run", "a.yaml", "--max-fail", "-3"}, "--max-fail"},
      {{"run", "a.yaml", "--jobs", "0"}, "--jobs"},
      {{"run", "a.yaml", "--report", "json"}, "no '='"},
      {{"run", "a.yaml", "--report", "yaml=x"}, "the formats are console, html, json or junit"},
      {{"run", "a.yaml", "--report", "json=/nonexistent/r.json"}, "/nonexistent does not exist"},
      {{"run", "a.yaml", "-E", "tag("}, "\"(\" is not closed"},
      {{"run", "a.yaml", "-D", "x"}, "no '='"},
      {{"run", "a.yaml", "-D", "x=1"}, "no file declares the variable \"x\""},
      {{"run", "a.yaml", "--memory-budget", "4G"}, "two readings"},
      {{"run", "a.yaml", "--memory-budget", "4096 PiB"}, "more than this host can spare"},
      {{"run", "a.yaml", "-n", "helo_there"}, "did you mean \"hello_there\"?"},
      {{"run", "nothing.yaml"}, "nothing.yaml:1:1: the file cannot be read"},
      {{"list", "a.yaml", "--format", "xml"}, "--format"},
      {{"explain"}, "CASE"},
      {{"explain", "helo_there", "a.yaml"}, "did you mean \"hello_there\"?"},
      {{"explain", "a", "--alloc", "1 GiB"}, "both CASE and --alloc"},
      {{"explain", "a", "--count", "2"}, "belong to --alloc"},
      {{"explain", "--alloc", "4G"}, "two readings"},
      {{"explain", "--alloc", "9x9 flaot64"}, "did you mean \"float64\"?"},
      {{"explain", "--alloc", "1 GiB", "--set", "swappiness=1"}, "is no setting"},
      {{"explain", "--alloc", "1 GiB", "--facts", "nowhere"}, "nowhere: no captured machine"},
      {{"schema", "unheard_of"}, "unheard_of"},
  };
  for (const auto& [arguments, message] : rows) {
    const Ended ended = box.run(arguments);
    BOOST_TEST(ended.code == 2, message);
    BOOST_TEST(has(ended.err, message), message << " is not in: " << ended.err);
    BOOST_TEST(ended.out == "", message);
  }
}

BOOST_AUTO_TEST_CASE(what_runs_nothing_writes_nothing) {
  Sandbox box;
  box.write("a.yaml", shell_scenario("touches", "touch ran"));
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"validate", "a.yaml"},
                                                    {"list", "a.yaml"},
                                                    {"run", "a.yaml", "--dry-run"},
                                                    {"explain", "touches", "a.yaml"},
                                                    {"doctor"},
                                                    {"restore"}}) {
    const Ended ended = box.run(arguments);
    BOOST_TEST(ended.code == 0, arguments[0] << ": " << ended.err);
    BOOST_TEST(ended.out != "", arguments[0]);
    BOOST_TEST(!box.exists("ran"), arguments[0]);
    BOOST_TEST(!box.exists("state"), arguments[0]);
  }
  BOOST_TEST(box.run({"run", "a.yaml"}).code == 0);
  BOOST_TEST(box.exists("ran"));
}

BOOST_AUTO_TEST_CASE(list_names_cases_for_people_scripts_and_programs) {
  Sandbox box;
  box.write("a.yaml", scenario("two",
                               "matrix: {axes: {api: [malloc, mmap]}}\n"
                               "workload:\n"
                               "  - allocate: {name: a, size: 1 MiB, using: '${api}'}\n"
                               "expect: {outcome: completed}\n"));
  const Ended names = box.run({"list", "a.yaml", "--format", "names"});
  BOOST_TEST(std::count(names.out.begin(), names.out.end(), '\n') == 2);
  BOOST_TEST(has(box.run({"list", "a.yaml"}).out, "2 cases, 2 run here"));
  const auto document = nlohmann::json::parse(box.run({"list", "a.yaml", "--format", "json"}).out);
  BOOST_REQUIRE(document["cases"].size() == 2u);
  const std::string hash = document["cases"][1]["hash"];
  BOOST_TEST(document["cases"][1]["parameters"]["api"] == "mmap");
  BOOST_TEST(has(names.out, hash));
  const Ended one = box.run({"list", "a.yaml", "-n", hash, "--format", "names"});
  BOOST_TEST(has(one.out, hash));
  BOOST_TEST(std::count(one.out.begin(), one.out.end(), '\n') == 1);
}

BOOST_AUTO_TEST_CASE(explain_ends_with_a_command_that_repeats_the_case) {
  Sandbox box;
  const std::string file = box.write("a.yaml", kHello);
  const Ended ended = box.run({"explain", "hello_there", file});
  BOOST_TEST(ended.code == 0);
  for (const std::string part : {"allocate a: 1 MiB", "completed", "runs"})
    BOOST_TEST(has(ended.out, part), part);
  const std::size_t at = ended.out.find("memqual run ");
  BOOST_REQUIRE(at != std::string::npos);
  std::istringstream words(ended.out.substr(at + 8, ended.out.find('\n', at) - at - 8));
  std::vector<std::string> arguments;
  for (std::string word; words >> word;) arguments.push_back(word);
  const Ended repeated = box.run(arguments);
  BOOST_TEST(repeated.code == 0);
  BOOST_TEST(has(repeated.out, "1 case: 1 passed"), repeated.out);
}

BOOST_AUTO_TEST_CASE(explain_answers_what_if_and_what_about_that_server) {
  const Sandbox box;
  const std::string server = MEMQUAL_SOURCE_DIR "/fixtures/testdata/numa_server";
  const std::vector<std::string> question{"explain", "--alloc", "900000x900000 float64", "--facts",
                                          server};
  const Ended refused = box.run(question);
  BOOST_TEST(refused.code == 0, refused.err);
  for (const char* part :
       {"fixtures/testdata/numa_server", "predicted   refused", "6480000004096 B", "GiB more swap"})
    BOOST_TEST(has(refused.out, part), part << " is not in: " << refused.out);
  std::vector<std::string> what_if = question;
  what_if.insert(what_if.end(), {"--set", "vm.overcommit_memory=1"});
  const Ended granted = box.run(what_if);
  BOOST_TEST(has(granted.out, "predicted   completes"), granted.out);
}

BOOST_AUTO_TEST_CASE(explain_answers_for_machines_of_other_systems) {
  const Sandbox box;
  const std::string machines = MEMQUAL_SOURCE_DIR "/fixtures/testdata/machines/";
  const std::vector<std::string> question{"explain", "--alloc", "210000x210000 float64", "--facts"};
  const auto ask = [&](const std::string& machine) {
    std::vector<std::string> asked = question;
    asked.push_back(machines + machine);
    return box.run(asked).out;
  };
  const std::string mac = ask("macbook_8gb");
  for (const char* part : {"completes: macOS grants", "when used   open", "swap files"})
    BOOST_TEST(has(mac, part), part << " is not in: " << mac);
  const std::string windows = ask("windows_8gb");
  for (const char* part : {"predicted   refused", "commit limit", "9107193856 B", "MEM_RESERVE",
                           "GiB more", "page file"})
    BOOST_TEST(has(windows, part), part << " is not in: " << windows);
  BOOST_TEST(!has(windows, "vm."), windows);
}

BOOST_AUTO_TEST_CASE(explain_predicts_a_case_and_what_it_would_be_under_another_setting) {
  Sandbox box;
  const std::string file = box.write("a.yaml", kHello);
  BOOST_TEST(has(box.run({"explain", "hello_there", file}).out, "predicted   completes"));
  const Ended limited =
      box.run({"explain", "hello_there", file, "--set", "rlimit.address_space=3 MiB"});
  BOOST_TEST(has(limited.out, "setting     rlimit address_space = 3 MiB"), limited.out);
  BOOST_TEST(has(limited.out, "RLIMIT_AS"), limited.out);
  BOOST_TEST(!has(limited.out, "repeat"), limited.out);
}

BOOST_AUTO_TEST_CASE(doctor_and_schemas_are_machine_readable) {
  const Sandbox box;
  const auto facts = nlohmann::json::parse(box.run({"doctor", "--json"}).out);
  BOOST_TEST(facts["mem_total_bytes"]["value"].get<std::uint64_t>() > 0u);
  BOOST_TEST(facts["mem_total_bytes"]["source"].get<std::string>() != "");
  for (const std::string name : {"scenario", "report"}) {
    const auto schema = nlohmann::json::parse(box.run({"schema", name}).out);
    BOOST_TEST(schema["$schema"] == "http://json-schema.org/draft-07/schema#");
  }
  BOOST_TEST(box.run({"schema"}).out == box.run({"schema", "scenario"}).out);
}

BOOST_AUTO_TEST_CASE(restore_with_nothing_to_do_says_so) {
  const Ended ended = Sandbox().run({"restore"});
  BOOST_TEST(ended.code == 0);
  BOOST_TEST(ended.out == "nothing to restore\n");
}

BOOST_AUTO_TEST_SUITE_END()
