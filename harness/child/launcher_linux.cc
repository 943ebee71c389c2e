// SPDX-License-Identifier: Apache-2.0
// Why a launcher: a process forked from a large parent pays for the copy of its page tables, and
// Linux carries the parent's resident-set peak into the child's rusage (fs/exec.c
// setmax_mm_hiwater_rss, kernel/fork.c). A case forked from this program starts from half a
// megabyte, and costs less than starting any program. As child subreaper the launcher becomes the
// parent of every process that a case leaves behind, so it can end them all.
//
// No heap is used between cases: what grows here would be in the resident set of every case.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

#include "harness/child/apply_setup.h"
#include "harness/child/case_process.h"
#include "harness/child/launcher.h"
#include "harness/child/progress.h"
#include "harness/wire/line.h"
#include "harness/wire/program_codec.h"

namespace memqual::child {
namespace {

constexpr int kControl = STDIN_FILENO;
constexpr int kReport = STDOUT_FILENO;

// Descriptors of a fresh image: fixed, so that its command line can be fixed too.
constexpr CaseDescriptors kImageDescriptors{3, 4, 5, 6};

char program_text[wire::kMaxProgramBytes];

std::uint64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000000u +
         static_cast<std::uint64_t>(time.tv_nsec);
}

// Reads the control pipe without losing what follows a line.
class Control {
 public:
  /// The next line, without its newline; false at the end of the pipe.
  bool read_line(std::string_view& line) {
    for (;;) {
      const char* newline =
          static_cast<const char*>(std::memchr(buffer_ + begin_, '\n', end_ - begin_));
      if (newline != nullptr) {
        const auto at = static_cast<std::size_t>(newline - buffer_);
        line = std::string_view(buffer_ + begin_, at - begin_);
        begin_ = at + 1;
        return true;
      }
      if (end_ - begin_ >= sizeof buffer_ || !fill()) return false;
    }
  }
  bool read_bytes(char* out, std::size_t bytes) {
    while (bytes > 0) {
      if (begin_ == end_ && !fill()) return false;
      const std::size_t part = bytes < end_ - begin_ ? bytes : end_ - begin_;
      std::memcpy(out, buffer_ + begin_, part);
      begin_ += part;
      out += part;
      bytes -= part;
    }
    return true;
  }
  bool has_line() const { return std::memchr(buffer_ + begin_, '\n', end_ - begin_) != nullptr; }

 private:
  bool fill() {
    std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    ssize_t size = 0;
    do {
      size = read(kControl, buffer_ + end_, sizeof buffer_ - end_);
    } while (size < 0 && errno == EINTR);
    if (size <= 0) return false;
    end_ += static_cast<std::size_t>(size);
    return true;
  }
  char buffer_[wire::kMaxLineBytes];
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

struct Launched {
  pid_t pid = -1;
  int gate = -1;
};

// The forked process: standard streams to nowhere, the report pipe away from the streams' numbers.
CaseDescriptors take_descriptors(int gate, int progress) {
  CaseDescriptors descriptors;
  descriptors.report = fcntl(kReport, F_DUPFD_CLOEXEC, 10);
  descriptors.gate = fcntl(gate, F_DUPFD_CLOEXEC, 10);
  descriptors.progress = fcntl(progress, F_DUPFD_CLOEXEC, 10);
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, stream);
  if (nowhere > STDERR_FILENO) close(nowhere);
  close(gate);
  close(progress);
  return descriptors;
}

// dup2 clears close-on-exec; the sources lie at 10 and above, so no target overwrites a source.
[[noreturn]] void exec_image(const CaseDescriptors& from, std::string_view program) {
  const int copy = memfd_create("memqual-program", MFD_CLOEXEC);
  if (copy < 0 ||
      write(copy, program.data(), program.size()) != static_cast<ssize_t>(program.size()))
    end_with_error(from.report, "handing the program to a fresh image", errno);
  const int high_copy = fcntl(copy, F_DUPFD_CLOEXEC, 10);
  dup2(from.report, kImageDescriptors.report);
  dup2(from.gate, kImageDescriptors.gate);
  dup2(high_copy, kImageDescriptors.program);
  dup2(from.progress, kImageDescriptors.progress);
  char name[] = "memqual-child";
  char flag[] = "--case";
  char* argv[] = {name, flag, nullptr};
  execv("/proc/self/exe", argv);
  end_with_error(from.report, "starting a fresh image", errno);
}

[[noreturn]] void become_case(std::string_view text, int gate, int progress) {
  signal(SIGPIPE, SIG_IGN);
  const CaseDescriptors descriptors = take_descriptors(gate, progress);
  const Result<ChildProgram> program = wire::decode_program(text);
  if (!program) end_with_error(descriptors.report, program.error().message, 0);
  if (!program->setup.fresh_image) run_case(*program, descriptors);
  for (const auto& [name, value] : program->setup.variables)
    setenv(name.c_str(), value.c_str(), 1);  // here too: the C library reads some at its start
  if (const auto problem = apply_before_exec(program->setup))
    end_with_error(descriptors.report, problem->what, problem->error);
  exec_image(descriptors, text);
}

Launched launch(std::string_view text, int progress) {
  int gate[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return {};
  const pid_t pid = fork();
  if (pid == 0) {
    close(gate[1]);
    become_case(text, gate[0], progress);
  }
  const int error = errno;
  close(gate[0]);
  if (pid < 0) {
    close(gate[1]);
    errno = error;
    return {};
  }
  setpgid(pid, pid);
  return {pid, gate[1]};
}

// Obeys the harness until the case has ended. False: the harness is gone.
bool serve_until_end(Control& control, Launched& launched, std::uint64_t& started_ns) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, launched.pid, 0));
  bool harness_lives = true;
  for (;;) {
    siginfo_t ended{};
    // Without pidfd (Linux < 5.3) the end of the case is seen by looking again.
    pollfd waits[2] = {{harness_lives ? kControl : -1, POLLIN, 0}, {pidfd, POLLIN, 0}};
    if (!control.has_line()) poll(waits, 2, pidfd >= 0 ? -1 : 5);
    if (waitid(P_PID, static_cast<id_t>(launched.pid), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        ended.si_pid == launched.pid)
      break;
    if (!control.has_line() && waits[0].revents == 0) continue;
    std::string_view line;
    if (!control.read_line(line)) {
      harness_lives = false;
      kill(-launched.pid, SIGKILL);
    } else if ((line == "go" || line == "start") && launched.gate >= 0) {
      started_ns = now_ns();
      if (write(launched.gate, "g", 1) != 1) kill(-launched.pid, SIGKILL);
      if (line == "go") continue;
      close(launched.gate);
      launched.gate = -1;
    } else if (line == "term") {
      kill(-launched.pid, SIGTERM);
    } else if (line == "kill") {
      kill(-launched.pid, SIGKILL);
    }
  }
  if (pidfd >= 0) close(pidfd);
  return harness_lives;
}

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000u +
         static_cast<std::uint64_t>(time.tv_usec);
}

void send_reaped(int status, const rusage& usage, const Progress& progress, std::uint64_t wall_ns) {
  wire::LineBuilder line("reaped");
  line.add("status", static_cast<std::uint64_t>(static_cast<unsigned>(status)));
  line.add("wall_ns", wall_ns);
  line.add("user_us", microseconds(usage.ru_utime)).add("system_us", microseconds(usage.ru_stime));
  line.add("maxrss", static_cast<std::uint64_t>(usage.ru_maxrss) * 1024);
  line.add("minor_faults", static_cast<std::uint64_t>(usage.ru_minflt));
  line.add("major_faults", static_cast<std::uint64_t>(usage.ru_majflt));
  line.add("step", progress.step.load(std::memory_order_relaxed));
  line.add("touched", progress.touched_bytes.load(std::memory_order_relaxed));
  line.add("granted_blocks", progress.granted_blocks.load(std::memory_order_relaxed));
  send(kReport, line);
}

// Parent and name of a process from /proc/PID/stat: "pid (name) state ppid ...".
bool read_stat(const char* pid, char (&name)[64], pid_t& parent) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
  char text[512] = "";
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  const char* open_paren = std::strchr(text, '(');
  const char* close_paren = std::strrchr(text, ')');
  if (size <= 0 || open_paren == nullptr || close_paren == nullptr) return false;
  std::snprintf(name, sizeof name, "%.*s", static_cast<int>(close_paren - open_paren - 1),
                open_paren + 1);
  char state = 0;
  int ppid = 0;
  if (std::sscanf(close_paren + 1, " %c %d", &state, &ppid) != 2) return false;
  parent = ppid;
  return state != 'Z';
}

// The leaks of one case that were told already: one that is slow to die is seen in every round.
struct ToldLeaks {
  pid_t pids[256];
  std::size_t count = 0;
  bool add(pid_t pid) {
    for (std::size_t i = 0; i < count; ++i)
      if (pids[i] == pid) return false;
    if (count == sizeof pids / sizeof pids[0]) return false;  // the rest is killed without a word
    pids[count++] = pid;
    return true;
  }
};

// Kills every living child of the launcher and tells of each.
void kill_children(ToldLeaks& told) {
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return;
  const pid_t self = getpid();
  while (const dirent* entry = readdir(proc)) {
    char name[64];
    pid_t parent = 0;
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    if (!read_stat(entry->d_name, name, parent) || parent != self) continue;
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (told.add(pid)) {
      wire::LineBuilder line("leak");
      line.add("pid", static_cast<std::uint64_t>(pid)).add("name", std::string_view(name));
      send(kReport, line);
    }
    kill(pid, SIGKILL);
  }
  closedir(proc);
}

// Ends what the case left behind. As each of them dies its own children become ours, hence the
// rounds.
void end_leftovers(pid_t group) {
  int pause_ms = 1;
  ToldLeaks told;
  for (int round = 0; round < 200; ++round) {
    const pid_t ended = waitpid(-1, nullptr, WNOHANG);
    if (ended < 0 && errno == ECHILD) return;
    if (ended > 0) continue;
    kill_children(told);
    kill(-group, SIGKILL);
    siginfo_t info{};
    // A killed process that is slow to die (a core in the kernel) is waited for with growing
    // pauses.
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0) {
      poll(nullptr, 0, pause_ms);
      pause_ms = pause_ms < 100 ? pause_ms * 2 : 100;
    }
  }
  wire::LineBuilder line("stuck");
  send(kReport, line);
}

bool run_one(Control& control, std::string_view text, int progress_fd, Progress& progress) {
  progress.step.store(0);
  progress.touched_bytes.store(0);
  progress.granted_blocks.store(0);
  std::uint64_t started_ns = now_ns();
  Launched launched = launch(text, progress_fd);
  if (launched.pid < 0) {
    wire::LineBuilder failed("fork_failed");
    failed.add("error", static_cast<std::uint64_t>(errno));
    send(kReport, failed);
    return true;
  }
  wire::LineBuilder forked("forked");
  forked.add("pid", static_cast<std::uint64_t>(launched.pid));
  send(kReport, forked);
  const bool harness_lives = serve_until_end(control, launched, started_ns);
  if (launched.gate >= 0) close(launched.gate);
  const std::uint64_t wall_ns = now_ns() - started_ns;
  int status = 0;
  rusage usage{};
  wait4(launched.pid, &status, 0, &usage);
  send_reaped(status, usage, progress, wall_ns);
  end_leftovers(launched.pid);
  wire::LineBuilder done("done");
  send(kReport, done);
  return harness_lives;
}

}  // namespace

int run_launcher() {
  // The harness's own descriptors are not ours to keep.
  syscall(SYS_close_range, 3u, ~0u, 0u);
  signal(SIGPIPE, SIG_IGN);
  setpgid(0, 0);  // Ctrl-C in the terminal is the harness's business
  // No parent-death signal: when the harness dies, its pipe ends, and we still have to end what the
  // case has left behind in sessions of its own.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int progress_fd = memfd_create("memqual-progress", MFD_CLOEXEC);
  if (progress_fd < 0 || ftruncate(progress_fd, sizeof(Progress)) != 0) return 1;
  void* page = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED, progress_fd, 0);
  if (page == MAP_FAILED) return 1;
  wire::LineBuilder ready("ready");
  ready.add("version", wire::kVersion).add("pid", static_cast<std::uint64_t>(getpid()));
  send(kReport, ready);
  static Control control;
  std::string_view text;
  while (control.read_line(text)) {
    constexpr std::string_view kCase = "case size=";
    if (!text.starts_with(kCase)) continue;  // a late `kill` for a case that has ended
    const std::size_t size = std::strtoull(text.data() + kCase.size(), nullptr, 10);
    if (size > sizeof program_text || !control.read_bytes(program_text, size)) return 1;
    if (!run_one(control, {program_text, size}, progress_fd, *static_cast<Progress*>(page)))
      return 0;
  }
  return 0;
}

}  // namespace memqual::child
