// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>
#include <string>

#include "harness/child/apply_setup.h"
#include "harness/child/blocks.h"
#include "harness/child/case_process.h"
#include "harness/child/probe.h"
#include "harness/child/report_probes.h"
#include "harness/child/self_stats.h"
#include "harness/child/steps.h"
#include "harness/wire/program_codec.h"

namespace memqual::child {
namespace {

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000000u +
         static_cast<std::uint64_t>(time.tv_nsec);
}

// False: the harness is gone, or does not want the case any more.
bool wait_at_gate(int gate) {
  char go = 0;
  ssize_t size = 0;
  do {
    size = read(gate, &go, 1);
  } while (size < 0 && errno == EINTR);
  return size == 1;
}

Progress* map_progress(int fd) {
  void* page = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return page == MAP_FAILED ? nullptr : static_cast<Progress*>(page);
}

std::size_t read_huge_page_bytes() {
  char text[32] = "";
  const int fd = open("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
  if (fd >= 0) close(fd);
  const std::size_t bytes = size > 0 ? std::strtoull(text, nullptr, 10) : 0;
  return bytes > 0 ? bytes : 2 * 1024 * 1024;
}

// "Hugepagesize:    2048 kB", of the pool; a machine without one is told the size of THP.
std::size_t read_hugetlb_page_bytes(std::size_t otherwise) {
  char text[4096] = "";
  const int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
  if (fd >= 0) close(fd);
  const char* line = size > 0 ? std::strstr(text, "Hugepagesize:") : nullptr;
  const std::size_t kib = line != nullptr ? std::strtoull(line + 13, nullptr, 10) : 0;
  return kib > 0 ? kib * 1024 : otherwise;
}

void send_started(int report, const SelfStats& stats) {
  const MemoryStart start = stats.start();
  wire::LineBuilder line("started");
  line.add("rss", start.rss_bytes).add("vsz", start.vsz_bytes).add("data", start.data_bytes);
  line.add("locked", start.locked_bytes).add("maps", start.map_count);
  send(report, line);
}

void send_output(int report, std::size_t step, const char* text, std::size_t bytes) {
  while (bytes > 0) {
    wire::LineBuilder line("output");
    line.add("step", std::uint64_t{step});
    const std::size_t part = bytes < line.room_for_text() ? bytes : line.room_for_text();
    line.add("text", std::string_view(text, part));
    send(report, line);
    text += part;
    bytes -= part;
  }
}

void send_figures(int report, std::size_t step, const std::vector<BandwidthFigure>& figures) {
  for (const BandwidthFigure& figure : figures) {
    wire::LineBuilder line("bandwidth");
    line.add("step", std::uint64_t{step}).add("operation", to_word(figure.operation));
    line.add("threads", std::uint64_t{figure.threads}).add("way", figure.way);
    line.add("moved", figure.moved_bytes).add("rounds", std::uint64_t{figure.rounds});
    line.add("median_ns", figure.median_ns).add("least_ns", figure.least_ns);
    line.add("most_ns", figure.most_ns).add("faults", figure.faults);
    line.add("first_ns", figure.first_ns).add("pinned", std::uint64_t{figure.pinned_threads});
    send(report, line);
  }
}

// placed=NODE:PAGES,NODE:PAGES
void add_placed(wire::LineBuilder& line, const PlacedPages& placed) {
  char text[32 * 32];
  int size = 0;
  for (std::size_t i = 0; i < placed.nodes; ++i)
    size += std::snprintf(text + size, sizeof text - static_cast<std::size_t>(size), "%s%u:%llu",
                          i == 0 ? "" : ",", placed.on[i].node,
                          static_cast<unsigned long long>(placed.on[i].pages));
  line.add("placed", std::string_view(text, static_cast<std::size_t>(size)));
  line.add("absent", placed.absent);
}

void send_step_end(int report, std::size_t step, const StepResult& result, const Progress& progress,
                   const MemoryNow& memory, std::uint64_t elapsed_ns) {
  wire::LineBuilder line("end");
  line.add("step", std::uint64_t{step}).add("elapsed_ns", elapsed_ns);
  line.add("error", static_cast<std::uint64_t>(result.error));
  line.add("rss", memory.rss_bytes).add("vsz", memory.vsz_bytes);
  line.add("touched", progress.touched_bytes.load(std::memory_order_relaxed));
  if (result.requested_blocks > 0) {
    line.add("requested", result.requested_bytes).add("granted", result.granted_bytes);
    line.add("requested_blocks", result.requested_blocks);
    line.add("granted_blocks", result.granted_blocks);
  }
  if (result.found.done) {
    line.add("largest", result.found.largest_bytes).add("unit", result.found.unit_bytes);
    line.add("largest_blocks", result.found.largest_blocks);
    line.add("refused", result.found.refused_bytes);
    line.add("refused_error", static_cast<std::uint64_t>(result.found.refused_error));
  }
  if (result.placed.asked) add_placed(line, result.placed);
  if (result.corrupted) line.add("corrupted", 1);
  if (result.misplaced) line.add("misplaced", 1);
  if (result.exit_status) line.add("exit", static_cast<std::uint64_t>(*result.exit_status));
  if (result.term_signal) line.add("signal", static_cast<std::uint64_t>(*result.term_signal));
  if (result.children_rss_peak_bytes > 0)
    line.add("children_rss_peak", result.children_rss_peak_bytes);
  if (result.detail[0] != '\0') line.add("detail", std::string_view(result.detail));
  send(report, line);
}

// Questions about a refusal map what the workload did not: its peak is the one before them.
void send_final(int report, const SelfStats& stats, const ProbeAnswers& answers) {
  MemoryFinal memory = stats.final_state();
  if (answers.asked && answers.vsz_peak_bytes != ProbeAnswers::kUnknown)
    memory.vsz_peak_bytes = answers.vsz_peak_bytes;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  wire::LineBuilder line("final");
  line.add("rss_peak", memory.rss_peak_bytes).add("rss", memory.rss_bytes);
  line.add("vsz_peak", memory.vsz_peak_bytes).add("vsz", memory.vsz_bytes);
  line.add("page_tables", memory.page_tables_bytes).add("swap", memory.swap_bytes);
  line.add("minor_faults", static_cast<std::uint64_t>(usage.ru_minflt));
  line.add("major_faults", static_cast<std::uint64_t>(usage.ru_majflt));
  send(report, line);
}

// SIGTERM goes to the whole group. If this process died of it, its command would follow at once by
// the parent-death signal: so it waits for the command, which has its time to clean up and to
// speak, reports, and only then dies.
class HoldSigterm {
 public:
  explicit HoldSigterm(bool hold) {
    sigemptyset(&set_);
    if (hold) sigaddset(&set_, SIGTERM);
    sigprocmask(SIG_BLOCK, &set_, nullptr);
  }
  ~HoldSigterm() { sigprocmask(SIG_UNBLOCK, &set_, nullptr); }
  HoldSigterm(const HoldSigterm&) = delete;
  HoldSigterm& operator=(const HoldSigterm&) = delete;

 private:
  sigset_t set_;
};

// The harness reads how far a killed case came from Progress, so it is set before the step begins.
// Returns what was asked about the step that was refused and so ended the case, if one was.
ProbeAnswers run_steps(const std::vector<WorkloadStep>& workload, StepContext& context, int report,
                       const SelfStats& stats) {
  char tail[kOutputTailBytes];
  for (std::size_t i = 0; i < workload.size(); ++i) {
    context.step = i;
    context.progress->touched_bytes.store(0, std::memory_order_relaxed);
    context.progress->granted_blocks.store(0, std::memory_order_relaxed);
    context.progress->step.store(i, std::memory_order_relaxed);
    wire::LineBuilder begin("begin");
    begin.add("step", std::uint64_t{i});
    send(report, begin);
    std::size_t tail_bytes = 0;
    const HoldSigterm hold(std::holds_alternative<Command>(workload[i].action));
    const std::uint64_t start = now_ns();
    const StepResult result = run_step(workload[i], context, &tail, &tail_bytes);
    const std::uint64_t elapsed = now_ns() - start - result.answers.took_ns;
    send_output(report, i, tail, tail_bytes);
    send_figures(report, i, result.bandwidth);
    if (result.answers.asked) send_probes(report, i, result.answers);
    send_step_end(report, i, result, *context.progress, stats.now(), elapsed);
    if (result.failed()) return result.answers;
  }
  return {};
}

void apply_or_end(const std::optional<SetupProblem>& problem, int report) {
  if (!problem) return;
  wire::LineBuilder line("setup_failed");
  line.add("what", problem->what).add("error", static_cast<std::uint64_t>(problem->error));
  send(report, line);
  _exit(0);
}

void run_after_gate(const ChildProgram& program, const CaseDescriptors& descriptors) {
  const int report = descriptors.report;
  BlockTable blocks;
  if (!blocks.prepare(program.workload))
    end_with_error(report, "memory for the block table", ENOMEM);
  StepContext context;
  context.blocks = &blocks;
  context.progress = map_progress(descriptors.progress);
  if (context.progress == nullptr) end_with_error(report, "mapping the progress page", errno);
  context.page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  context.huge_page_bytes = read_huge_page_bytes();
  context.hugetlb_page_bytes = read_hugetlb_page_bytes(context.huge_page_bytes);
  context.report = report;
  if (needs_scratch(program.workload)) {
    context.scratch_dir =
        open(program.setup.scratch_dir.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    if (context.scratch_dir < 0) end_with_error(report, "opening the scratch folder", errno);
  }
  context.scratch_path = program.setup.scratch_dir;
  context.caches = program.setup.caches;
  context.node_cpus = program.setup.node_cpus;
  const Prober prober(context.page_bytes, context.hugetlb_page_bytes);
  context.prober = &prober;
  const SelfStats stats;
  apply_or_end(apply_limits(program.setup, stats), report);
  // Nothing is mapped from here to the first step: what was reported is what the steps begin with.
  send_started(report, stats);
  if (!wait_at_gate(descriptors.gate)) _exit(0);
  close(descriptors.gate);
  const ProbeAnswers answers = run_steps(program.workload, context, report, stats);
  send_final(report, stats, answers);
}

std::string read_program(int fd) {
  struct stat info {};
  fstat(fd, &info);
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const ssize_t size = pread(fd, text.data(), text.size(), 0);
  close(fd);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

}  // namespace

void end_with_error(int report, std::string_view what, int error) {
  wire::LineBuilder line("error");
  line.add("what", what).add("error", static_cast<std::uint64_t>(error));
  send(report, line);
  _exit(1);
}

void end_as_unsupported(int report, std::string_view what, std::string_view unlock) {
  wire::LineBuilder line("unsupported");
  line.add("what", what).add("unlock", unlock);
  send(report, line);
  _exit(1);
}

void run_case(const ChildProgram& program, const CaseDescriptors& descriptors) {
  try {
    apply_or_end(apply_identity(program.setup), descriptors.report);
    if (!wait_at_gate(descriptors.gate)) _exit(0);
    run_after_gate(program, descriptors);
  } catch (const std::bad_alloc&) {
    end_with_error(descriptors.report, "memory for the child program itself", ENOMEM);
  } catch (const std::exception& error) {
    end_with_error(descriptors.report, error.what(), 0);
  }
  _exit(0);
}

void run_case_image(const CaseDescriptors& descriptors) {
  for (const int fd : {descriptors.report, descriptors.gate, descriptors.progress})
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  const Result<ChildProgram> program = wire::decode_program(read_program(descriptors.program));
  if (!program) end_with_error(descriptors.report, program.error().message, 0);
  run_case(*program, descriptors);
}

}  // namespace memqual::child
