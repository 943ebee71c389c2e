// SPDX-License-Identifier: Apache-2.0
// What is peculiar here: the text made by canonical_cell is hashed into ids that people keep for
// years. A line may be added for a new field, and only where the field differs from its default; no
// line that exists may ever change. case_test.cc holds ids that must stay.
#include "scenarios/model/case.h"

#include <algorithm>
#include <charconv>

#include "scenarios/model/kernel_fields.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

/// One line of text per value; newlines inside a value cannot be mistaken for the end of it.
std::string canonical_text(const std::string& text) { return in_quotes(text, text.size() * 8 + 8); }

std::string canonical_number(double value) {
  std::string digits(32, '\0');
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  digits.resize(static_cast<std::size_t>(end.ptr - digits.data()));
  return digits;
}

std::string canonical_size(const Size& size) {
  std::vector<std::string> terms;
  for (const SizeTerm& term : size.terms) {
    std::string text = term.base == SizeTerm::Base::bytes   ? "bytes"
                       : term.base == SizeTerm::Base::pages ? "pages"
                                                            : term.fact;
    text += "*" + std::to_string(term.numerator);
    if (term.denominator != 1) text += "/" + std::to_string(term.denominator);
    terms.push_back(std::move(text));
  }
  std::sort(terms.begin(), terms.end());
  std::string out;
  for (const std::string& term : terms) out += (out.empty() ? "" : "+") + term;
  return out;
}

/// "key=value" lines, indented by the nesting of forks.
class Writer {
 public:
  void line(const std::string& key, std::string_view value) {
    out_ += std::string(static_cast<std::size_t>(depth_) * 2, ' ') + key + "=";
    out_ += value;
    out_ += '\n';
  }
  void number(const std::string& key, std::uint64_t value) { line(key, std::to_string(value)); }
  void indent(int by) { depth_ += by; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  int depth_ = 0;
};

std::string canonical_list(const std::vector<std::uint32_t>& numbers) {
  std::string out;
  for (const std::uint32_t number : numbers)
    out += (out.empty() ? "" : ",") + std::to_string(number);
  return out;
}

void write_machine_settings(Writer& writer, const MachineSettings& settings) {
  if (settings.max_map_count) writer.number("max_map_count", *settings.max_map_count);
  if (settings.swappiness) writer.number("swappiness", *settings.swappiness);
  if (settings.thp) writer.line("thp", to_word(*settings.thp));
  if (settings.thp_defrag) writer.line("thp.defrag", to_word(*settings.thp_defrag));
  if (const auto& pool = settings.hugetlb) {
    writer.number("hugetlb.pages", pool->pages);
    if (pool->size) writer.line("hugetlb.size", canonical_size(*pool->size));
    if (pool->node) writer.number("hugetlb.node", *pool->node);
  }
  if (const auto& swap = settings.swap) {
    writer.line("swap.size", canonical_size(swap->size));
    writer.line("swap.on", to_word(swap->on));
  }
  if (settings.zswap) writer.line("zswap", *settings.zswap ? "true" : "false");
}

void write_placement(Writer& writer, const Environment& environment) {
  const NumaSettings& numa = environment.numa;
  if (numa.policy) writer.line("numa.policy", to_word(*numa.policy));
  if (numa.each_node) writer.line("numa.nodes", "each");
  if (!numa.nodes.empty()) writer.line("numa.nodes", canonical_list(numa.nodes));
  if (!environment.cpus.cpus.empty()) writer.line("cpus", canonical_list(environment.cpus.cpus));
  if (environment.cpus.of_node) writer.number("cpus.node", *environment.cpus.of_node);
}

void write_environment(Writer& writer, const Environment& environment) {
  const OvercommitSettings& overcommit = environment.overcommit;
  if (overcommit.memory) writer.line("overcommit.memory", to_word(*overcommit.memory));
  if (overcommit.ratio) writer.number("overcommit.ratio", *overcommit.ratio);
  if (overcommit.kbytes) writer.number("overcommit.kbytes", *overcommit.kbytes);
  std::vector<RlimitSetting> rlimits = environment.rlimits;
  std::sort(rlimits.begin(), rlimits.end(),
            [](const RlimitSetting& a, const RlimitSetting& b) { return a.resource < b.resource; });
  for (const RlimitSetting& rlimit : rlimits) {
    writer.line("rlimit." + std::string(to_word(rlimit.resource)),
                rlimit.unlimited
                    ? std::string("unlimited")
                    : (rlimit.beyond_own_use ? "own_use + " : "") + canonical_size(rlimit.value));
  }
  const CgroupSettings& cgroup = environment.cgroup;
  if (cgroup.memory_max) writer.line("cgroup.memory_max", canonical_size(*cgroup.memory_max));
  if (cgroup.memory_high) writer.line("cgroup.memory_high", canonical_size(*cgroup.memory_high));
  if (cgroup.swap_max) writer.line("cgroup.swap_max", canonical_size(*cgroup.swap_max));
  if (cgroup.oom_group) writer.line("cgroup.oom_group", *cgroup.oom_group ? "true" : "false");
  if (!cgroup.cpuset_mems.empty())
    writer.line("cgroup.cpuset_mems", canonical_list(cgroup.cpuset_mems));
  write_machine_settings(writer, environment.machine_settings);
  write_placement(writer, environment);
  if (environment.oom_score_adj) {
    writer.line("oom_score_adj", std::to_string(*environment.oom_score_adj));
  }
  if (environment.aslr) writer.line("aslr", *environment.aslr ? "true" : "false");
  if (environment.user) writer.line("user", canonical_text(*environment.user));
  if (environment.machine) writer.line("machine", canonical_text(*environment.machine));
  if (environment.namespace_root) writer.line("user.namespace", "root");
  for (const auto& [name, value] : environment.variables) {
    writer.line("env." + name, canonical_text(value));
  }
}

void write_steps(Writer& writer, const std::vector<WorkloadStep>& steps);

void write_fields(Writer& writer, const Allocate& step) {
  writer.line("name", canonical_text(step.name));
  writer.line("size", canonical_size(step.size));
  if (step.count != 1) writer.number("count", step.count);
  writer.line("using", to_word(step.using_));
  if (step.alignment_bytes != 64) writer.number("alignment", step.alignment_bytes);
  if (step.touched) writer.line("touched", "true");
}
void write_fields(Writer& writer, const Touch& step) {
  writer.line("name", canonical_text(step.name));
  if (step.access != Access::write) writer.line("access", to_word(step.access));
  if (step.every != Stride::page) writer.line("every", to_word(step.every));
  if (step.fraction != 1.0) writer.line("fraction", canonical_number(step.fraction));
  if (step.pattern != 1) writer.number("pattern", step.pattern);
  if (step.threads != 1) writer.number("threads", step.threads);
}
void write_fields(Writer& writer, const Verify& step) {
  writer.line("name", canonical_text(step.name));
}
void write_fields(Writer& writer, const Free& step) {
  writer.line("name", canonical_text(step.name));
}
void write_fields(Writer& writer, const Protect& step) {
  writer.line("name", canonical_text(step.name));
  writer.line("access", to_word(step.access));
}
void write_fields(Writer& writer, const Advise& step) {
  writer.line("name", canonical_text(step.name));
  writer.line("advice", to_word(step.advice));
}
void write_fields(Writer& writer, const Lock& step) {
  writer.line("name", canonical_text(step.name));
}
void write_fields(Writer& writer, const Fork& step) {
  if (step.count != 1) writer.number("count", step.count);
  if (step.oom_score_adj) writer.line("oom_score_adj", std::to_string(*step.oom_score_adj));
  writer.indent(1);
  write_steps(writer, step.workload);
  writer.indent(-1);
}
void write_fields(Writer& writer, const Spawn& step) {
  if (step.count != 1) writer.number("count", step.count);
}
void write_fields(Writer& writer, const Command& step) {
  for (const std::string& word : step.argv) writer.line("argv", canonical_text(word));
  for (const std::string& text : step.refused_output) {
    writer.line("refused_output", canonical_text(text));
  }
  if (!step.memory.terms.empty()) writer.line("memory", canonical_size(step.memory));
}

void write_fields(Writer& writer, const FindLargest& step) {
  writer.line("using", to_word(step.using_));
  if (step.up_to) writer.line("up_to", canonical_size(*step.up_to));
  if (step.block) writer.line("block", canonical_size(*step.block));
}

void write_fields(Writer& writer, const Bandwidth& step) {
  for (const BandwidthOperation operation : step.operations)
    writer.line("operation", to_word(operation));
  writer.line("size", canonical_size(step.size));
  for (const std::uint32_t threads : step.threads) writer.number("threads", threads);
  writer.number("rounds", step.rounds);
  writer.line("pages", to_word(step.pages));
  if (!step.cpus.empty()) writer.line("cpus", list_of_cpus(step.cpus));
  if (step.memory_node) writer.number("memory_node", *step.memory_node);
}

void write_fields(Writer& writer, const Kernel& step) {
  for (const auto& [key, value] : kernel_fields(step)) writer.line(key, canonical_text(value));
  if (!step.budget.terms.empty()) writer.line("budget", canonical_size(step.budget));
}

void write_fields(Writer& writer, const Placement& step) {
  writer.line("name", canonical_text(step.name));
  if (step.of_policy) writer.line("nodes", "policy");
  if (!step.nodes.empty()) writer.line("nodes", canonical_list(step.nodes));
  if (step.evenly) writer.line("evenly", "true");
}

void write_steps(Writer& writer, const std::vector<WorkloadStep>& steps) {
  for (const WorkloadStep& step : steps) {
    writer.line("step", step_kind(step));
    if (!step.label.empty()) writer.line("label", canonical_text(step.label));
    std::visit([&](const auto& action) { write_fields(writer, action); }, step.action);
  }
}

}  // namespace

std::string to_string(const Origin& origin) {
  return escape_text(origin.file, 4096) + ":" + std::to_string(origin.line) + ":" +
         std::to_string(origin.column);
}

std::string display_name(const Case& test_case) {
  if (test_case.parameters.empty()) return test_case.scenario;
  std::string out = test_case.scenario + "[";
  for (const Parameter& parameter : test_case.parameters) {
    if (out.back() != '[') out += ',';
    out += parameter.name + "=" + escape_text(parameter.value);
  }
  return out + "]";
}

std::string canonical_cell(const Case& test_case) {
  Writer writer;
  writer.line("scenario", test_case.scenario);
  std::vector<Parameter> parameters = test_case.parameters;
  std::sort(parameters.begin(), parameters.end(),
            [](const Parameter& a, const Parameter& b) { return a.name < b.name; });
  for (const Parameter& parameter : parameters) {
    writer.line("parameter." + parameter.name, canonical_text(parameter.value));
  }
  write_environment(writer, test_case.environment);
  write_steps(writer, test_case.workload);
  return writer.take();
}

std::string hash8(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  const auto folded = static_cast<std::uint32_t>(hash ^ (hash >> 32));
  std::string digits(8, '0');
  for (std::size_t i = 0; i < 8; ++i) digits[i] = "0123456789abcdef"[(folded >> (28 - 4 * i)) & 15];
  return digits;
}

void set_identity(Case& test_case) {
  test_case.hash = hash8(canonical_cell(test_case));
  test_case.id = display_name(test_case) + "-" + test_case.hash;
}

}  // namespace memqual
