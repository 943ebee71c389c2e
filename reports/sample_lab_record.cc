// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "reports/sample_record.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

constexpr std::uint64_t kAsked = 210000ULL * 210000 * 8;
const char* const kModes[] = {"heuristic", "always", "never"};

MachineRecord machine(const char* name, std::uint64_t memory, std::uint64_t swap,
                      std::size_t nodes) {
  MachineRecord made;
  made.name = name;
  made.boots = 1;
  made.boot_ms = 5500;
  HostFacts& facts = made.facts;
  facts.mem_total_bytes.set(memory, "/proc/meminfo MemTotal");
  facts.swap_total_bytes.set(swap, "/proc/meminfo SwapTotal");
  facts.commit_limit_bytes.set(memory / 2 + swap, "/proc/meminfo CommitLimit");
  facts.kernel_release.set("6.1.0-18-cloud-amd64", "/proc/sys/kernel/osrelease");
  facts.cpus.set(2 * nodes, "/sys/devices/system/cpu/online");
  facts.overcommit_memory.set(0, "/proc/sys/vm/overcommit_memory");
  for (std::size_t node = 0; node < nodes; ++node)
    facts.numa_nodes.push_back({static_cast<std::uint32_t>(node), memory / nodes, memory / nodes});
  return made;
}

CaseRecord case_on(const MachineRecord& where, const char* scenario, std::string summary) {
  CaseRecord entry;
  entry.scenario = scenario;
  entry.summary = std::move(summary);
  entry.machine = where.name;
  entry.parameters = {{"machine", where.name}};
  entry.settings = {"machine = " + where.name};
  entry.verdict.status = CaseStatus::pass;
  return entry;
}

void add(RunRecord& run, CaseRecord entry) {
  std::string cell = entry.scenario;
  for (const Parameter& parameter : entry.parameters)
    cell += fmt::format(",{}={}", parameter.name, parameter.value);
  entry.hash = hash8(cell);
  entry.id = cell + "-" + entry.hash;
  run.cases.push_back(std::move(entry));
}

Attempt attempt_of(OutcomeKind seen, std::vector<OutcomeKind> predicted, LimitingRule rule) {
  Attempt attempt;
  Observation& observation = attempt.observation.emplace();
  observation.ending.kind = seen;
  StepReport& step = observation.steps.emplace_back();
  step.kind = "allocate";
  step.requested_bytes = kAsked;
  step.requested_blocks = 1;
  if (seen == OutcomeKind::refused) {
    observation.ending.errno_name = "ENOMEM";
    observation.ending.step = 0;
  } else {
    step.granted_bytes = kAsked;
  }
  observation.wall_ns.set(4'000'000, "CLOCK_MONOTONIC");
  Prediction& prediction = attempt.prediction.emplace();
  prediction.allowed = std::move(predicted);
  prediction.rule = rule;
  prediction.sentence = rule == LimitingRule::none ? "completes: no rule stands in the way"
                                                   : "more than the rule leaves";
  return attempt;
}

void add_zeros(RunRecord& run, const MachineRecord& where) {
  constexpr auto kDone = OutcomeKind::completed;
  constexpr auto kRefused = OutcomeKind::refused;
  for (int mode = 0; mode < 3; ++mode) {
    CaseRecord entry = case_on(where, "zeros_352gb", "One array of 352.8 GB, never touched");
    entry.parameters.push_back({"mode", kModes[mode]});
    entry.settings.insert(entry.settings.begin(),
                          fmt::format("vm.overcommit_memory = {} ({})", mode, kModes[mode]));
    const std::uint64_t memory = *where.facts.mem_total_bytes.value;
    const bool refused = mode == 2 || (mode == 0 && kAsked > memory);
    const LimitingRule rule = !refused    ? LimitingRule::none
                              : mode == 0 ? LimitingRule::overcommit_guess
                                          : LimitingRule::overcommit_never;
    Attempt attempt = attempt_of(refused ? kRefused : kDone, {refused ? kRefused : kDone}, rule);
    attempt.observation->commit_limit_bytes = where.facts.commit_limit_bytes;
    // One that the rules leave open, and one that is a miss on both sides.
    if (where.name == "server-384g-4n" && mode == 0)
      attempt.prediction->allowed = {kRefused, kDone}, attempt.prediction->uncertain = true;
    if (where.name == "server-384g-4n" && mode == 2) {
      attempt.prediction->allowed = {kDone};
      entry.verdict = {CaseStatus::fail, "expected completed, and the case was refused", "", {}};
    }
    entry.expected = "predicted";
    attempt.verdict = entry.verdict;
    entry.attempts = {std::move(attempt)};
    add(run, std::move(entry));
  }
}

void add_killed(RunRecord& run, const MachineRecord& where) {
  CaseRecord entry = case_on(where, "killed_in_cgroup", "128 MiB touched in a cgroup of 64 MiB");
  entry.settings.insert(entry.settings.begin(), "cgroup memory_max = 64 MiB");
  entry.expected = "oom_killed";
  Attempt attempt =
      attempt_of(OutcomeKind::oom_killed, {OutcomeKind::oom_killed}, LimitingRule::cgroup_memory);
  attempt.observation->rss_peak_bytes.set(63 * kMiB, "/proc/PID/statm");
  entry.attempts = {std::move(attempt)};
  add(run, std::move(entry));
}

void add_without_boot(RunRecord& run, const MachineRecord& where) {
  CaseRecord entry = case_on(where, "killed_in_cgroup", "128 MiB touched in a cgroup of 64 MiB");
  entry.verdict = {CaseStatus::error, "the machine did not boot", "", {}};
  add(run, std::move(entry));
}

}  // namespace

RunRecord lab_record() {
  RunRecord run = sample_record();
  run.cases.clear();
  run.notes.clear();
  run.command_line = {"memqual", "lab", "run"};
  run.machines = {machine("laptop-12g", 11974 * kMiB, 0, 1),
                  machine("server-128g-2n", 128900 * kMiB, 0, 2),
                  machine("server-384g-4n", 387000 * kMiB, 8 * kGiB, 4)};
  run.machines[2].boots = 3;
  run.machines[2].failed_boots = 1;
  for (const MachineRecord& where : run.machines) {
    add_zeros(run, where);
    add_killed(run, where);
  }
  MachineRecord& dead = run.machines.emplace_back();
  dead.name = "server-1t-8n";
  dead.failed_boots = 2;
  add_without_boot(run, dead);
  return run;
}

}  // namespace memqual
