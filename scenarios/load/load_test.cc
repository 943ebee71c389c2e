// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/load.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <set>

using namespace memqual;

namespace {

const std::string kHead = "schema_version: 1\nname: t\n";
const std::string kTail =
    "workload:\n  - allocate: {name: a, size: 1 MiB}\nexpect: {outcome: completed}\n";

LoadResult load_text(const std::string& text, const LoadOptions& options = {}) {
  return load_scenario_text(text, "f.yaml", options);
}

std::vector<std::string> errors_of(const LoadResult& result) {
  std::vector<std::string> lines;
  for (const Diagnostic& error : result.errors) lines.push_back(to_string(error));
  return lines;
}

/// The cases, or a failure that shows the errors.
std::vector<Case> cases_of(const LoadResult& result) {
  for (const Diagnostic& error : result.errors) BOOST_ERROR(to_string(error));
  return result.cases;
}

std::string only_error(const LoadResult& result) {
  return result.errors.size() == 1 ? to_string(result.errors[0])
                                   : std::to_string(result.errors.size()) + " errors";
}

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "memqual_load_test_XXXXXX") {
    std::string name = path_.string();
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string origin_of(const Case& test_case, const std::string& key) {
  for (const auto& [path, origin] : test_case.origins) {
    if (path == key) return to_string(origin);
  }
  return "none";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load)

BOOST_AUTO_TEST_CASE(the_example_of_the_design_makes_its_cells) {
  const auto cases = cases_of(load_scenarios({std::filesystem::path(MEMQUAL_SOURCE_DIR) /
                                              "scenarios/load/testdata/good/design_example.yaml"}));
  BOOST_REQUIRE(cases.size() == 5U);
  BOOST_TEST(display_name(cases[0]) == "zeros_352gb[mode=heuristic,api=calloc]");
  BOOST_TEST(display_name(cases[4]) == "zeros_352gb[mode=never,api=calloc]");
  const Case& first = cases[0];
  const auto& allocate = std::get<Allocate>(first.workload[0].action);
  BOOST_TEST(literal_bytes(allocate.size) == 352800000000U);
  BOOST_TEST((allocate.using_ == AllocateUsing::calloc));
  BOOST_TEST((first.environment.overcommit.memory == OvercommitMode::heuristic));
  BOOST_TEST(first.environment.overcommit.ratio.value_or(0) == 50U);
  BOOST_REQUIRE(first.environment.rlimits.size() == 1U);
  BOOST_TEST(first.environment.rlimits[0].unlimited);
  BOOST_REQUIRE(first.requires_.size() == 1U);
  BOOST_TEST(first.requires_[0].text == "sysctl_write");
  BOOST_TEST(first.timeout_ms == 60000U);
  BOOST_REQUIRE(first.expect.bounds.size() == 1U);
  BOOST_TEST(literal_bytes(*first.expect.bounds[0].max) == 64 * kMiB);
}

// Histories hang on these: a change here is a break of the format.
BOOST_AUTO_TEST_CASE(ids_from_text_stay_the_same_for_ever) {
  const auto cases = cases_of(
      load_text(kHead + "matrix: {axes: {api: [calloc, mmap]}}\nworkload:\n"
                        "  - allocate: {name: a, size: 1 GiB, using: \"${api}\"}\nexpect: none\n"));
  BOOST_REQUIRE(cases.size() == 2U);
  BOOST_TEST(cases[0].id == "t[api=calloc]-3ea21940");
  BOOST_TEST(cases[1].id == "t[api=mmap]-36458c87");
}

BOOST_AUTO_TEST_CASE(ids_do_not_depend_on_file_order_of_keys_or_spelling) {
  const auto one = cases_of(load_text(
      "schema_version: 1\nname: t\nenvironment: {aslr: false, oom_score_adj: 5}\nworkload:\n"
      "  - allocate: {name: a, size: 1 GiB}\nexpect: none\n"));
  const auto two = cases_of(load_scenario_text(
      "expect: {outcome: refused}\nworkload: [allocate: {size: 1024 MiB, name: \"a\"}]\n"
      "environment:\n  oom_score_adj: 0x5\n  aslr: false\nname: t\nschema_version: 1\n",
      "/else/where.yaml"));
  BOOST_REQUIRE((one.size() == 1U && two.size() == 1U));
  BOOST_TEST(one[0].id == two[0].id);
}

BOOST_AUTO_TEST_CASE(every_setting_knows_where_it_was_written) {
  const auto cases = cases_of(load_text(R"(schema_version: 1
defaults:
  timeout: 5m
  environment: {oom_score_adj: 7, aslr: true}
templates:
  strict:
    environment: {overcommit: {ratio: 50}}
scenarios:
  - name: t
    extends: strict
    matrix: {axes: {mode: [never]}}
    environment: {overcommit: {memory: "${mode}"}, aslr: false, env: {A: b}}
    workload: [spawn: {}]
    expect: none
)"));
  BOOST_REQUIRE(cases.size() == 1U);
  const std::vector<std::pair<std::string, std::string>> table{
      {"timeout", "f.yaml:3:12"},
      {"environment.oom_score_adj", "f.yaml:4:32"},
      {"environment.overcommit.ratio", "f.yaml:7:39"},
      {"environment.overcommit.memory", "f.yaml:11:28"},
      {"environment.aslr", "f.yaml:12:58"},
      {"environment.env.A", "f.yaml:12:74"},
      {"environment.user", "none"},
  };
  for (const auto& [key, origin] : table) BOOST_TEST(origin_of(cases[0], key) == origin);
  BOOST_TEST(to_string(cases[0].origin) == "f.yaml:9:11");
}

BOOST_AUTO_TEST_CASE(maps_are_merged_and_lists_replaced) {
  const auto cases = cases_of(load_text(R"(schema_version: 1
defaults: {tags: [x], environment: {env: {A: "1", B: "1"}}}
scenarios:
  - {name: base, tags: [y], workload: [spawn: {}], expect: none, environment: {env: {B: "2"}}}
  - {name: t, extends: base, environment: {env: {C: "3"}}, expect: {outcome: completed}}
)"));
  BOOST_REQUIRE(cases.size() == 2U);
  const Case& t = cases[1];
  BOOST_TEST(t.scenario == "t");
  BOOST_TEST((t.tags == std::vector<std::string>{"y"}));
  BOOST_TEST((t.environment.variables ==
              std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}, {"C", "3"}}));
  BOOST_TEST(!t.expect.none);
}

BOOST_AUTO_TEST_CASE(references_keep_their_type_and_text_joins) {
  const auto cases = cases_of(load_text(kHead + R"(summary: "$${n} is ${n}"
vars: {n: 3, steps: [{spawn: {count: 2}}], unit: GiB}
environment: {rlimit: {address_space: "${n} ${unit}", nofile: "${n}"}}
workload: ${steps}
expect: none
)"));
  BOOST_REQUIRE(cases.size() == 1U);
  BOOST_TEST(cases[0].summary == "${n} is 3");
  BOOST_TEST(literal_bytes(cases[0].environment.rlimits[0].value) == 3 * kGiB);
  BOOST_TEST(literal_bytes(cases[0].environment.rlimits[1].value) == 3U);
  BOOST_TEST(std::get<Spawn>(cases[0].workload[0].action).count == 2U);
}

BOOST_AUTO_TEST_CASE(variables_from_outside_must_be_declared_and_of_the_same_kind) {
  const std::string text = kHead + "vars: {n: 3, word: calloc}\nrepeat: ${n}\n" + kTail;
  LoadOptions options;
  options.variables = {{"n", "5"}};
  BOOST_TEST(cases_of(load_text(text, options)).at(0).repeat == 5U);
  options.variables = {{"n", "five"}};
  BOOST_TEST(
      only_error(load_text(text, options)) ==
      "-D n:1:1: variable \"n\" is declared as a whole number, at f.yaml:3:11, and \"five\" is "
      "not one");
  options.variables = {{"wrd", "5"}};
  BOOST_TEST(only_error(load_text(text, options)) ==
             "-D wrd:1:1: no file declares the variable \"wrd\" in vars; did you mean \"word\"?");
  options.variables = {{"word", "${n}"}};
  BOOST_TEST(cases_of(load_text(text, options)).size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_error_of_many_cells_is_reported_once_and_all_errors_at_once) {
  const auto result = load_text(kHead + R"(matrix: {axes: {a: [1, 2, 3], b: [1, 2, 3]}}
environment: {oom_score_adj: 5000, overcommit: {ratio: "${a}x"}}
timeout: 5
)" + kTail);
  const std::vector<std::string> expected{
      "f.yaml:4:30: oom_score_adj must be a whole number from -1000 to 1000 (or default), not the "
      "number 5000",
      "f.yaml:4:56: ratio must be a whole number from 0 to 2147483647 (or default), not the text "
      "\"1x\"",
      "f.yaml:4:56: ratio must be a whole number from 0 to 2147483647 (or default), not the text "
      "\"2x\"",
      "f.yaml:4:56: ratio must be a whole number from 0 to 2147483647 (or default), not the text "
      "\"3x\"",
      "f.yaml:5:10: timeout: duration \"5\" has no unit; write 5s (seconds) or 5ms (milliseconds)"};
  BOOST_TEST(errors_of(result) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_errors_of_a_file_are_limited) {
  std::string keys;
  for (int i = 0; i < 150; ++i) keys += "wrong_key_" + std::to_string(i) + ": 1\n";
  const auto result = load_text(kHead + keys + kTail);
  BOOST_REQUIRE(result.errors.size() == 101U);
  BOOST_TEST(result.errors.back().message ==
             "and 50 more errors in this file (limit: errors_shown)");
}

BOOST_AUTO_TEST_CASE(a_hundred_megabytes_are_refused_unread) {
  const Folder folder;
  const auto path = folder.write("big.yaml", "");
  std::filesystem::resize_file(path, 100000000);
  BOOST_TEST(only_error(load_scenarios({path})) ==
             path.string() +
                 ":1:1: the file has 95.4 MiB; a scenario file may have 1 MiB (limit: "
                 "file_bytes)");
}

BOOST_AUTO_TEST_CASE(folders_are_read_in_name_order_without_hidden_and_underscored_names) {
  const Folder folder;
  const auto scenario = [](const std::string& name) {
    return "schema_version: 1\nname: " + name + "\n" + kTail;
  };
  folder.write("b.yaml", scenario("b"));
  folder.write("a/z.yml", scenario("z"));
  folder.write("_common.yaml", "not a scenario");
  folder.write(".hidden.yaml", "not a scenario");
  folder.write("_parts/c.yaml", "not a scenario");
  folder.write("notes.txt", "not a scenario");
  const LoadResult result = load_scenarios({folder.path(), folder.path() / "b.yaml"});
  std::vector<std::string> names;
  for (const Case& test_case : cases_of(result)) names.push_back(test_case.scenario);
  BOOST_TEST((names == std::vector<std::string>{"z", "b"}));
  BOOST_TEST(result.files.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_name_used_in_two_files_names_both) {
  const Folder folder;
  const auto a = folder.write("a.yaml", kHead + kTail);
  const auto b = folder.write("b.yaml", kHead + kTail);
  BOOST_TEST(only_error(load_scenarios({a, b})) ==
             b.string() + ":2:7: the name \"t\" is used twice, first at " + a.string() +
                 ":2:7; choose another name");
}

BOOST_AUTO_TEST_CASE(includes_bring_templates_vars_and_defaults_through_folders_and_globs) {
  const Folder folder;
  folder.write("shared/_vars.yaml", "schema_version: 1\nvars: {n: 4}\n");
  folder.write("shared/_base.yaml",
               "schema_version: 1\ninclude: [_vars.yaml]\ndefaults: {timeout: 5s}\n"
               "templates: {base: {workload: [{spawn: {count: \"${n}\"}}]}}\n"
               "scenarios: [{name: not_loaded_here, extends: base, expect: none}]\n");
  const auto path = folder.write("cases/t.yaml",
                                 "schema_version: 1\ninclude: [../shared/_*.yaml]\nname: t\n"
                                 "extends: base\nexpect: none\n");
  const auto cases = cases_of(load_scenarios({path}));
  BOOST_REQUIRE(cases.size() == 1U);
  BOOST_TEST(std::get<Spawn>(cases[0].workload[0].action).count == 4U);
  BOOST_TEST(cases[0].timeout_ms == 5000U);
}

BOOST_AUTO_TEST_CASE(a_circle_of_includes_is_found) {
  const Folder folder;
  folder.write("b.yaml", "schema_version: 1\ninclude: [a.yaml]\nvars: {x: 1}\n");
  const auto a = folder.write("a.yaml", "schema_version: 1\ninclude: [b.yaml]\nname: t\n" + kTail);
  BOOST_TEST(only_error(load_scenarios({a})) ==
             (folder.path() / "b.yaml").string() +
                 ":2:11: include \"a.yaml\" goes in a circle: this file is included by itself "
                 "through other files; remove one of the includes");
}

BOOST_AUTO_TEST_CASE(a_missing_path_is_an_error) {
  BOOST_TEST(
      only_error(load_scenarios({"/nonexistent/x.yaml"})) ==
      "/nonexistent/x.yaml:1:1: the file cannot be read: No such file or directory (check the "
      "path)");
}

BOOST_AUTO_TEST_CASE(limits_are_named_in_their_messages) {
  LoadOptions options;
  options.limits.nesting = 8;
  options.limits.cells = 5;
  options.limits.cases = 7;
  options.limits.includes = 0;
  const std::vector<std::pair<std::string, std::string>> table{
      {kHead + "x_a: [[[[[[[[1]]]]]]]]\n" + kTail, "(limit: nesting)"},
      {kHead + "matrix: {axes: {a: [1, 2, 3], b: [1, 2]}}\n" + kTail, "(limit: cells)"},
      {"schema_version: 1\ndefaults: {matrix: {axes: {a: [1, 2, 3, 4]}}, workload: [spawn: {}], "
       "expect: none}\nscenarios: [{name: a}, {name: b}]\n",
       "(limit: cases)"},
      {"schema_version: 1\ninclude: [x.yaml]\nname: t\n" + kTail, "(limit: includes)"},
  };
  for (const auto& [text, limit] : table) {
    const std::string error = only_error(load_text(text, options));
    BOOST_TEST(error.find(limit) != error.npos, error);
  }
  options = {};
  options.limits.nodes = 50;
  const std::string wide = kHead + "vars: {v: [spawn: {}, spawn: {}, spawn: {}, spawn: {}]}\n";
  const std::string error = only_error(load_text(
      wide + "x: &a [1, 2, 3, 4, 5, 6, 7]\nx_b: [*a, *a, *a, *a, *a, *a, *a]\n" + kTail, options));
  BOOST_TEST(error.find("(limit: nodes)") != error.npos, error);
}

BOOST_AUTO_TEST_CASE(a_wide_matrix_of_a_long_workload_costs_a_bounded_amount) {
  std::string steps = "workload:\n";
  for (int i = 0; i < 4000; ++i) steps += "  - command: [echo, \"${a} ${b}\"]\n";
  std::string axis;
  for (int i = 0; i < 300; ++i) axis += (i == 0 ? "" : ", ") + std::to_string(i);
  const auto result = load_text(kHead + "matrix: {axes: {a: [" + axis + "], b: [" + axis + "]}}\n" +
                                steps + "expect: none\n");
  BOOST_TEST(only_error(result).find("the cells of all scenarios together are too large") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
