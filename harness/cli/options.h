// SPDX-License-Identifier: Apache-2.0
// What the command line asked for, as plain values. CLI11 stays in parse.cc.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/bandwidth/bandwidth_cases.h"
#include "harness/explain/what_if.h"
#include "harness/loadline/load_line_cases.h"
#include "reports/sink.h"
#include "scenarios/load/select.h"
#include "scenarios/model/bytes.h"

namespace memqual {

enum class ExitCode : int {
  ok = 0,
  failed = 1,
  usage = 2,
  harness_error = 3,
  nothing_ran = 4,
  incomplete = 5,
};

/// Files and the choice among their cases: common to run, list, validate and explain.
struct ScenarioArguments {
  std::vector<std::string> paths;
  std::map<std::string, std::string> variables;
  Selection selection;
};

struct RunArguments {
  ScenarioArguments scenarios;
  std::vector<ReportRequest> reports;
  bool allow_system_changes = false;
  bool dry_run = false;
  std::uint32_t max_fail = 0;
  unsigned jobs = 1;
  std::string memory_budget;  ///< empty: computed from the host
  bool fail_on_skip = false;
  std::string on;                    ///< "lab" or "lab:MACHINE,..."; empty: this host
  std::string kernel;                ///< an image for every guest; empty: each machine's own
  std::string accelerator = "auto";  ///< of guests: auto, tcg, kvm
};

/// Exactly one of `name` and `allocation.what` is not empty.
struct ExplainArguments {
  std::string name;  ///< id, hash or name of a case
  AllocationQuestion allocation;
  std::vector<std::string> settings;  ///< --set NAME=VALUE
  std::string facts_folder;           ///< a captured machine; empty: this one
};

struct LoadLineArguments {
  LoadLineQuestion question;
  std::vector<ReportRequest> reports;  ///< table, json or svg
};

struct BandwidthArguments {
  BandwidthQuestion question;
  std::vector<std::string> reports;  ///< FORMAT=PATH: table, json or svg
  std::string format;                ///< of what is printed; empty: table, unless a report is
};

/// `memqual lab VERB`.
struct LabArguments {
  enum class Verb { list, fetch, run, shell, guest, guest_shell };
  Verb verb = Verb::list;
  std::vector<std::string> kernels;  ///< fetch: names, or "all"
  bool if_missing = false;           ///< fetch: leave alone what is there
  std::string machine;               ///< shell: where
};

enum class ListFormat { table, names, json };

struct Arguments {
  enum class Command {
    none,
    run,
    list,
    validate,
    explain,
    restore,
    doctor,
    schema,
    loadline,
    lab,
    bandwidth
  };
  Command command = Command::none;
  RunArguments run;  ///< its `scenarios` also serve list, validate and explain
  ListFormat list_format = ListFormat::table;
  ExplainArguments explain;
  LoadLineArguments loadline;
  LabArguments lab;
  BandwidthArguments bandwidth;
  std::string schema_name = "scenario";
  bool json = false;  ///< doctor
  bool quiet = false;
  bool verbose = false;
  std::string colour = "auto";
};

/// What to do after parsing: run the command, or leave with `exit_code` (help, version, usage
/// error; everything was already printed).
struct ParseResult {
  bool go_on = false;
  int exit_code = 0;
  Arguments arguments;
};

ParseResult parse_command_line(int argc, const char* const* argv);

/// The version of the program, "0.1.0".
const char* tool_version();

}  // namespace memqual
