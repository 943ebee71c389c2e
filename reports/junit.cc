// SPDX-License-Identifier: Apache-2.0
// JUnit has no one specification. What is written here is read by Jenkins (xunit-2), GitLab (which
// keeps the first of two equal classname + name pairs) and GitHub's actions.
#include <fmt/format.h>

#include <map>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "reports/attribution_words.h"
#include "reports/console_text.h"
#include "reports/machine_words.h"
#include "reports/render.h"
#include "reports/summary.h"

namespace memqual {
namespace {

struct Tally {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  std::uint64_t nanoseconds = 0;

  void add(const CaseRecord& record) {
    ++tests;
    const CaseStatus status = record.verdict.status;
    if (status == CaseStatus::error) {
      ++errors;
    } else if (needs_attention(status)) {
      ++failures;
    } else if (status != CaseStatus::pass) {
      ++skipped;
    }
    nanoseconds += wall_ns(record);
  }
};

std::string seconds(std::uint64_t nanoseconds) {
  return fmt::format("{}.{:06}", nanoseconds / 1000000000, nanoseconds / 1000 % 1000000);
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(value.c_str());
}

void set_counts(pugi::xml_node node, const Tally& tally) {
  set(node, "tests", std::to_string(tally.tests));
  set(node, "failures", std::to_string(tally.failures));
  set(node, "errors", std::to_string(tally.errors));
  set(node, "skipped", std::to_string(tally.skipped));
  set(node, "time", seconds(tally.nanoseconds));
}

/// xunit-2 wants a local date and time without a zone; ours is UTC, and says so in a property.
std::string timestamp(const std::string& rfc3339) { return clean_line(rfc3339.substr(0, 19), 40); }

void add_property(pugi::xml_node properties, const std::string& name, const std::string& value) {
  pugi::xml_node node = properties.append_child("property");
  set(node, "name", name);
  set(node, "value", value);
}

void add_case_properties(pugi::xml_node node, const CaseRecord& record) {
  pugi::xml_node properties = node.append_child("properties");
  add_property(properties, "memqual.hash", clean_line(record.hash, 40));
  add_property(properties, "memqual.status", std::string(to_word(record.verdict.status)));
  if (record.machine) add_property(properties, "machine", clean_line(*record.machine, 200));
  for (const Parameter& parameter : record.parameters) {
    add_property(properties, "parameter." + clean_line(parameter.name, 100),
                 clean_line(parameter.value, 500));
  }
  const Observation* observation = last_observation(record);
  if (!observation) return;
  add_property(properties, "outcome", std::string(to_word(observation->ending.kind)));
  if (const auto& cause = record.attempts.back().attribution) {
    add_property(properties, "cause", std::string(to_word(cause->rule)));
    add_property(properties, "cause.evidence", evidence_words(*cause));
    add_property(properties, "cause.words", attribution_words(record.attempts.back()));
  }
  for (const Figure& figure : figures_of(*observation)) {
    add_property(properties, figure.name, std::to_string(figure.value));
  }
}

const char* failure_type(CaseStatus status) {
  switch (status) {
    case CaseStatus::timeout:
      return "timeout";
    case CaseStatus::xpass:
      return "xpass";
    case CaseStatus::flaky:
      return "flaky";
    case CaseStatus::error:
      return "harness";
    default:
      return "mismatch";
  }
}

void add_result(pugi::xml_node node, const CaseRecord& record) {
  const CaseStatus status = record.verdict.status;
  if (status == CaseStatus::pass) return;
  std::string message = clean_line(record.verdict.reason, 1000);
  if (message.empty()) message = std::string(status_words(status));
  if (!needs_attention(status)) {
    if (status != CaseStatus::skip && status != CaseStatus::unsupported) {
      message = std::string(status_words(status)) + ": " + message;
    }
    const std::string hint = clean_line(record.verdict.hint, 1000);
    if (!hint.empty()) message += " - to change that: " + hint;
    set(node.append_child("skipped"), "message", message);
    return;
  }
  pugi::xml_node result = node.append_child(status == CaseStatus::error ? "error" : "failure");
  set(result, "message", message);
  set(result, "type", failure_type(status));
  const std::string text = fmt::format("{}", fmt::join(evidence_lines(record, true), "\n"));
  result.append_child(pugi::node_pcdata).set_value(("\n" + text + "\n").c_str());
}

/// Parameters beside the name; the hash too where another case of the suite has the same name.
std::string unique_name(const CaseRecord& record, std::set<std::string>& taken) {
  std::string name = display_name(record);
  if (!taken.insert(name).second) {
    name += "-" + clean_line(record.hash, 40);
    for (int i = 2; !taken.insert(name).second; ++i) {
      name = fmt::format("{}-{}#{}", display_name(record), clean_line(record.hash, 40), i);
    }
  }
  return name;
}

void add_case(pugi::xml_node suite, const CaseRecord& record, std::set<std::string>& taken) {
  pugi::xml_node node = suite.append_child("testcase");
  set(node, "name", unique_name(record, taken));
  set(node, "classname", clean_line(record.scenario, 200));
  set(node, "time", seconds(wall_ns(record)));
  if (!record.origin.file.empty()) {
    set(node, "file", clean_line(record.origin.file, 500));
    if (record.origin.line > 0) set(node, "line", std::to_string(record.origin.line));
  }
  add_case_properties(node, record);
  add_result(node, record);
}

/// "machine.laptop-12g.RAM" and so on, of each machine of the lab that the suite ran on.
void add_machine_properties(pugi::xml_node properties, const RunRecord& run,
                            const std::vector<const CaseRecord*>& cases) {
  std::set<std::string> told;
  for (const CaseRecord* entry : cases) {
    const MachineRecord* machine = machine_of(run, *entry);
    if (machine == nullptr || !told.insert(machine->name).second) continue;
    const std::string prefix = "machine." + clean_line(machine->name, 100) + ".";
    for (const HostLine& line : host_lines(machine->facts))
      add_property(properties, prefix + line.name, line.words);
    add_property(properties, prefix + "Boot", boot_words(*machine));
  }
}

void add_suite(pugi::xml_node root, const RunRecord& run,
               const std::vector<const CaseRecord*>& cases, std::size_t id) {
  pugi::xml_node suite = root.append_child("testsuite");
  Tally tally;
  for (const CaseRecord* record : cases) tally.add(*record);
  set(suite, "name", clean_line(cases.front()->scenario, 200));
  set_counts(suite, tally);
  set(suite, "timestamp", timestamp(run.started_at));
  set(suite, "hostname", clean_line(run.host.hostname.value_or("unknown"), 200));
  set(suite, "id", std::to_string(id));
  pugi::xml_node properties = suite.append_child("properties");
  add_property(properties, "memqual.version", clean_line(run.tool_version, 100));
  add_property(properties, "memqual.run_id", clean_line(run.run_id, 100));
  add_property(properties, "memqual.started_at", clean_line(run.started_at, 100));
  add_property(properties, "memqual.complete", run.complete ? "true" : "false");
  for (const HostLine& line : host_lines(run.host)) {
    add_property(properties, "host." + line.name, line.words);
  }
  add_machine_properties(properties, run, cases);
  std::set<std::string> taken;
  for (const CaseRecord* record : cases) add_case(suite, *record, taken);
}

}  // namespace

std::string render_junit(const RunRecord& record) {
  std::vector<std::vector<const CaseRecord*>> suites;
  std::map<std::string, std::size_t> index;
  Tally all;
  for (const CaseRecord& entry : record.cases) {
    const auto [at, is_new] = index.try_emplace(entry.scenario, suites.size());
    if (is_new) suites.emplace_back();
    suites[at->second].push_back(&entry);
    all.add(entry);
  }
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  set(declaration, "version", "1.0");
  set(declaration, "encoding", "UTF-8");
  pugi::xml_node root = document.append_child("testsuites");
  set(root, "name", "memqual");
  set_counts(root, all);
  for (std::size_t i = 0; i < suites.size(); ++i) add_suite(root, record, suites[i], i);
  std::ostringstream out;
  document.save(out, "  ", pugi::format_default, pugi::encoding_utf8);
  return out.str();
}

}  // namespace memqual
