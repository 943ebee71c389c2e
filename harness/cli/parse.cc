// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "fixtures/captured_machine.h"
#include "harness/cli/options.h"
#include "harness/cli/parse_bandwidth.h"
#include "harness/cli/parse_lab.h"
#include "reports/load_line_report.h"

namespace memqual {
namespace {

constexpr const char* kAbout =
    "memqual: will this machine, with this kernel configuration, let a job allocate and use the\n"
    "memory it needs; and if not, which setting stands in the way?";

constexpr const char* kFooter =
    "Exit codes: 0 all acceptable; 1 a case failed; 2 usage or invalid scenario; 3 harness error,\n"
    "verdict unknown; 4 nothing selected or nothing ran; 5 incomplete; 130/143 stopped by a "
    "signal.\n"
    "Start with: memqual doctor; memqual run smoke; memqual explain hello";

constexpr const char* kRunFooter =
    "Examples\n"
    "  memqual run                                   the smoke and seeds suites\n"
    "  memqual run scenarios/suite/seeds -t overcommit --report html=report.html\n"
    "  memqual run my.yaml -E 'mode == never & !tag(slow)' -v\n"
    "  sudo memqual run --allow-system-changes       also cases that change vm.overcommit_*\n"
    "  memqual run seeds --on lab:server-128g-2n     on a machine you do not have (memqual lab)\n"
    "\n"
    "Expressions (-E): tag(x), name(/regular expression/), scenario(x) and matrix parameters, "
    "with\n"
    "== != < <= > >= & | ! and parentheses.\n"
    "Safety: cases never get more memory than the budget unless a cgroup holds them; system "
    "settings\n"
    "change only with --allow-system-changes, are journalled first and restored, after a crash by "
    "the\n"
    "next start or by `memqual restore`.";

constexpr const char* kExplainFooter =
    "Examples\n"
    "  memqual explain zeros_352gb                        every case of that scenario\n"
    "  memqual explain --alloc '210000x210000 float64'    as np.zeros would ask for it\n"
    "  memqual explain --alloc 'mem_total + 1 pages' --using mmap --touch write\n"
    "  memqual explain --alloc '64 GiB' --set vm.overcommit_memory=2 --facts captured/\n"
    "\n"
    "Settings of --set: vm.overcommit_memory, vm.overcommit_ratio, vm.overcommit_kbytes,\n"
    "rlimit.address_space, rlimit.data, rlimit.memlock, cgroup.memory_max, cgroup.swap_max.\n"
    "Nothing is run or changed, and no privileges are needed: the answer is computed.";

constexpr const char* kLoadLineFooter =
    "Examples\n"
    "  memqual loadline                                   mmap, malloc, mmap_noreserve, all modes\n"
    "  sudo memqual loadline --allow-system-changes --report svg=loadline.svg\n"
    "  memqual loadline --overcommit host --using mmap --block 3.5GB,64MiB\n"
    "  memqual loadline --overcommit host --rlimit-as 64MiB,4GiB --rlimit-data unlimited,1GiB\n"
    "  memqual loadline --overcommit host --cgroup 64MiB,256MiB --touch write --report json=-\n"
    "\n"
    "Each line is found by asking the kernel, to the page (malloc: to the byte), and stands "
    "beside\n"
    "what its rules say. Lines that cannot be measured here show the formula alone and what would\n"
    "unlock them. Memory is touched only inside a cgroup (--cgroup), never otherwise.";

struct RawText {
  std::vector<std::string> line_reports;
  std::vector<std::string> variables;
  std::vector<std::string> reports;
  std::string expression;
  std::string list_format = "table";
};

void add_selection(CLI::App& command, Arguments& out, RawText& raw, bool with_paths = true) {
  ScenarioArguments& scenarios = out.run.scenarios;
  if (with_paths)
    command.add_option(
        "PATHS", scenarios.paths,
        "Scenario files, folders, names of suite folders (smoke, seeds, ...), or - for "
        "standard input");
  command
      .add_option("-n,--name", scenarios.selection.names,
                  "Only cases with this id, 8-digit hash, scenario name or glob (* ?)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_option("-t,--tag", scenarios.selection.tags, "Only cases with one of these tags")
      ->type_name("TAG")
      ->allow_extra_args(false);
  command.add_option("--without-tag", scenarios.selection.without_tags, "No cases with this tag")
      ->type_name("TAG")
      ->allow_extra_args(false);
  command.add_option("-E,--filter", raw.expression, "Only cases for which this expression is true")
      ->type_name("EXPR");
  command
      .add_option("-D,--define", raw.variables,
                  "Set a variable that the scenario declares in vars:")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void add_place(CLI::App& command, Arguments& out) {
  command
      .add_option("--on", out.run.on,
                  "Where: lab (cases that name a machine), or lab:MACHINE,... (the others too, on "
                  "each of these)")
      ->type_name("PLACE");
  add_guest_options(command, out);
}

void add_run_options(CLI::App* run, Arguments& out, RawText& raw) {
  add_selection(*run, out, raw);
  add_place(*run, out);
  run->add_option("--report", raw.reports,
                  "Write a report: json, junit, html or console, to a path or - (repeatable)")
      ->type_name("FORMAT=PATH")
      ->allow_extra_args(false);
  run->add_flag("--allow-system-changes", out.run.allow_system_changes,
                "Let cases change vm.overcommit_* of the whole machine while they run");
  run->add_flag("--dry-run", out.run.dry_run,
                "Show what would run, be skipped and be changed; run nothing");
  run->add_option("--max-fail", out.run.max_fail, "Stop after N failed cases")->type_name("N");
  run->add_option("-j,--jobs", out.run.jobs,
                  "Cases at one time (default 1; those that change the system always run alone)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  add_memory_budget(*run, out);
  run->add_flag("--fail-on-skip", out.run.fail_on_skip,
                "Exit with 1 if a case was SKIP or UNSUPPORTED");
  run->footer(kRunFooter);
}

void add_run(CLI::App& app, Arguments& out, RawText& raw) {
  add_run_options(app.add_subcommand("run", "Run scenarios and report what the kernel did"), out,
                  raw);
}

void add_explain(CLI::App& app, Arguments& out, RawText& raw) {
  ExplainArguments& asked = out.explain;
  CLI::App* explain = app.add_subcommand(
      "explain",
      "Predict one case or one allocation: what the kernel would do and why, with the arithmetic; "
      "the smallest changes that would make it complete; effective settings and where each comes "
      "from, how to repeat it");
  explain->add_option("CASE", asked.name, "Id, hash or name of the case");
  add_selection(*explain, out, raw);
  explain
      ->add_option("--alloc", asked.allocation.what,
                   "Instead of a CASE: an array '210000x210000 float64', or a size '352.8 GB'")
      ->type_name("WHAT");
  explain->add_option("--count", asked.allocation.count, "Blocks of that size (default 1)")
      ->type_name("N");
  explain
      ->add_option("--using", asked.allocation.using_,
                   "malloc, calloc, mmap, mmap_noreserve, ... or numpy (default: numpy for an "
                   "array, else malloc)")
      ->type_name("HOW");
  explain->add_option("--touch", asked.allocation.touch, "Then write or read every page")
      ->type_name("ACCESS");
  explain->add_option("--set", asked.settings, "What if this were set? (repeatable)")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  explain->add_option("--facts", asked.facts_folder, "Ask about a captured machine, not this one")
      ->type_name("DIR");
  explain->add_flag("--allow-system-changes", out.run.allow_system_changes,
                    "Explain as `run` would with it");
  explain->footer(kExplainFooter + std::string("\n\n") + capture_help());
}

void add_loadline(CLI::App& app, Arguments& out, RawText& raw) {
  LoadLineQuestion& asked = out.loadline.question;
  CLI::App* command = app.add_subcommand(
      "loadline",
      "Find the largest request, list of blocks and touched memory that the kernel grants under "
      "each setting, beside the formula");
  const auto add_list = [command](const char* name, std::vector<std::string>& list,
                                  const char* what, const char* type) {
    command->add_option(name, list, what)->type_name(type)->delimiter(',')->allow_extra_args(false);
  };
  add_list("--using", asked.using_,
           "Ways of asking, as `using` in scenarios (default mmap,malloc,mmap_noreserve)",
           "HOW,...");
  add_list("--overcommit", asked.overcommit,
           "Modes: heuristic, always, never, or host for the present one (default: all three)",
           "MODE,...");
  add_list("--rlimit-as", asked.rlimit_as, "RLIMIT_AS (default: as it is)", "SIZE,...");
  add_list("--rlimit-data", asked.rlimit_data, "RLIMIT_DATA (default: as it is)", "SIZE,...");
  add_list("--block", asked.blocks, "Also the largest total in blocks of this size", "SIZE,...");
  add_list("--cgroup", asked.cgroups,
           "Also how much is touched within a memory cgroup of this size, without swap",
           "SIZE,...");
  command->add_option("--touch", asked.touch, "How: write or read (default write)")
      ->type_name("ACCESS");
  command
      ->add_option(
          "--report", raw.line_reports,
          "Write table, json or svg to a path or - (repeatable); the table is shown unless one is")
      ->type_name("FORMAT=PATH")
      ->allow_extra_args(false);
  command->add_flag("--allow-system-changes", out.run.allow_system_changes,
                    "Let it change vm.overcommit_* of the whole machine while it measures");
  add_place(*command, out);
  command->footer(kLoadLineFooter);
}

void add_others(CLI::App& app, Arguments& out, RawText& raw) {
  CLI::App* list =
      app.add_subcommand("list", "List cases after expansion, and what would run here");
  add_selection(*list, out, raw);
  list->add_flag("--allow-system-changes", out.run.allow_system_changes,
                 "List as `run` would with it");
  list->add_option("--format", raw.list_format, "table, names or json")
      ->check(CLI::IsMember({"table", "names", "json"}));

  CLI::App* validate =
      app.add_subcommand("validate", "Check scenario files; touches nothing, runs nothing");
  add_selection(*validate, out, raw);

  app.add_subcommand("restore", "Undo what a killed memqual left changed (also done by every run)");
  CLI::App* doctor =
      app.add_subcommand("doctor",
                         "Show this host's memory facts, what memqual can do here, and what "
                         "would unlock the rest");
  doctor->add_flag("--json", out.json, "Machine-readable facts with their sources");
  CLI::App* schema = app.add_subcommand("schema", "Print a JSON Schema (draft-07)");
  schema->add_option("NAME", out.schema_name, "scenario, report, loadline, bandwidth or machine")
      ->check(CLI::IsMember({"scenario", "report", "loadline", "bandwidth", "machine"}));
}

Arguments::Command command_of(const CLI::App& app) {
  using Command = Arguments::Command;
  const std::map<std::string, Command> commands{
      {"run", Command::run},           {"list", Command::list},
      {"validate", Command::validate}, {"explain", Command::explain},
      {"restore", Command::restore},   {"doctor", Command::doctor},
      {"schema", Command::schema},     {"lab", Command::lab},
      {"lab-guest", Command::lab},     {"lab-guest-shell", Command::lab},
      {"loadline", Command::loadline}, {"bandwidth", Command::bandwidth}};
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? Command::none : commands.at(chosen.front()->get_name());
}

Status check_explain(const ExplainArguments& asked) {
  const AllocationQuestion& allocation = asked.allocation;
  if (asked.name.empty() && allocation.what.empty())
    return Error{"explain: neither CASE nor --alloc is given",
                 "write memqual explain CASE, or memqual explain --alloc '64 GiB'"};
  if (!asked.name.empty() && !allocation.what.empty())
    return Error{"explain: both CASE and --alloc are given", "ask about one of them"};
  if (allocation.what.empty() &&
      (allocation.count != 1 || !allocation.using_.empty() || !allocation.touch.empty()))
    return Error{"explain: --count, --using and --touch belong to --alloc",
                 "a CASE says in its file how it allocates"};
  return done();
}

// The parts that need more than CLI11 can check.
Status finish(Arguments& out, const RawText& raw) {
  if (out.command == Arguments::Command::lab) {
    if (out.run.on.empty()) out.run.on = "lab";
    if (out.run.scenarios.paths.empty()) out.run.scenarios.paths = {"lab"};
  }
  if (out.command == Arguments::Command::explain)
    if (Status status = check_explain(out.explain); !status) return status;
  for (const std::string& definition : raw.variables) {
    const std::size_t equals = definition.find('=');
    if (equals == std::string::npos || equals == 0)
      return Error{"-D " + definition + ": no '='", "write -D NAME=VALUE"};
    out.run.scenarios.variables[definition.substr(0, equals)] = definition.substr(equals + 1);
  }
  for (const std::string& text : raw.reports) {
    Result<ReportRequest> request = parse_report_request(text);
    if (!request)
      return Error{"--report " + text + ": " + request.error().message, request.error().hint};
    out.run.reports.push_back(*std::move(request));
  }
  for (const std::string& text : raw.line_reports) {
    Result<ReportRequest> request = parse_load_line_report(text);
    if (!request) return request.error();
    out.loadline.reports.push_back(*std::move(request));
  }
  if (!raw.expression.empty()) {
    Result<Expression> expression = parse_expression(raw.expression);
    if (!expression)
      return Error{"-E '" + raw.expression + "': " + expression.error().message,
                   expression.error().hint};
    out.run.scenarios.selection.expression = *std::move(expression);
  }
  out.list_format = raw.list_format == "json"    ? ListFormat::json
                    : raw.list_format == "names" ? ListFormat::names
                                                 : ListFormat::table;
  return done();
}

}  // namespace

const char* tool_version() { return MEMQUAL_VERSION; }

ParseResult parse_command_line(int argc, const char* const* argv) {
  ParseResult result;
  RawText raw;
  Arguments& out = result.arguments;
  CLI::App app(kAbout, "memqual");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("memqual ") + tool_version());
  app.add_flag("-q,--quiet", out.quiet, "Only the summary");
  app.add_flag("-v,--verbose", out.verbose, "Also the evidence of cases that passed");
  app.add_option("--color,--colour", out.colour, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.fallthrough();
  app.require_subcommand(0, 1);
  add_run(app, out, raw);
  add_explain(app, out, raw);
  add_loadline(app, out, raw);
  add_bandwidth(app, out);
  add_run_options(add_lab(app, out), out, raw);
  add_others(app, out, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, std::cout, std::cerr);
    result.exit_code = code == 0 ? 0 : static_cast<int>(ExitCode::usage);
    return result;
  }
  out.command = command_of(app);
  if (out.command == Arguments::Command::none) {
    std::cerr << app.help();
    result.exit_code = static_cast<int>(ExitCode::usage);
    return result;
  }
  if (const Status status = finish(out, raw); !status) {
    std::fprintf(stderr, "memqual: %s\n", to_string(status.error()).c_str());
    result.exit_code = static_cast<int>(ExitCode::usage);
    return result;
  }
  result.go_on = true;
  return result;
}

}  // namespace memqual
