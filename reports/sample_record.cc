// SPDX-License-Identifier: Apache-2.0
#include "reports/sample_record.h"

#include <fmt/format.h>

#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

constexpr std::uint64_t kZerosBytes = 210000ULL * 210000 * 8;
constexpr std::uint64_t kBlockBytes = 21000ULL * 21000 * 8;
constexpr std::uint64_t kSmallRss = 1300 * kKiB;

using Parameters = std::vector<Parameter>;

CaseRecord make_case(const char* scenario, const char* summary, const char* source,
                     Parameters parameters) {
  CaseRecord record;
  record.scenario = scenario;
  record.summary = summary;
  record.source = source;
  record.parameters = std::move(parameters);
  std::string cell = scenario;
  for (const Parameter& parameter : record.parameters) {
    cell += (cell == scenario ? "[" : ",") + parameter.name + "=" + parameter.value;
  }
  if (!record.parameters.empty()) cell += "]";
  record.hash = hash8(cell);
  record.id = cell + "-" + record.hash;
  record.origin = {fmt::format("scenarios/suite/seeds/{}.yaml", scenario), 3, 1};
  record.tags = {"seed"};
  record.repeat_command =
      fmt::format("memqual run scenarios/suite/seeds/{}.yaml --case {}", scenario, record.hash);
  return record;
}

StepReport allocate_step(std::uint64_t requested, std::uint64_t granted, std::uint64_t blocks,
                         std::uint64_t granted_blocks) {
  StepReport step;
  step.kind = "allocate";
  step.name = "a";
  step.requested_bytes = requested;
  step.granted_bytes = granted;
  step.requested_blocks = blocks;
  step.granted_blocks = granted_blocks;
  step.rss_bytes = kSmallRss;
  step.vsz_bytes = 4 * kMiB + granted;
  step.elapsed_ns = 41000 + 2100 * blocks;
  step.state = granted == requested ? StepState::ended : StepState::failed;
  if (granted != requested) {
    step.error = 12;
    step.error_name = "ENOMEM";
  }
  return step;
}

void set_figures(Observation& observation, std::uint64_t peak, std::uint64_t wall_ns) {
  observation.rss_start_bytes.set(1100 * kKiB, "/proc/PID/statm");
  observation.rss_peak_bytes.set(peak, "/proc/self/status VmHWM");
  observation.rusage_maxrss_bytes.set(peak + 312 * kKiB, "wait4 ru_maxrss");
  observation.page_tables_bytes.set(52 * kKiB + peak / 512, "/proc/self/status VmPTE");
  observation.minor_faults.set(84 + peak / 4096, "wait4 ru_minflt");
  observation.major_faults.set(0, "wait4 ru_majflt");
  observation.wall_ns.set(wall_ns, "CLOCK_MONOTONIC, start to wait4");
  observation.user_ns.set(wall_ns / 6, "wait4 ru_utime");
  observation.system_ns.set(wall_ns / 2, "wait4 ru_stime");
}

void set_verdict(CaseRecord& record, CaseStatus status, const char* reason, std::string expected,
                 std::string observed) {
  record.verdict.status = status;
  record.verdict.reason = reason;
  const bool ok = status == CaseStatus::pass;
  record.verdict.checks = {{"outcome", std::move(expected), std::move(observed), ok}};
}

void add_attempt(CaseRecord& record, Observation observation) {
  record.attempts.push_back({record.verdict, std::move(observation)});
}

Observation granted(std::uint64_t bytes, std::uint64_t blocks) {
  Observation observation;
  observation.ending.evidence = "wait4: exit status 0";
  observation.steps = {allocate_step(bytes, bytes, blocks, blocks)};
  set_figures(observation, kSmallRss + blocks * 96, 620000 + blocks * 2300);
  return observation;
}

Observation refused(std::uint64_t bytes, std::uint64_t blocks, std::uint64_t granted_blocks) {
  Observation observation;
  const std::uint64_t got = bytes / blocks * granted_blocks;
  observation.ending = {OutcomeKind::refused, 12, "ENOMEM", 0, "the call failed with errno 12"};
  observation.steps = {allocate_step(bytes, got, blocks, granted_blocks)};
  observation.steps[0].detail = fmt::format("block {} failed", granted_blocks + 1);
  set_figures(observation, kSmallRss, 540000);
  return observation;
}

/// Touches up to `limit` in 64 equal steps of time and is killed there.
Observation oom_killed(std::uint64_t limit, std::uint64_t requested, std::uint64_t blocks) {
  Observation observation = granted(requested, blocks);
  const std::uint64_t touched = limit - 2 * kMiB;
  observation.ending = {OutcomeKind::oom_killed, 9, "", 1,
                        "cgroup memory.events oom_kill 0 -> 1; wait4: signal 9"};
  StepReport touch;
  touch.kind = "touch";
  touch.name = "a";
  touch.state = StepState::running;
  touch.touched_bytes = touched;
  observation.steps.push_back(touch);
  for (std::uint64_t i = 0; i <= 64; ++i) {
    observation.timeline.push_back({i * 550, kSmallRss + touched * i / 64});
  }
  set_figures(observation, kSmallRss + touched, 36400000);
  observation.rss_peak_bytes.source = "highest sample of /proc/PID/statm";
  observation.cgroup_peak_bytes.set(limit, "cgroup memory.peak");
  observation.oom_kills.set(1, "cgroup memory.events oom_kill");
  observation.kernel_log = {
      "memory: usage 65536kB, limit 65536kB, failcnt 31",
      "Memory cgroup out of memory: Killed process 4711 (memqual-child) total-vm:3452816kB"};
  return observation;
}

const char* const kModes[] = {"heuristic", "always", "never"};

std::string mode_line(int mode) {
  return fmt::format("vm.overcommit_memory = {} ({})", mode, kModes[mode]);
}

void add_zeros(RunRecord& run) {
  for (const char* api : {"calloc", "mmap"}) {
    for (int mode = 0; mode < 3; ++mode) {
      CaseRecord record =
          make_case("zeros_352gb", "One 352.8 GB block of float64 zeros, never touched",
                    "np.zeros((210000, 210000)); stackoverflow.com/q/54961554",
                    {{"mode", kModes[mode]}, {"api", api}});
      record.settings = {mode_line(mode), "vm.overcommit_ratio = 50"};
      record.workload = {fmt::format("allocate a: {}, {}", format_bytes(kZerosBytes), api)};
      record.expected = mode == 1 ? "completed; rss_peak <= 64 MiB" : "refused with ENOMEM";
      const bool grant = mode == 1;
      set_verdict(record, CaseStatus::pass, "", grant ? "completed" : "refused",
                  grant ? "completed" : "refused (ENOMEM)");
      if (grant) {
        record.verdict.checks.push_back({"rss_peak", "<= 64 MiB", "1.3 MiB", true});
      } else {
        record.verdict.checks.push_back({"errno", "ENOMEM", "ENOMEM", true});
      }
      Observation seen = grant ? granted(kZerosBytes, 1) : refused(kZerosBytes, 1, 0);
      seen.commit_limit_bytes.set(12032 * kMiB, "/proc/meminfo CommitLimit");
      add_attempt(record, seen);
      run.cases.push_back(record);
    }
  }
}

void add_list(RunRecord& run) {
  constexpr std::uint64_t kAll = kBlockBytes * 10000;
  for (const char* api : {"calloc", "mmap"}) {
    for (int mode = 0; mode < 3; ++mode) {
      CaseRecord record = make_case("zeros_list_32tib",
                                    "10 000 blocks of 3.5 GB, 32.09 TiB together, never touched",
                                    "[np.zeros((21000, 21000)) for _ in range(10000)]",
                                    {{"mode", kModes[mode]}, {"api", api}});
      record.settings = {mode_line(mode)};
      record.workload = {fmt::format("allocate a: 10 000 blocks of {} = {}, {}",
                                     format_bytes(kBlockBytes), format_bytes(kAll), api)};
      record.expected = mode == 2 ? "refused" : "completed; rss_peak <= 64 MiB";
      const bool wrong = mode == 0 && std::string_view(api) == "mmap";
      if (wrong) {
        set_verdict(record, CaseStatus::fail,
                    "expected completed, and the case was refused (ENOMEM)", "completed",
                    "refused (ENOMEM)");
        record.verdict.checks.push_back({"rss_peak", "<= 64 MiB", "1.3 MiB", true});
        add_attempt(record, refused(kAll, 10000, 7312));
      } else {
        set_verdict(record, CaseStatus::pass, "", mode == 2 ? "refused" : "completed",
                    mode == 2 ? "refused (ENOMEM)" : "completed");
        Observation seen = mode == 2 ? refused(kAll, 10000, 3) : granted(kAll, 10000);
        if (mode == 2) seen.commit_limit_bytes.set(12032 * kMiB, "/proc/meminfo CommitLimit");
        add_attempt(record, seen);
      }
      run.cases.push_back(record);
    }
  }
}

void add_malloc_32gib(RunRecord& run) {
  for (int mode = 0; mode < 3; ++mode) {
    CaseRecord record =
        make_case("malloc_32gib", "malloc(32 GiB) in one call", "", {{"mode", kModes[mode]}});
    record.settings = {mode_line(mode)};
    record.workload = {"allocate a: 32 GiB, malloc"};
    record.expected = mode == 1 ? "completed" : "refused";
    set_verdict(record, CaseStatus::pass, "", record.expected, record.expected);
    Observation seen = mode == 1 ? granted(32 * kGiB, 1) : refused(32 * kGiB, 1, 0);
    if (mode == 2) seen.commit_limit_bytes.set(12032 * kMiB, "/proc/meminfo CommitLimit");
    add_attempt(record, seen);
    run.cases.push_back(record);
  }
}

void add_ones(RunRecord& run) {
  CaseRecord record = make_case(
      "ones_list_killed", "The list of np.ones, touched until the kernel kills it in its cgroup",
      "[np.ones((21000, 21000)) for _ in range(10000)]", {});
  record.settings = {"cgroup memory_max = 64 MiB", "cgroup swap_max = 0 B"};
  record.workload = {"allocate a: 3.3 GiB, mmap", "touch a: write every page"};
  record.expected = "oom_killed";
  set_verdict(record, CaseStatus::pass, "", "oom_killed", "oom_killed");
  add_attempt(record, oom_killed(64 * kMiB, kBlockBytes, 1));
  run.cases.push_back(record);
}

void add_tiles(RunRecord& run) {
  for (const char* limit : {"512 MiB", "1 GiB", "8 GiB"}) {
    CaseRecord record = make_case("float32_file_tiles",
                                  "A 6.3 GB float32 file read through a mapping in a small cgroup",
                                  "np.memmap(shape=(3075200, 512))", {{"limit", limit}});
    record.settings = {fmt::format("cgroup memory_max = {}", limit)};
    record.workload = {"allocate a: 5.9 GiB, file", "touch a: read every page"};
    record.expected = "completed";
    set_verdict(record, CaseStatus::pass, "", "completed", "completed");
    Observation seen = granted(6298009600, 1);
    StepReport touch;
    touch.kind = "touch";
    touch.name = "a";
    touch.state = StepState::ended;
    touch.touched_bytes = 6298009600;
    touch.elapsed_ns = 3100000000;
    touch.rss_bytes = 400 * kMiB;
    seen.steps.push_back(touch);
    const std::uint64_t ceiling = std::string_view(limit) == "512 MiB" ? 498 * kMiB : 930 * kMiB;
    for (std::uint64_t i = 0; i <= 240; ++i) {
      const std::uint64_t ramp = std::min(ceiling, i * 21 * kMiB);
      seen.timeline.push_back({i * 12950, ramp - (i % 7) * kMiB * (ramp > 200 * kMiB ? 9 : 0)});
    }
    set_figures(seen, ceiling, 3112000000);
    add_attempt(record, seen);
    run.cases.push_back(record);
  }
}

void add_unsupported(RunRecord& run) {
  const auto add = [&run](const char* name, const char* summary, const char* reason,
                          const char* hint) {
    CaseRecord record = make_case(name, summary, "", {});
    record.expected = "completed";
    record.verdict = {CaseStatus::unsupported, reason, hint, {}};
    run.cases.push_back(record);
  };
  const char* const torch = "the Python module torch is not installed";
  const char* const install = "sudo apt-get install python3-torch";
  add("pytorch_empty", "torch.empty((8000, 8000, 500)) through PyTorch itself", torch, install);
  add("pytorch_cpu_allocator", "DefaultCPUAllocator: posix_memalign(64)", torch, install);
  add("hugetlb_1gib", "1 GiB of reserved huge pages",
      "no huge pages are reserved (vm.nr_hugepages = 0)", "sudo sysctl vm.nr_hugepages=512");
}

void add_others(RunRecord& run) {
  CaseRecord skip = make_case("numa_interleave", "Interleaved over two nodes", "", {});
  skip.expected = "completed";
  skip.verdict = {
      CaseStatus::skip, "when: numa_nodes >= 2 is false here (numa_nodes is 1)", "", {}};
  run.cases.push_back(skip);

  CaseRecord known = make_case("rlimit_data_mmap", "RLIMIT_DATA counts private mappings", "", {});
  known.settings = {"rlimit data = 1 GiB"};
  known.expected = "completed";
  set_verdict(known, CaseStatus::xfail, "kernels since 4.7 count them too", "completed", "refused");
  add_attempt(known, refused(2 * kGiB, 1, 0));
  known.attempts.back().attribution = {
      LimitingRule::rlimit_data,
      {EvidenceKind::probes},
      "refused by RLIMIT_DATA (1 GiB, of which 1.2 MiB are in use): the same 2 GiB are granted "
      "without access and shared, and refused private and writable",
      RuleAgreement::differs,
      LimitingRule::overcommit_guess};
  run.cases.push_back(known);

  CaseRecord limited = make_case("rlimit_as_4gib", "A 6 GiB request under ulimit -v 4 GiB", "", {});
  limited.settings = {"rlimit address_space = 4 GiB"};
  limited.workload = {"allocate a: 6 GiB, malloc"};
  limited.expected = "refused with ENOMEM";
  set_verdict(limited, CaseStatus::pass, "", "refused", "refused (ENOMEM)");
  add_attempt(limited, refused(6 * kGiB, 1, 0));
  limited.attempts.back().attribution = {
      LimitingRule::rlimit_as,
      {EvidenceKind::probes},
      "refused by RLIMIT_AS (4 GiB, of which 2.9 MiB are in use): there is a hole for the same 6 "
      "GiB, and they are refused even without access",
      RuleAgreement::agrees,
      LimitingRule::rlimit_as};
  run.cases.push_back(limited);

  CaseRecord hung = make_case("fork_storm", "64 processes, each writing its copy", "", {});
  hung.expected = "completed";
  hung.workload = {"fork: 64 processes, in it: touch a: write every page"};
  set_verdict(hung, CaseStatus::timeout, "still running after its timeout of 5s", "completed",
              "timed_out");
  Observation seen;
  seen.ending = {OutcomeKind::timed_out, 15, "", 0, "SIGTERM after 5s"};
  StepReport fork;
  fork.kind = "fork";
  fork.state = StepState::running;
  seen.steps = {fork};
  set_figures(seen, 900 * kMiB, 5003000000);
  seen.leaks = {{4801, "memqual-child case"}};
  add_attempt(hung, seen);
  run.cases.push_back(hung);
}

void add_programs(RunRecord& run) {
  CaseRecord numpy =
      make_case("numpy_zeros", "The same through NumPy itself", "np.zeros((210000, 210000))", {});
  numpy.workload = {"command: python3 -c 'import numpy; numpy.zeros((210000, 210000))'"};
  numpy.expected = "refused";
  set_verdict(numpy, CaseStatus::pass, "", "refused", "refused");
  Observation seen;
  seen.ending = {OutcomeKind::refused, 1, "", 0, "output contains 'Unable to allocate'"};
  StepReport command;
  command.kind = "command";
  command.name = "python3 -c ...";
  command.state = StepState::failed;
  command.exit_status = 1;
  command.elapsed_ns = 240000000;
  command.command_rss_peak_bytes = 31 * kMiB;
  command.output =
      "Traceback (most recent call last):\nnumpy.core._exceptions._ArrayMemoryError: "
      "Unable to allocate 329. GiB for an array with shape (210000, 210000)\n";
  seen.steps = {command};
  set_figures(seen, 31 * kMiB, 262000000);
  add_attempt(numpy, seen);
  run.cases.push_back(numpy);

  CaseRecord flaky = make_case("dask_sum", "A Dask sum over 6.3 GB in 1 GiB", "", {});
  flaky.expected = "completed";
  set_verdict(flaky, CaseStatus::flaky, "1 of 2 attempts failed", "completed", "exited(137)");
  Observation good = granted(kGiB, 1);
  flaky.attempts.push_back({{CaseStatus::pass, "", "", {}}, good});
  Observation bad = seen;
  bad.ending = {OutcomeKind::exited, 137, "", 0, "wait4: exit status 137"};
  bad.steps[0].exit_status = 137;
  bad.steps[0].output = "distributed.nanny - WARNING - Worker exceeded 95% memory budget\n";
  flaky.attempts.push_back({{CaseStatus::fail, "exit status 137", "", {}}, bad});
  run.cases.push_back(flaky);

  CaseRecord broken = make_case("memfd_shared", "2 GiB in a memfd", "", {});
  broken.expected = "completed";
  broken.verdict = {CaseStatus::error,
                    "the child program closed its pipe before its first step",
                    "check that memqual-child is the one that was built with memqual",
                    {}};
  run.cases.push_back(broken);
}

HostFacts sample_host() {
  HostFacts host;
  host.os.set("linux", "uname");
  host.os_name.set("Debian GNU/Linux 12 (bookworm)", "/etc/os-release PRETTY_NAME");
  host.kernel_release.set("6.1.0-18-amd64", "uname -r");
  host.arch.set("x86_64", "uname -m");
  host.hostname.set("sample-host", "uname -n");
  host.container.set("none", "no marker found");
  host.cpus.set(8, "/sys/devices/system/cpu/online");
  host.page_size_bytes.set(4096, "sysconf");
  host.mem_total_bytes.set(24064 * kMiB, "/proc/meminfo MemTotal");
  host.mem_available_bytes.set(20600 * kMiB, "/proc/meminfo MemAvailable");
  host.swap_total_bytes.set(0, "/proc/meminfo SwapTotal");
  host.commit_limit_bytes.set(12032 * kMiB, "/proc/meminfo CommitLimit");
  host.committed_as_bytes.set(1210 * kMiB, "/proc/meminfo Committed_AS");
  host.overcommit_memory.set(0, "/proc/sys/vm/overcommit_memory");
  host.overcommit_ratio.set(50, "/proc/sys/vm/overcommit_ratio");
  host.thp.set("madvise", "/sys/kernel/mm/transparent_hugepage/enabled");
  host.cgroup_version.set("v2", "/proc/self/mountinfo");
  host.cgroup_limit_bytes.source = "/sys/fs/cgroup/memory.max";
  host.root.set(true, "geteuid");
  host.rlimits["stack"].set(8 * kMiB, "getrlimit");
  host.rlimits["address_space"].source = "getrlimit";
  host.numa_nodes = {{0, 24064 * kMiB, 20100 * kMiB}};
  host.programs["python3"] = true;
  host.python_modules["torch"] = false;
  return host;
}

}  // namespace

RunRecord sample_record() {
  RunRecord run;
  run.run_id = "019ad0f1-7c1e-7b52-9a0e-3f5f7d1f0a11";
  run.tool_version = "0.1.0";
  run.started_at = "2026-03-01T10:00:00.123Z";
  run.finished_at = "2026-03-01T10:00:12.430Z";
  run.duration_ms = 12307;
  run.command_line = {"memqual", "run", "--allow-system-changes", "scenarios/suite/seeds"};
  run.host = sample_host();
  run.exit_code = 1;
  run.notes = {"restored vm.overcommit_memory = 0, vm.overcommit_ratio = 50"};
  add_zeros(run);
  add_list(run);
  add_malloc_32gib(run);
  add_tiles(run);
  add_ones(run);
  add_others(run);
  add_programs(run);
  add_unsupported(run);
  return run;
}

RunRecord hostile_record() {
  const std::string nul(1, '\0');
  const std::string evil = "<script>alert(1)</script> ]]> & \" ' \x1b[31mred\x1b]0;t\x07" + nul +
                           " \xff\xc0\x80 \xe2\x80\xae gnp.exe \xef\xbf\xbf {} %s \r\n\x9b end";
  RunRecord run = sample_record();
  run.run_id = run.tool_version = run.started_at = evil;
  run.command_line = run.notes = {evil};
  run.machines = {{evil, 1, 1, 1, {}}};
  run.machines[0].facts.kernel_release.set(evil, evil);
  run.host.hostname.set(evil, evil);
  run.host.kernel_release.set(evil, evil);
  run.host.thp.set(evil, evil);
  for (CaseRecord& record : run.cases) {
    record.id += evil;
    record.hash += evil;
    record.scenario += evil;
    record.summary = record.source = record.expected = record.repeat_command = evil;
    record.origin.file = evil;
    if (&record == &run.cases.front()) record.machine = evil;
    record.tags = record.settings = record.workload = {evil};
    for (Parameter& parameter : record.parameters) parameter.value += evil;
    record.verdict.reason = record.verdict.hint = evil;
    record.verdict.checks.push_back({evil, evil, evil, false});
    for (Attempt& attempt : record.attempts) {
      if (!attempt.observation) continue;
      Observation& seen = *attempt.observation;
      seen.ending.evidence = seen.ending.errno_name = evil;
      seen.kernel_log = seen.notes = {evil};
      seen.leaks = {{1, evil}};
      seen.rss_peak_bytes.source = evil;
      for (StepReport& step : seen.steps) {
        step.kind = step.name = step.label = step.detail = step.error_name = evil;
        step.output = evil;
      }
    }
  }
  std::string flood;
  while (flood.size() < kMiB) flood += evil;
  for (Attempt& attempt : run.cases.front().attempts) {
    if (attempt.observation) attempt.observation->steps[0].output = flood;
  }
  run.cases.front().verdict.status = CaseStatus::fail;
  return run;
}

RunRecord large_record(std::size_t cases) {
  const RunRecord sample = sample_record();
  RunRecord run = sample;
  run.cases.clear();
  for (std::size_t i = 0; i < cases; ++i) {
    CaseRecord record = sample.cases[i % sample.cases.size()];
    record.parameters.push_back({"n", std::to_string(i)});
    record.hash = hash8(std::to_string(i));
    record.id += std::to_string(i);
    for (Attempt& attempt : record.attempts) {
      if (!attempt.observation) continue;
      attempt.observation->timeline.clear();
      for (std::uint64_t p = 0; p < 240; ++p) {
        attempt.observation->timeline.push_back({p * 1000, (p + i) % 97 * kMiB});
      }
    }
    run.cases.push_back(std::move(record));
  }
  return run;
}

}  // namespace memqual
