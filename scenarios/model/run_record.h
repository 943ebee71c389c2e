// SPDX-License-Identifier: Apache-2.0
// One run, complete: what every report is made from, and what is stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/model/attribution.h"
#include "scenarios/model/case.h"
#include "scenarios/model/observation.h"
#include "scenarios/model/prediction.h"
#include "scenarios/model/verdict.h"

namespace memqual {

/// One execution of a case (`repeat: 3` makes three).
struct Attempt {
  Verdict verdict;
  std::optional<Observation> observation;  ///< absent where the case did not run
  /// Made before the run; absent where it did not run.
  std::optional<Prediction> prediction = std::nullopt;
  /// Of a refusal; absent where nothing was refused or nothing was asked about it.
  std::optional<Attribution> attribution = std::nullopt;
  bool operator==(const Attempt&) const = default;
};

struct CaseRecord {
  std::string id;
  std::string hash;
  std::string scenario;
  std::string summary;
  std::string source;
  Origin origin;
  std::vector<std::string> tags;
  std::vector<Parameter> parameters;
  std::vector<std::string>
      settings;  ///< the effective environment, a line each: "vm.overcommit_memory = 2 (never)"
  std::vector<std::string> workload;   ///< a line each: "allocate a: 328.6 GiB, calloc"
  std::optional<std::string> machine;  ///< of the lab; absent: the host
  std::string expected;                ///< "refused", "completed; rss_peak <= 64 MiB"
  std::string repeat_command;          ///< repeats this case alone
  Verdict verdict;                     ///< over all attempts
  std::vector<Attempt> attempts;
  bool operator==(const CaseRecord&) const = default;
};

/// A machine of the lab that was booted in a run.
struct MachineRecord {
  std::string name;                ///< as the cases call it: "laptop-12g@debian-5.10"
  std::uint64_t boots = 0;         ///< guests of it that came up
  std::uint64_t failed_boots = 0;  ///< that did not, before any case
  std::uint64_t boot_ms = 0;       ///< of the last one, to its first word about itself
  HostFacts facts;                 ///< of the last one, before its first case
  std::string accelerator = {};    ///< what ran its CPUs: "tcg" (emulated) or "kvm"
  bool operator==(const MachineRecord&) const = default;
};

struct RunRecord {
  static constexpr int kSchemaVersion = 1;
  std::string run_id;  ///< UUIDv7
  std::string tool_version;
  std::string started_at;  ///< RFC 3339 UTC, milliseconds
  std::string finished_at;
  std::uint64_t duration_ms = 0;
  std::vector<std::string> command_line;
  HostFacts host;  ///< before the first case
  std::vector<CaseRecord> cases;
  std::vector<MachineRecord> machines;  ///< of the lab, by name; empty where all ran on the host
  bool complete = true;                 ///< false: stopped, --max-fail or a global timeout
  std::vector<std::string> notes;       ///< settings restored, journal replayed, ...
  int exit_code = 0;
  bool operator==(const RunRecord&) const = default;
};

/// The machine of the lab that the case ran on, or was to run on; nullptr: the host, or a machine
/// that nothing is known of, because nobody tried to boot it.
const MachineRecord* machine_of(const RunRecord& record, const CaseRecord& entry);

/// The facts of where the case ran: of its machine of the lab, else of the host. Those of a machine
/// that did not come up are all unknown; the host's never stand in for them.
const HostFacts& facts_of(const RunRecord& record, const CaseRecord& entry);

/// How many cases have each status, in the order of CaseStatus.
struct StatusCount {
  CaseStatus status;
  std::size_t count;
};
std::vector<StatusCount> count_statuses(const RunRecord& record);

/// How prediction and observation compare. A mismatch is a finding of its own, whatever was
/// expected.
enum class Agreement {
  none,  ///< nothing was predicted or nothing observed
  right,
  uncertain,  ///< the observation is one of several that were predicted, or part was not modelled
  mismatch,
  inconclusive,  ///< the machine changed while the case ran, and the prediction with it
};
Agreement agreement_of(const Attempt& attempt);

/// What a find_largest step found, or a touch step got through before the OOM killer came.
std::optional<std::uint64_t> reached_bytes(const Observation& observation, std::size_t step);

/// True where the step of `line` reached something outside it. False where it reached nothing.
bool is_outside(const LoadLine& line, const Observation& observation);

/// Over all attempts of a run.
struct OracleScore {
  std::size_t right = 0;
  std::size_t uncertain = 0;
  std::size_t mismatch = 0;
  std::size_t inconclusive = 0;
  bool operator==(const OracleScore&) const = default;
};
OracleScore score_oracle(const RunRecord& record);

/// A line about one step: "allocate a: 10 000 blocks of 3.3 GiB = 32.1 TiB, calloc".
std::string describe_step(const WorkloadStep& step);
/// The lines of CaseRecord::settings.
std::vector<std::string> describe_environment(const Environment& environment);
/// CaseRecord::expected.
std::string describe_expectation(const Expectation& expectation);

/// The identity and description part of a record; verdict and attempts are left empty.
CaseRecord record_of(const Case& test_case);

}  // namespace memqual
