// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/local_executor.h"

#include <optional>

#include "fixtures/machine_settings.h"
#include "fixtures/overcommit.h"
#include "fixtures/read_host_facts.h"
#include "fixtures/user.h"
#include "harness/attribute/attribute.h"
#include "harness/executor/measuring_executor.h"
#include "harness/judge/judge.h"
#include "harness/judge/moved_facts.h"
#include "harness/plan/child_program.h"
#include "harness/plan/situation.h"
#include "harness/spawn/interpret.h"
#include "harness/spawn/kernel_log.h"
#include "harness/wire/program_codec.h"

namespace memqual {
namespace {

Attempt without_verdict(CaseStatus status, const Error& error) {
  Attempt attempt;
  attempt.verdict.status = status;
  attempt.verdict.reason = error.message;
  attempt.verdict.hint = error.hint;
  return attempt;
}

Result<std::optional<std::uint64_t>> resolve_optional(const std::optional<Size>& size,
                                                      const HostFacts& facts) {
  if (!size) return std::optional<std::uint64_t>();
  const Result<std::uint64_t> bytes = resolve(*size, facts);
  if (!bytes) return bytes.error();
  return std::optional<std::uint64_t>(*bytes);
}

Result<CgroupLimits> resolve_limits(const CgroupSettings& settings, const HostFacts& facts) {
  CgroupLimits limits;
  for (const auto& [size, bytes] : {std::pair{&settings.memory_max, &limits.memory_max_bytes},
                                    std::pair{&settings.memory_high, &limits.memory_high_bytes},
                                    std::pair{&settings.swap_max, &limits.swap_max_bytes}}) {
    Result<std::optional<std::uint64_t>> resolved = resolve_optional(*size, facts);
    if (!resolved) return resolved.error();
    *bytes = *resolved;
  }
  limits.oom_group = settings.oom_group;
  limits.cpuset_mems = settings.cpuset_mems;
  return limits;
}

CaseEvidence evidence_of(const CgroupFixture* cgroup, const CgroupCounters& before) {
  CaseEvidence evidence;
  if (cgroup == nullptr) return evidence;
  const CgroupCounters after = cgroup->counters();
  if (after.oom_kills) evidence.oom_kills = *after.oom_kills - before.oom_kills.value_or(0);
  evidence.oom_source = after.oom_source;
  if (after.peak_bytes) evidence.cgroup_peak_bytes.set(*after.peak_bytes, after.peak_source);
  if (after.swap_peak_bytes)
    evidence.cgroup_swap_peak_bytes.set(*after.swap_peak_bytes, "cgroup v2 memory.swap.peak");
  return evidence;
}

// Only what a reader of the evidence would ask the kernel about: a refusal, or a kill.
bool worth_asking_the_kernel(const ChildTrace& trace) {
  for (const wire::Line& line : trace.lines) {
    if (line.verb == "end" && (line.number("error") != 0 || line.number("signal") != 0))
      return true;
    if (line.verb == "reaped" && line.number("status") != 0) return true;
  }
  return false;
}

void add_host_facts(Observation& observation, const HostFacts& before, const HostFacts& after) {
  observation.committed_as_before_bytes = before.committed_as_bytes;
  observation.committed_as_after_bytes = after.committed_as_bytes;
  observation.mem_available_before_bytes = before.mem_available_bytes;
  observation.mem_available_after_bytes = after.mem_available_bytes;
  observation.commit_limit_bytes = before.commit_limit_bytes;
}

// The settings of one case, from applied to undone. Undone in reverse also where run() gives up
// early.
class CaseFixtures {
 public:
  CaseFixtures(LocalHost& host, const Case& test_case) : host_(host), case_(test_case) {}
  ~CaseFixtures() { undo(); }
  CaseFixtures(const CaseFixtures&) = delete;
  CaseFixtures& operator=(const CaseFixtures&) = delete;

  /// Before overcommit: strict accounting is entered with the swap space that the case brings.
  /// `lacking` where the host cannot do what is asked, and everything is as it was.
  Status apply_machine(const HostFacts& facts, bool& lacking) {
    const MachineSettings& settings = case_.environment.machine_settings;
    if (!changes_machine(settings, facts)) return done();
    const std::lock_guard lock(host_.mutex());
    Result<Journal*> journal = host_.journal();
    if (!journal) return journal.error();
    const std::size_t before = (*journal)->outstanding().size();
    Result<MachineSettingsFixture> fixture =
        MachineSettingsFixture::apply(settings, facts, **journal);
    lacking = !fixture && (*journal)->outstanding().size() == before;
    if (!fixture) return fixture.error();
    machine_ = *std::move(fixture);
    return done();
  }

  Status apply_overcommit(const HostFacts& facts) {
    if (!changes_system(case_.environment.overcommit, facts)) return done();
    const std::lock_guard lock(host_.mutex());
    Result<Journal*> journal = host_.journal();
    if (!journal) return journal.error();
    Result<OvercommitFixture> fixture =
        OvercommitFixture::apply(case_.environment.overcommit, **journal);
    if (!fixture) return fixture.error();
    overcommit_ = *std::move(fixture);
    return done();
  }

  Status apply_cgroup(const HostFacts& facts) {
    if (!case_.environment.cgroup.any()) return done();
    const Result<CgroupLimits> limits = resolve_limits(case_.environment.cgroup, facts);
    if (!limits) return limits.error();
    const std::lock_guard lock(host_.mutex());
    Result<Journal*> journal = host_.journal();
    if (!journal) return journal.error();
    const Result<CgroupHome> home = host_.cgroup_home();
    if (!home) return home.error();
    Result<CgroupFixture> fixture = CgroupFixture::create(*home, *limits, **journal);
    if (!fixture) return fixture.error();
    cgroup_ = *std::move(fixture);
    counters_before_ = cgroup_->counters();
    return done();
  }

  /// Errors: this host has no such user.
  Result<ChildPlacement> place_user() {
    ChildPlacement placement;
    const std::optional<std::string>& user = case_.environment.user;
    // Somebody who is no root is unprivileged already.
    if (!user || !host_.facts().root.value_or(false)) return placement;
    const Result<UserIds> ids = resolve_user(*user);
    if (!ids) return ids.error();
    placement.uid = ids->uid;
    placement.gid = ids->gid;
    return placement;
  }

  Status place_scratch(ChildPlacement& placement) {
    if (needs_scratch(case_.workload)) {
      const std::lock_guard lock(host_.mutex());
      const Result<std::filesystem::path> folder = host_.scratch_dir();
      if (!folder) return folder.error();
      placement.scratch_dir = folder->string();
    }
    return done();
  }

  /// Errors: the folder is in memory, so that pages of the case's file cannot be written out under
  /// its limit: an OOM kill would tell about the folder, not about the case.
  Status check_scratch() {
    if (!case_.environment.cgroup.memory_max || !needs_scratch(case_.workload)) return done();
    const std::lock_guard lock(host_.mutex());
    if (!host_.scratch_in_memory()) return done();
    return Error{"maps a file inside a memory limit, but the scratch folder is in memory (tmpfs)",
                 "set TMPDIR to a folder on a disk"};
  }

  CgroupFixture* cgroup() { return cgroup_ ? &*cgroup_ : nullptr; }
  const CgroupCounters& counters_before() const { return counters_before_; }

  /// What could not be put back; the journal still has it.
  std::vector<Error> undo() {
    std::vector<Error> problems;
    const std::lock_guard lock(host_.mutex());
    if (cgroup_)
      if (Status status = cgroup_->remove(); !status) problems.push_back(status.error());
    cgroup_.reset();
    if (overcommit_)
      if (Status status = overcommit_->undo(); !status) problems.push_back(status.error());
    overcommit_.reset();
    if (machine_)
      if (Status status = machine_->undo(); !status) problems.push_back(status.error());
    machine_.reset();
    return problems;
  }

 private:
  LocalHost& host_;
  const Case& case_;
  std::optional<MachineSettingsFixture> machine_;
  std::optional<OvercommitFixture> overcommit_;
  std::optional<CgroupFixture> cgroup_;
  CgroupCounters counters_before_;
};

std::filesystem::path device_child_of(const std::filesystem::path& child) {
  return child.parent_path() / (child.filename().string() + "-cuda");
}

bool has_device_child(const std::filesystem::path& child) {
  std::error_code ignored;
  return std::filesystem::exists(device_child_of(child), ignored);
}

Error no_device_child() {
  return {"needs memqual-child-cuda, which is not beside memqual-child",
          "build it where nvcc is: ./dev build memqual-child-cuda (docs/gpu.md)"};
}

class LocalExecutor : public Executor {
 public:
  explicit LocalExecutor(LocalHost& host) : host_(host), facts_(host.facts()) {}

  Attempt execute(const PlannedCase& planned, std::uint32_t attempt) override {
    CaseFixtures fixtures(host_, planned.test_case);
    Attempt result = run_with(fixtures, planned, attempt);
    const std::vector<Error> problems = fixtures.undo();
    // A setting that stays changed is worse news than any verdict.
    if (!problems.empty()) {
      result.verdict.status = CaseStatus::error;
      result.verdict.reason = "could not undo a setting: " + problems.front().message;
      result.verdict.hint =
          problems.front().hint.empty() ? "memqual restore" : problems.front().hint;
    }
    return result;
  }

 private:
  Attempt run_with(CaseFixtures& fixtures, const PlannedCase& planned, std::uint32_t attempt) {
    const Case& test_case = planned.test_case;
    // As it is before this case: an earlier one has put its settings back.
    refresh_moving_facts(facts_);
    bool lacking = false;
    if (Status status = fixtures.apply_machine(facts_, lacking); !status)
      return without_verdict(lacking ? CaseStatus::unsupported : CaseStatus::error, status.error());
    if (Status status = fixtures.apply_overcommit(facts_); !status)
      return without_verdict(CaseStatus::error, status.error());
    // Only now: CommitLimit and what is computed from it move with the settings.
    refresh_moving_facts(facts_);
    if (Status status = fixtures.apply_cgroup(facts_); !status)
      return without_verdict(CaseStatus::error, status.error());
    Result<ChildPlacement> placement = fixtures.place_user();
    if (!placement) return without_verdict(CaseStatus::unsupported, placement.error());
    if (Status status = fixtures.place_scratch(*placement); !status)
      return without_verdict(CaseStatus::error, status.error());
    if (Status status = fixtures.check_scratch(); !status)
      return without_verdict(CaseStatus::unsupported, status.error());
    placement->identity = {{"MEMQUAL_RUN_ID", host_.run_id()},
                           {"MEMQUAL_CASE_ID", test_case.id},
                           {"MEMQUAL_ATTEMPT", std::to_string(attempt)}};
    const Result<ChildProgram> program = make_child_program(test_case, facts_, *placement);
    if (!program) return without_verdict(CaseStatus::error, program.error());
    return observe(fixtures, planned, *program);
  }

  Attempt observe(CaseFixtures& fixtures, const PlannedCase& planned, const ChildProgram& program) {
    const Case& test_case = planned.test_case;
    const Result<std::string> encoded = wire::encode_program(program);
    if (!encoded) return without_verdict(CaseStatus::error, encoded.error());
    const bool on_device = needs_device(test_case.workload);
    if (on_device && !has_device_child(host_.child()))
      return without_verdict(CaseStatus::unsupported, no_device_child());
    std::optional<ChildLauncher>& launcher = on_device ? device_launcher_ : launcher_;
    if (Status status =
            ensure_launcher(launcher, on_device ? device_child_of(host_.child()) : host_.child());
        !status)
      return without_verdict(CaseStatus::error, status.error());
    Result<oracle::Situation> situation = make_situation(test_case, facts_, program);
    if (!situation) return without_verdict(CaseStatus::error, situation.error());
    LaunchOptions options = options_for(fixtures, planned);
    // Stands where the case ends before it can tell what it owns.
    Prediction prediction = oracle::predict(*situation, program.workload);
    options.started = [&](const ProcessBaseline& baseline) {
      prediction = predict_at_start(*situation, baseline, program.workload);
    };
    kernel_log_.skip_to_now();
    const Result<ChildTrace> trace = launcher->run(*encoded, options);
    if (!trace) return without_verdict(CaseStatus::error, trace.error());
    CaseEvidence evidence = evidence_of(fixtures.cgroup(), fixtures.counters_before());
    if (worth_asking_the_kernel(*trace))
      evidence.kernel_log = kernel_log_.lines_about(processes_of(*trace));
    Interpretation seen = interpret(*trace, program.workload, evidence);
    if (seen.trouble) return without_verdict(CaseStatus::error, *seen.trouble);
    if (seen.unsupported) return without_verdict(CaseStatus::unsupported, *seen.unsupported);
    const HostFacts before = facts_;
    refresh_moving_facts(facts_);
    add_host_facts(*seen.observation, before, facts_);
    note_moved_facts(prediction, *situation, program.workload, facts_);
    Attempt result;
    result.verdict = judge(test_case, *seen.observation, before, &prediction);
    result.attribution =
        attribute_case(*seen.observation, before, prediction.moved.empty() ? &prediction : nullptr);
    result.prediction = std::move(prediction);
    result.observation = std::move(seen.observation);
    return result;
  }

  // The process exists, owns what it says and waits for its first step. In mode 2 the kernel counts
  // what all processes have committed, this one included, so that is read again now.
  static Prediction predict_at_start(oracle::Situation& situation, const ProcessBaseline& baseline,
                                     const std::vector<WorkloadStep>& workload) {
    situation.baseline = baseline;
    if (situation.facts.overcommit_memory.value_or(0) == 2) refresh_moving_facts(situation.facts);
    return oracle::predict(situation, workload);
  }

  LaunchOptions options_for(CaseFixtures& fixtures, const PlannedCase& planned) {
    LaunchOptions options;
    options.timeout_ms = planned.test_case.timeout_ms;
    options.stop = host_.stop();
    if (!planned.confined) options.available_floor_bytes = reserve_bytes(facts_) / 2;
    if (CgroupFixture* cgroup = fixtures.cgroup())
      options.admit = [cgroup](std::int64_t pid) { return cgroup->add_process(pid); };
    return options;
  }

  static Status ensure_launcher(std::optional<ChildLauncher>& launcher,
                                const std::filesystem::path& child) {
    if (launcher && launcher->alive()) return done();
    launcher.reset();
    Result<ChildLauncher> started = ChildLauncher::start(child);
    if (!started) return started.error();
    launcher = *std::move(started);
    return done();
  }

  LocalHost& host_;
  HostFacts facts_;
  KernelLog kernel_log_;
  std::optional<ChildLauncher> launcher_;
  std::optional<ChildLauncher> device_launcher_;  ///< of the child program with a GPU
};

}  // namespace

LocalHost::LocalHost(std::filesystem::path child, std::filesystem::path state_dir, HostFacts facts,
                     std::string run_id, StopToken stop)
    : child_(std::move(child)),
      state_dir_(std::move(state_dir)),
      facts_(std::move(facts)),
      run_id_(std::move(run_id)),
      stop_(std::move(stop)) {}

Result<Journal*> LocalHost::journal() {
  if (!journal_) {
    Result<Journal> created = Journal::create(state_dir_);
    if (!created) return created.error();
    journal_ = *std::move(created);
  }
  return &*journal_;
}

Result<CgroupHome> LocalHost::cgroup_home() {
  if (!cgroup_home_) {
    Result<CgroupHome> found = find_cgroup_home();
    if (!found) return found.error();
    if (Status status = prepare_cgroup_home(*found); !status) return status.error();
    cgroup_home_ = *found;
  }
  return *cgroup_home_;
}

Result<std::filesystem::path> LocalHost::scratch_dir() {
  if (!scratch_) {
    Result<Journal*> opened = journal();
    if (!opened) return opened.error();
    Result<ScratchFixture> created = ScratchFixture::create(**opened);
    if (!created) return created.error();
    scratch_ = *std::move(created);
  }
  return scratch_->path();
}

std::vector<Error> LocalHost::finish() {
  const std::lock_guard lock(mutex_);
  std::vector<Error> problems;
  if (scratch_)
    if (Status status = scratch_->remove(); !status) problems.push_back(status.error());
  scratch_.reset();
  if (journal_) journal_->finish();
  return problems;
}

std::unique_ptr<Executor> make_local_executor(LocalHost& host) {
  return make_measuring_executor(std::make_unique<LocalExecutor>(host));
}

}  // namespace memqual
