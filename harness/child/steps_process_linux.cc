// SPDX-License-Identifier: Apache-2.0
// Steps that make processes. fork() copies the address space and so is charged for it again; spawn
// and command use vfork semantics and are not, which is why both exist.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "harness/child/apply_setup.h"
#include "harness/child/report_pipe.h"
#include "harness/child/steps.h"

extern char** environ;

namespace memqual::child {
namespace {

// What a forked copy says about the step that stopped it.
struct CopyReport {
  std::uint64_t step = 0;
  StepResult result;
};
static_assert(sizeof(CopyReport) <= PIPE_BUF);

[[noreturn]] void run_copy(const Fork& step, StepContext& context, int gate, int result_pipe) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  char go = 0;
  ssize_t size = 0;
  do {
    size = read(gate, &go, 1);
  } while (size < 0 && errno == EINTR);
  if (size != 1) _exit(0);  // one of the copies could not be made, so that none begins
  StepContext copy = context;
  copy.report = -1;
  CopyReport report;
  const auto stop = [&] {
    // The result fits into PIPE_BUF, so reports of copies do not mix.
    const ssize_t written = write(result_pipe, &report, sizeof report);
    _exit(written == sizeof report ? 1 : 2);
  };
  if (const auto problem =
          step.oom_score_adj ? apply_oom_score(*step.oom_score_adj) : std::nullopt) {
    report.result = failed_call(problem->error == 0 ? EINVAL : problem->error,
                                "setting oom_score_adj of the forked process");
    stop();
  }
  for (const WorkloadStep& nested : step.workload) {
    report.result = run_step(nested, copy, nullptr, nullptr);
    if (report.result.failed()) stop();
    ++report.step;
  }
  _exit(0);
}

void absorb_end(StepResult& result, int status, const rusage& usage) {
  result.children_rss_peak_bytes =
      std::max(result.children_rss_peak_bytes, static_cast<std::uint64_t>(usage.ru_maxrss) * 1024);
  if (WIFSIGNALED(status)) result.term_signal = WTERMSIG(status);
}

// Of the calls that take memory; once.
void ask_about_refusal(StepResult& result, const StepContext& context) {
  const bool takes_memory = result.request.bytes > 0 || result.request.call == RefusedCall::fork;
  if (context.prober == nullptr || !takes_memory || result.answers.asked) return;
  if (is_refusal(result.error)) context.prober->ask(result.request, result.answers);
}

void close_both(const int (&ends)[2]) {
  close(ends[0]);
  close(ends[1]);
}

// A process that is not the case's own, for the harness to look for in the kernel's log.
void announce(const StepContext& context, const char* verb, pid_t pid) {
  if (context.report < 0) return;
  wire::LineBuilder line(verb);
  line.add("step", std::uint64_t{context.step}).add("pid", static_cast<std::uint64_t>(pid));
  send(context.report, line);
}

void wait_for_copies(const std::vector<pid_t>& copies, const StepContext& context,
                     StepResult& result) {
  for (const pid_t pid : copies) {
    int status = 0;
    rusage usage{};
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) announce(context, "killed", pid);
    absorb_end(result, status, usage);
  }
}

pid_t spawn_nothing(int& error) {
  char path[] = "/proc/self/exe";
  char flag[] = "--noop";
  char* argv[] = {path, flag, nullptr};
  pid_t pid = -1;
  error = posix_spawn(&pid, path, nullptr, nullptr, argv, environ);
  return pid;
}

// Keeps the last kOutputTailBytes of a stream.
class Tail {
 public:
  Tail(char (&buffer)[kOutputTailBytes], std::size_t& size) : buffer_(buffer), size_(size) {
    size_ = 0;
  }
  void add(const char* data, std::size_t bytes) {
    if (bytes >= kOutputTailBytes) {
      data += bytes - kOutputTailBytes;
      bytes = kOutputTailBytes;
    }
    const std::size_t keep = std::min(size_, kOutputTailBytes - bytes);
    std::memmove(buffer_, buffer_ + size_ - keep, keep);
    std::memcpy(buffer_ + keep, data, bytes);
    size_ = keep + bytes;
  }

 private:
  char (&buffer_)[kOutputTailBytes];
  std::size_t& size_;
};

// Reads what is there, but no more than a pipe can hold: behind the program that ended another one
// may still be writing, faster than we read. False at the end of the stream.
bool drain(int fd, Tail& tail) {
  char buffer[16384];
  for (int i = 0; i < 64; ++i) {
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size > 0) {
      tail.add(buffer, static_cast<std::size_t>(size));
      continue;
    }
    return size != 0 && (errno == EAGAIN || errno == EINTR);
  }
  return true;
}

// Collects output until the program itself has ended: a process it left behind may hold the pipe
// open.
int collect(pid_t pid, int output, Tail& tail, rusage& usage) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  bool open = true;
  int status = 0;
  for (;;) {
    pollfd waits[2] = {{open ? output : -1, POLLIN, 0}, {pidfd, POLLIN, 0}};
    // Without pidfd (Linux < 5.3) the end is seen by looking again.
    poll(waits, 2, pidfd >= 0 ? -1 : 10);
    if (open && waits[0].revents != 0) open = drain(output, tail);
    const pid_t ended = wait4(pid, &status, WNOHANG, &usage);
    if (ended == pid || (ended < 0 && errno != EINTR)) break;
  }
  if (open) drain(output, tail);
  if (pidfd >= 0) close(pidfd);
  return status;
}

// vfork: the new process borrows this one's memory until it execs, so nothing is charged for the
// copy and it may only make system calls.
pid_t start_program(char* const* argv, int output, volatile int& exec_error) {
  const pid_t pid = vfork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  signal(SIGPIPE, SIG_DFL);
  execvp(argv[0], argv);
  exec_error = errno;
  _exit(127);
}

}  // namespace

StepResult run_fork(const Fork& step, StepContext& context) {
  StepResult result;
  result.requested_blocks = step.count;
  int gate[2];
  int results[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return failed_call(errno, "making a pipe for fork");
  if (pipe2(results, O_CLOEXEC) != 0) {
    close_both(gate);
    return failed_call(errno, "making a pipe for fork");
  }
  std::vector<pid_t> copies;
  try {
    copies.reserve(step.count);
  } catch (const std::exception&) {
    close_both(gate);
    close_both(results);
    return failed_call(ENOMEM, "memory for the list of processes");
  }
  for (std::uint64_t i = 0; i < step.count; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      close(gate[1]);
      run_copy(step, context, gate[0], results[1]);
    }
    if (pid < 0) {
      result.error = errno;
      std::snprintf(result.detail, sizeof result.detail, "fork of process %llu of %llu",
                    static_cast<unsigned long long>(i + 1),
                    static_cast<unsigned long long>(step.count));
      // Before the copies that were made end, and give back what they were charged.
      result.request = {RefusedCall::fork};
      ask_about_refusal(result, context);
      break;
    }
    copies.push_back(pid);
    context.progress->granted_blocks.store(i + 1, std::memory_order_relaxed);
  }
  result.granted_blocks = copies.size();
  // All copies go at once, a byte for each.
  const std::string go(result.error == 0 ? copies.size() : 0, 'g');
  if (write(gate[1], go.data(), go.size()) < 0) result = failed_call(errno, "starting the copies");
  close_both(gate);
  close(results[1]);
  wait_for_copies(copies, context, result);
  CopyReport report;
  if (result.error == 0 && read(results[0], &report, sizeof report) == sizeof report) {
    result.error = report.result.error;
    result.corrupted = report.result.corrupted;
    result.misplaced = report.result.misplaced;
    result.exit_status = report.result.exit_status;
    result.answers = report.result.answers;
    result.answers.vsz_peak_bytes = ProbeAnswers::kUnknown;  // that of the copy
    std::snprintf(result.detail, sizeof result.detail, "in the forked process, step %llu: %.100s",
                  static_cast<unsigned long long>(report.step + 1), report.result.detail);
  }
  close(results[0]);
  return result;
}

StepResult run_spawn(const Spawn& step, StepContext& context) {
  StepResult result;
  result.requested_blocks = step.count;
  for (std::uint64_t i = 0; i < step.count; ++i) {
    int error = 0;
    const pid_t pid = spawn_nothing(error);
    if (error != 0) {
      result.error = error;
      std::snprintf(result.detail, sizeof result.detail, "posix_spawn of process %llu",
                    static_cast<unsigned long long>(i + 1));
      break;
    }
    wait_for_copies({pid}, context, result);
    result.granted_blocks = i + 1;
  }
  result.children_rss_peak_bytes =
      0;  // vfork: the figure starts at our own peak, so it says nothing
  return result;
}

StepResult run_command(const Command& step, StepContext& context, char (&tail)[kOutputTailBytes],
                       std::size_t& tail_bytes) {
  Tail output_tail(tail, tail_bytes);
  std::vector<char*> argv;
  try {
    for (const std::string& word : step.argv) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
  } catch (const std::bad_alloc&) {
    return failed_call(ENOMEM, "memory for the command line");
  }
  int output[2];
  if (pipe2(output, O_CLOEXEC) != 0) return failed_call(errno, "making a pipe for the command");
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  volatile int exec_error = 0;
  const pid_t pid = start_program(argv.data(), output[1], exec_error);
  const int fork_error = errno;
  close(output[1]);
  if (pid < 0) {
    close(output[0]);
    return failed_call(fork_error, "vfork for the command");
  }
  announce(context, "command", pid);
  StepResult result;
  rusage usage{};
  const int status = collect(pid, output[0], output_tail, usage);
  close(output[0]);
  absorb_end(result, status, usage);
  // vfork starts the program's figure at our own peak; only what lies above is the program's.
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  if (result.children_rss_peak_bytes <= static_cast<std::uint64_t>(own.ru_maxrss) * 1024)
    result.children_rss_peak_bytes = 0;
  if (WIFEXITED(status)) result.exit_status = WEXITSTATUS(status);
  if (exec_error != 0) {
    result = failed_call(exec_error, "");
    std::snprintf(result.detail, sizeof result.detail, "starting %.120s", argv[0]);
  }
  return result;
}

StepResult run_step(const WorkloadStep& step, StepContext& context, char (*tail)[kOutputTailBytes],
                    std::size_t* tail_bytes) {
  if (const auto* command = std::get_if<Command>(&step.action)) {
    char dropped[kOutputTailBytes];
    std::size_t dropped_bytes = 0;
    return run_command(*command, context, tail != nullptr ? *tail : dropped,
                       tail_bytes != nullptr ? *tail_bytes : dropped_bytes);
  }
  struct Run {
    StepContext& context;
    StepResult operator()(const Allocate& action) { return run_allocate(action, context); }
    StepResult operator()(const Touch& action) { return run_touch(action, context); }
    StepResult operator()(const Verify& action) { return run_verify(action, context); }
    StepResult operator()(const Free& action) { return run_free(action, context); }
    StepResult operator()(const Protect& action) { return run_protect(action, context); }
    StepResult operator()(const Advise& action) { return run_advise(action, context); }
    StepResult operator()(const Lock& action) { return run_lock(action, context); }
    StepResult operator()(const Fork& action) { return run_fork(action, context); }
    StepResult operator()(const Spawn& action) { return run_spawn(action, context); }
    StepResult operator()(const FindLargest& action) { return run_find_largest(action, context); }
    StepResult operator()(const Bandwidth& action) { return run_bandwidth(action, context); }
    StepResult operator()(const Kernel& action) { return run_kernel(action, context); }
    StepResult operator()(const Placement& action) { return run_placement(action, context); }
    StepResult operator()(const Command&) { return {}; }  // handled above: it needs the tail
  };
  StepResult result = std::visit(Run{context}, step.action);
  ask_about_refusal(result, context);
  return result;
}

}  // namespace memqual::child
