// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>
#include <optional>

#include "harness/spawn/child_launcher.h"
#include "harness/spawn/parent_process.h"
#include "harness/spawn/rss_sampler.h"
#include "harness/spawn/start_process.h"

namespace memqual {
namespace {

using Clock = std::chrono::steady_clock;

// A case may say a lot (10 000 steps of 500 bytes), but not without end.
constexpr std::size_t kMaxBytesPerCase = 16 * kMiB;
constexpr std::uint64_t kGuardIntervalUs = 50000;

std::uint64_t since_us(Clock::time_point start) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
}

// Splits what comes through the pipe into lines.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  /// Reads what is there. False at the end of the pipe.
  bool fill() {
    char buffer[16384];
    ssize_t size = 0;
    do {
      size = read(fd_, buffer, sizeof buffer);
    } while (size < 0 && errno == EINTR);
    if (size <= 0) return false;
    pending_.append(buffer, static_cast<std::size_t>(size));
    total_ += static_cast<std::size_t>(size);
    return true;
  }

  /// The next whole line; nothing where there is none. Errors: too long, malformed.
  Result<std::optional<wire::Line>> next() {
    const std::size_t newline = pending_.find('\n', begin_);
    if (newline == std::string::npos) {
      pending_.erase(0, begin_);
      begin_ = 0;
      if (pending_.size() > wire::kMaxLineBytes)
        return Error{"the child program sent a line without end", ""};
      return std::optional<wire::Line>();
    }
    Result<wire::Line> line =
        wire::parse_line(std::string_view(pending_).substr(begin_, newline - begin_));
    begin_ = newline + 1;
    if (!line) return line.error();
    return std::optional<wire::Line>(*std::move(line));
  }

  void begin_case() { total_ = 0; }
  bool flooded() const { return total_ > kMaxBytesPerCase; }

 private:
  int fd_;
  std::string pending_;
  std::size_t begin_ = 0;
  std::size_t total_ = 0;
};

// `fd` does not block: a launcher that does not read must not keep us for ever.
bool write_all(int fd, std::string_view text, std::uint64_t within_ms) {
  const Clock::time_point start = Clock::now();
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size > 0) {
      text.remove_prefix(static_cast<std::size_t>(size));
      continue;
    }
    if (size == 0 || (errno != EINTR && errno != EAGAIN)) return false;
    pollfd wait{fd, POLLOUT, 0};
    if (errno == EAGAIN) poll(&wait, 1, 100);
    if (since_us(start) > within_ms * 1000) return false;
  }
  return true;
}

}  // namespace

struct ChildLauncher::State {
  StartedProcess process;
  LineReader reader;
  bool alive = true;

  explicit State(StartedProcess started) : process(started), reader(started.from_child) {}
  ~State() { end(0); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Closing its input lets the launcher kill its case and leave; SIGKILL is for one that does not.
  void end(std::int64_t case_pid) {
    if (process.pid <= 0) return;
    alive = false;
    close(process.to_child);
    if (case_pid > 0) kill(static_cast<pid_t>(-case_pid), SIGKILL);
    pollfd wait{process.from_child, POLLIN, 0};
    const Clock::time_point start = Clock::now();
    char dropped[4096];
    std::size_t left = kMiB;  // one that floods is not going to leave by itself
    while (since_us(start) < 2000000 && left > 0 && poll(&wait, 1, 100) >= 0) {
      if (wait.revents == 0) continue;
      const ssize_t size = read(process.from_child, dropped, sizeof dropped);
      if (size <= 0) break;
      left -= std::min(left, static_cast<std::size_t>(size));
    }
    kill(process.pid, SIGKILL);
    waitpid(process.pid, nullptr, 0);
    close(process.from_child);
    process.pid = -1;
  }
};

namespace {

ProcessBaseline baseline_of(const wire::Line& line) {
  ProcessBaseline baseline;
  baseline.vsz_bytes = line.number("vsz");
  baseline.data_bytes = line.number("data");
  baseline.rss_bytes = line.number("rss");
  baseline.locked_bytes = line.number("locked");
  baseline.map_count = line.number("maps");
  baseline.slack_bytes = 0;
  baseline.slack_maps = 0;
  baseline.source = "measured in the process before its first step";
  return baseline;
}

// One case from `case` to `done`.
class CaseRun {
 public:
  CaseRun(const StartedProcess& process, LineReader& reader, const LaunchOptions& options)
      : process_(process), reader_(reader), options_(options) {}

  Result<ChildTrace> run(const std::string& program) {
    reader_.begin_case();
    const std::string header = "case size=" + std::to_string(program.size()) + "\n";
    if (!write_all(process_.to_child, header, options_.answer_ms) ||
        !write_all(process_.to_child, program, options_.answer_ms))
      return Error{"the launcher does not read its cases any more", ""};
    while (!done_) {
      if (Status status = wait_for_news(); !status) return status.error();
      if (Status status = handle_lines(); !status) return status.error();
      watch_limits();
      if (Status status = still_answering(); !status) return status.error();
    }
    trace_.timeline = sampler_.points();
    trace_.rss_sampled_peak_bytes = sampler_.peak_bytes();
    return std::move(trace_);
  }

  /// The case if it is the launcher's own and lives as far as we know; else 0.
  std::int64_t living_case() const {
    if (!owned_) return 0;
    return running_ || parent_process(trace_.pid) == process_.pid ? trace_.pid : 0;
  }

 private:
  void tell(std::string_view word) {
    write_all(process_.to_child, std::string(word) + "\n", options_.answer_ms);
  }

  int timeout_ms() const {
    if (!running_) return 1000;
    const std::uint64_t due = sampler_.due_in_us(since_us(start_));
    return static_cast<int>(std::min<std::uint64_t>(due / 1000 + 1, 100));
  }

  Status wait_for_news() {
    pollfd waits[2] = {{process_.from_child, POLLIN, 0},
                       {stop_seen_ ? -1 : options_.stop.fd, POLLIN, 0}};
    if (poll(waits, 2, timeout_ms()) < 0 && errno != EINTR)
      return Error{std::string("waiting for the child program: ") + std::strerror(errno), ""};
    if (waits[0].revents != 0 && !reader_.fill())
      return Error{"the launcher ended in the middle of a case", "see its message above, if any"};
    if (reader_.flooded())
      return Error{
          "the child program sent more than " + format_bytes(kMaxBytesPerCase) + " about one case",
          ""};
    return done();
  }

  Status handle_lines() {
    for (;;) {
      Result<std::optional<wire::Line>> line = reader_.next();
      if (!line) return line.error();
      if (!line->has_value()) return done();
      if (Status status = handle(std::move(**line)); !status) return status;
      if (done_) return done();
    }
  }

  Status handle(wire::Line line) {
    if (line.verb == "fork_failed")
      return Error{std::string("forking the case process: ") +
                       std::strerror(static_cast<int>(line.number("error"))),
                   "the host is out of processes or memory"};
    if (line.verb == "forked") return admit(line.number("pid"));
    if (line.verb == "started") let_start(line);
    if (line.verb == "command") sampler_.watch(static_cast<std::int64_t>(line.number("pid")));
    if (line.verb == "reaped") {
      running_ = false;
      silent_since_ = Clock::now();
    }
    if (line.verb == "stuck") return Error{"processes of the case could not be killed", ""};
    if (line.verb == "done")
      done_ = true;
    else
      trace_.lines.push_back(std::move(line));
    return done();
  }

  // This pid gets signals, and a cgroup: it is checked, whatever the child program says. A wrong
  // one, above all 1 (kill(-1) is everybody), is never touched.
  Status admit(std::uint64_t pid) {
    const std::optional<std::int64_t> parent =
        pid > 1 && pid <= INT_MAX ? parent_process(static_cast<std::int64_t>(pid)) : -1;
    if (running_ || trace_.pid != 0 || (parent && *parent != process_.pid))
      return Error{"the child program reports process " + std::to_string(pid) +
                       " as its case, which it is not",
                   ""};
    trace_.pid = static_cast<std::int64_t>(pid);
    owned_ = parent.has_value();  // else it has ended already, and `reaped` is on its way
    running_ = true;
    start_ = Clock::now();
    if (!owned_) return done();
    sampler_.watch(trace_.pid);
    if (options_.admit)
      if (Status status = options_.admit(trace_.pid); !status) return status;
    start_ = Clock::now();
    tell("go");
    return done();
  }

  // Once: the workload itself cannot write lines, but a broken child program can.
  void let_start(const wire::Line& line) {
    if (!running_ || has_started_) return;
    has_started_ = true;
    if (options_.started) options_.started(baseline_of(line));
    start_ = Clock::now();
    tell("start");
  }

  void end_case(HarnessKill reason, bool at_once) {
    if (trace_.killed_because == HarnessKill::none) trace_.killed_because = reason;
    tell(at_once ? "kill" : "term");
    if (at_once) trace_.kill_was_needed = true;
    ended_at_ = Clock::now();
    killed_ = at_once;
  }

  void watch_limits() {
    if (!running_) return;
    const std::uint64_t now_us = since_us(start_);
    sampler_.sample(now_us);
    const bool ending = trace_.killed_because != HarnessKill::none;
    const int stop = options_.stop.level();
    if (stop > 0) stop_seen_ = true;
    if (!ending && stop > 0)
      end_case(HarnessKill::stop, stop > 1);
    else if (!ending && now_us > options_.timeout_ms * 1000)
      end_case(HarnessKill::timeout, false);
    else if (!ending && below_floor(now_us))
      end_case(HarnessKill::memory_guard, true);
    else if (ending && !killed_ && (stop > 1 || since_us(ended_at_) > options_.grace_ms * 1000))
      end_case(trace_.killed_because, true);
  }

  bool below_floor(std::uint64_t now_us) {
    if (options_.available_floor_bytes == 0 || now_us < next_guard_us_) return false;
    next_guard_us_ = now_us + kGuardIntervalUs;
    const std::uint64_t available = read_mem_available_bytes();
    return available > 0 && available < options_.available_floor_bytes;
  }

  Status still_answering() const {
    const std::uint64_t limit_us = options_.answer_ms * 1000;
    const std::string limit = std::to_string(options_.answer_ms) + " ms";
    if (running_ && killed_ && since_us(ended_at_) > limit_us)
      return Error{"the case was killed but did not end within " + limit, ""};
    if (!running_ && since_us(silent_since_) > limit_us)
      return Error{"the launcher was silent for " + limit, ""};
    return done();
  }

  const StartedProcess& process_;
  LineReader& reader_;
  const LaunchOptions& options_;
  ChildTrace trace_;
  RssSampler sampler_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point ended_at_ = Clock::now();
  Clock::time_point silent_since_ = Clock::now();
  std::uint64_t next_guard_us_ = 0;
  bool owned_ = false;
  bool running_ = false;
  bool has_started_ = false;
  bool killed_ = false;
  bool done_ = false;
  bool stop_seen_ = false;
};

Status wait_until_ready(const StartedProcess& process, LineReader& reader, std::uint64_t ready_ms) {
  const Clock::time_point start = Clock::now();
  while (since_us(start) < ready_ms * 1000) {
    pollfd wait{process.from_child, POLLIN, 0};
    poll(&wait, 1, 100);
    if (wait.revents == 0) continue;
    if (!reader.fill()) return Error{"it ended before it was ready", ""};
    Result<std::optional<wire::Line>> line = reader.next();
    if (!line) return line.error();
    if (!line->has_value()) continue;
    if ((*line)->verb != "ready") return Error{"its first word was '" + (*line)->verb + "'", ""};
    if ((*line)->number("version") != wire::kVersion)
      return Error{"it speaks protocol version " + (*line)->text("version") + ", not " +
                       std::to_string(wire::kVersion),
                   "rebuild: memqual and memqual-child must come from the same build"};
    return done();
  }
  return Error{"it was not ready within " + std::to_string(ready_ms) + " ms", ""};
}

}  // namespace

ChildLauncher::ChildLauncher(std::unique_ptr<State> state) : state_(std::move(state)) {}
ChildLauncher::ChildLauncher(ChildLauncher&&) noexcept = default;
ChildLauncher& ChildLauncher::operator=(ChildLauncher&&) noexcept = default;
ChildLauncher::~ChildLauncher() = default;

bool ChildLauncher::alive() const { return state_ != nullptr && state_->alive; }

Result<ChildLauncher> ChildLauncher::start(const std::filesystem::path& child,
                                           std::uint64_t ready_ms) {
  signal(SIGPIPE, SIG_IGN);  // a launcher that died is an error of write(), not our end
  Result<StartedProcess> process = start_process(child, {"--launcher"});
  if (!process)
    return Error{process.error().message,
                 "build it with ./dev build, or set MEMQUAL_CHILD to its path"};
  auto state = std::make_unique<State>(*process);
  fcntl(process->to_child, F_SETFL, O_NONBLOCK);
  if (Status ready = wait_until_ready(state->process, state->reader, ready_ms); !ready)
    return Error{"starting the launcher " + child.string() + ": " + ready.error().message,
                 ready.error().hint};
  return ChildLauncher(std::move(state));
}

Result<ChildTrace> ChildLauncher::run(const std::string& encoded_program,
                                      const LaunchOptions& options) {
  if (!alive()) return Error{"the launcher is gone", ""};
  CaseRun run(state_->process, state_->reader, options);
  Result<ChildTrace> trace = run.run(encoded_program);
  if (!trace) state_->end(run.living_case());
  return trace;
}

}  // namespace memqual
