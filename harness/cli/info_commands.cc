// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fixtures/cgroup.h"
#include "fixtures/read_host_facts.h"
#include "harness/cli/commands.h"
#include "harness/explain/explain.h"
#include "harness/plan/plan.h"
#include "scenarios/load/load.h"
#include "scenarios/load/load_machine.h"
#include "scenarios/model/record_codec.h"

namespace memqual {
namespace {

std::vector<PlannedCase> plan_of(const std::vector<Case>& cases, const HostFacts& facts,
                                 const Arguments& arguments) {
  return make_plan(cases, facts,
                   {arguments.run.allow_system_changes, default_memory_budget(facts)});
}

void print_table(const std::vector<PlannedCase>& plan) {
  std::size_t runnable = 0;
  for (const PlannedCase& planned : plan) {
    const bool runs = !planned.not_run;
    if (runs) ++runnable;
    fmt::print("{}  {:<12} {}\n", planned.test_case.hash,
               runs ? "run" : to_word(planned.not_run->status), display_name(planned.test_case));
    if (!runs) fmt::print("{:>10}{:<13}{}\n", "", "", planned.not_run->reason);
  }
  fmt::print("{} cases, {} run here\n", plan.size(), runnable);
}

void print_json(const std::vector<PlannedCase>& plan) {
  nlohmann::json cases = nlohmann::json::array();
  for (const PlannedCase& planned : plan) {
    const Case& test_case = planned.test_case;
    nlohmann::json parameters = nlohmann::json::object();
    for (const Parameter& parameter : test_case.parameters)
      parameters[parameter.name] = parameter.value;
    nlohmann::json entry{{"id", test_case.id},
                         {"hash", test_case.hash},
                         {"scenario", test_case.scenario},
                         {"parameters", parameters},
                         {"tags", test_case.tags},
                         {"file", test_case.origin.file},
                         {"line", test_case.origin.line},
                         {"runs", !planned.not_run.has_value()},
                         {"memory_need_bytes", planned.memory_need_bytes}};
    if (planned.not_run) {
      entry["status"] = to_word(planned.not_run->status);
      entry["reason"] = planned.not_run->reason;
      entry["hint"] = planned.not_run->hint;
    }
    cases.push_back(std::move(entry));
  }
  const nlohmann::json document{{"schema_version", 1}, {"cases", cases}};
  fmt::print("{}\n", document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

int list_command(const Arguments& arguments) {
  int exit_code = 0;
  const std::optional<std::vector<Case>> cases =
      load_and_select(arguments.run.scenarios, exit_code);
  if (!cases) return exit_code;
  if (arguments.list_format == ListFormat::names) {
    for (const Case& test_case : *cases) fmt::print("{}\n", test_case.id);
    return 0;
  }
  const std::vector<PlannedCase> plan = plan_of(*cases, facts_for(*cases), arguments);
  if (arguments.list_format == ListFormat::json)
    print_json(plan);
  else
    print_table(plan);
  return 0;
}

int validate_command(const Arguments& arguments) {
  int exit_code = 0;
  const std::optional<std::vector<Case>> cases =
      load_and_select(arguments.run.scenarios, exit_code);
  if (!cases) return exit_code;
  fmt::print("{} case{}, no errors\n", cases->size(), cases->size() == 1 ? "" : "s");
  return 0;
}

int doctor_command(const Arguments& arguments) {
  const HostFacts facts = read_host_facts();
  if (arguments.json) {
    fmt::print("{}\n", encode_host_facts(facts));
    return 0;
  }
  const Result<CgroupHome> home = find_cgroup_home();
  fmt::print("{}", explain_host(facts, home ? nullptr : &home.error()));
  print_lab_needs(facts);
  return 0;
}

int schema_command(const Arguments& arguments) {
  const std::string& name = arguments.schema_name;
  fmt::print("{}\n", name == "report"      ? report_schema()
                     : name == "loadline"  ? load_line_schema()
                     : name == "bandwidth" ? bandwidth_schema()
                     : name == "machine"   ? machine_schema()
                                           : scenario_schema());
  return 0;
}

}  // namespace memqual
