// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/guest_program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <limits>
#include <thread>

#include "fixtures/read_host_facts.h"
#include "harness/executor/local_executor.h"
#include "harness/lab/guest_system.h"
#include "harness/lab/lab_channel.h"
#include "harness/lab/lab_job.h"
#include "harness/lab/place_on.h"
#include "harness/lab/shell_session.h"
#include "harness/lab/work_folder.h"
#include "harness/plan/each_node.h"
#include "harness/plan/lookup.h"
#include "harness/plan/plan.h"
#include "scenarios/load/load.h"
#include "scenarios/model/record_codec.h"

namespace memqual {
namespace {

constexpr std::chrono::seconds kAliveInterval{2};
// Without a word from the host for so long the guest is nobody's.
constexpr std::chrono::minutes kHostSilence{30};

/// Says now and then that the machine still runs.
class Heartbeat {
 public:
  explicit Heartbeat(LabChannel& channel) : thread_([this, &channel] { beat(channel); }) {}
  ~Heartbeat() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  void beat(LabChannel& channel) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kAliveInterval, [this] { return ended_; }))
      if (!channel.send("alive")) return;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses the others
};

Attempt error_attempt(const Error& error) {
  Attempt attempt;
  attempt.verdict.status = CaseStatus::error;
  attempt.verdict.reason = "in the guest: " + error.message;
  attempt.verdict.hint = error.hint;
  return attempt;
}

Result<std::vector<Case>> load_cases(const LabSources& sources) {
  if (sources.question) {
    Result<std::vector<Case>> cases = load_line_cases(*sources.question);
    if (!cases) return cases.error();
    return place_on(*cases, sources.machines);
  }
  LoadOptions options;
  options.variables = sources.variables;
  LoadResult loaded = load_scenarios({sources.paths.begin(), sources.paths.end()}, options);
  if (!loaded.errors.empty()) return Error{to_string(loaded.errors.front()), ""};
  return place_on(loaded.cases, sources.machines);
}

bool wants_zram(const std::vector<Case>& cases) {
  return std::any_of(cases.begin(), cases.end(), [](const Case& test_case) {
    const auto& swap = test_case.environment.machine_settings.swap;
    return swap && swap->on == SwapOn::zram;
  });
}

/// The machine's whole life, from the job to the last case.
class GuestRun {
 public:
  GuestRun(LabChannel& channel, LabJob job, std::vector<Case> cases)
      : channel_(channel),
        job_(std::move(job)),
        cases_(std::move(cases)),
        facts_(facts_for(cases_)),
        host_(kGuestChild, "/tmp/state", facts_, job_.run_id, {}),
        executor_(make_local_executor(host_)) {
    // As the host did from the machine's description, so that it asks for the same ids.
    cases_ = expand_each_node(cases_, facts_);
  }

  Status serve() {
    if (Status status = channel_.send("facts", encode_host_facts(facts_, -1)); !status)
      return status;
    for (;;) {
      LabMessage message;
      const auto event = channel_.receive(message, kHostSilence);
      if (!event) return event.error();
      if (*event != LabChannel::Event::message) return Error{"the host is silent", ""};
      if (message.word == "off") return done();
      if (message.word != "run") return Error{"the host said " + message.word, ""};
      if (Status status = channel_.send("attempt", encode_attempt(run(message.rest))); !status)
        return status;
    }
  }
  void finish() { host_.finish(); }

 private:
  static HostFacts facts_for(const std::vector<Case>& cases) {
    HostFacts facts = read_host_facts();
    const SoftwareQuestions questions = software_questions(cases);
    if (!questions.programs.empty() || !questions.python_modules.empty())
      probe_software(facts, questions.programs, questions.python_modules);
    return facts;
  }

  /// "ATTEMPT CASE-ID"
  Attempt run(const std::string& request) {
    std::uint32_t number = 0;
    const auto [end, error] =
        std::from_chars(request.data(), request.data() + request.size(), number);
    if (error != std::errc() || *end != ' ')
      return error_attempt({"no attempt in: " + request, ""});
    const std::string id(end + 1);
    const auto found = std::find_if(cases_.begin(), cases_.end(),
                                    [&](const Case& test_case) { return test_case.id == id; });
    if (found == cases_.end())
      return error_attempt(
          {"there is no case " + id + ": the scenarios were read differently", ""});
    return execute(*found, number);
  }

  Attempt execute(Case test_case, std::uint32_t number) {
    test_case.environment.machine.reset();  // this is it
    test_case.timeout_ms *= job_.time_scale;
    refresh_moving_facts(facts_);
    PlanOptions options;
    options.allow_system_changes = true;
    const bool whole = job_.touch_budget_bytes == 0;
    // The machine is there to be used up; its host is protected by its size.
    options.memory_budget_bytes =
        whole ? std::numeric_limits<std::uint64_t>::max() : job_.touch_budget_bytes;
    PlannedCase planned = make_plan({test_case}, facts_, options).front();
    planned.confined = planned.confined || whole;
    if (!planned.not_run) return executor_->execute(planned, number);
    Attempt attempt;
    attempt.verdict = *planned.not_run;
    return attempt;
  }

  LabChannel& channel_;
  LabJob job_;
  std::vector<Case> cases_;
  HostFacts facts_;
  LocalHost host_;
  std::unique_ptr<Executor> executor_;
};

Status live(LabChannel& channel) {
  const Result<std::string> text = read_whole(kGuestJob);
  if (!text) return text.error();
  const Result<LabJob> job = decode_lab_job(*text);
  if (!job) return job.error();
  if (Status status = apply_guest_job(*job); !status) return status;
  Result<std::vector<Case>> cases = load_cases(job->sources);
  if (!cases) return cases.error();
  // Where it fails the cases are UNSUPPORTED; the console says why.
  if (wants_zram(*cases))
    if (Status status = load_guest_modules(); !status)
      std::fprintf(stderr, "memqual: %s\n", to_string(status.error()).c_str());
  GuestRun run(channel, *job, *std::move(cases));
  const Status served = run.serve();
  run.finish();
  return served;
}

}  // namespace

int run_guest_program(const std::string& tool_version) {
  if (getpid() != 1) {
    std::fprintf(stderr, "memqual: lab-guest is for guests of the lab, as their first process\n");
    return 2;
  }
  if (Status status = mount_guest_system(); !status)
    std::fprintf(stderr, "memqual: %s\n", to_string(status.error()).c_str());
  const Result<int> port = open_guest_channel();
  if (!port) {
    std::fprintf(stderr, "memqual: %s\n", to_string(port.error()).c_str());
    power_off_guest();
  }
  LabChannel channel(*port, *port);
  Status status = channel.send("hello", std::to_string(kLabProtocol) + " " + tool_version);
  if (status) {
    // From the hello on, the host takes silence for a hang: swap and facts may take their time.
    const Heartbeat heartbeat(channel);
    status = live(channel);
  }
  if (status)
    (void)channel.send("bye");
  else
    (void)channel.send("trouble", to_string(status.error()));
  tcdrain(*port);
  power_off_guest();
}

int run_guest_shell() {
  if (getpid() != 1) return 2;
  const auto tell = [](const Status& status) {
    if (!status) std::fprintf(stderr, "memqual: %s\n", to_string(status.error()).c_str());
  };
  tell(mount_guest_system());
  if (const Result<std::string> text = read_whole(kGuestJob))
    if (const Result<LabJob> job = decode_lab_job(*text)) tell(apply_guest_job(*job));
  const int port = open("/dev/ttyS1", O_RDWR | O_NOCTTY);
  if (port < 0 || access(kGuestShell, X_OK) != 0) {
    std::perror(port < 0 ? "memqual: opening /dev/ttyS1" : "memqual: no shell in the guest");
    power_off_guest();
  }
  if (const pid_t shell = fork(); shell == 0) {
    setsid();
    for (const int fd : {0, 1, 2}) dup2(port, fd);
    execl(kGuestShell, "sh", "-i", nullptr);
    _exit(127);
  } else if (shell > 0) {
    while (waitpid(-1, nullptr, 0) != shell) {
    }
    std::fprintf(stderr, "%s\n", kShellEnded);
  } else {
    std::perror("memqual: starting the shell");
  }
  power_off_guest();
}

}  // namespace memqual
