// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "harness/lab/guest.h"
#include "harness/lab/guest_console.h"
#include "harness/lab/guest_image.h"
#include "harness/lab/guest_program.h"
#include "harness/lab/lab_channel.h"
#include "harness/lab/lab_job.h"
#include "harness/lab/work_folder.h"
#include "harness/spawn/rss_sampler.h"
#include "harness/spawn/run_process.h"
#include "harness/spawn/start_process.h"
#include "scenarios/model/bytes.h"
#include "scenarios/model/record_codec.h"
#include "scenarios/model/text.h"

namespace memqual {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
constexpr milliseconds kLastWords{3000};
// How often it is looked how much a guest has written.
constexpr std::uint64_t kLookMs = 500;

std::uint64_t ms_since(Clock::time_point start) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<milliseconds>(Clock::now() - start).count());
}

std::string in_words(int status) {
  if (WIFSIGNALED(status)) return "QEMU was killed by signal " + std::to_string(WTERMSIG(status));
  return "QEMU ended with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

struct Guest::State {
  GuestSpec spec;
  StartedProcess process;
  std::unique_ptr<LabChannel> channel;
  HostFacts facts;
  std::uint64_t boot_ms = 0;
  int status = 0;  ///< of QEMU, as wait gives it
  bool killed = false;

  ~State() { end(milliseconds(0)); }

  bool alive() const { return process.pid > 0; }

  /// Waits for QEMU's own end for so long, then kills it.
  void end(milliseconds patience) {
    if (!alive()) return;
    const Clock::time_point start = Clock::now();
    while (!reaped() && Clock::now() - start < patience) poll(nullptr, 0, 10);
    if (alive()) {
      killed = true;
      kill(process.pid, SIGKILL);
      while (waitpid(process.pid, &status, 0) < 0 && errno == EINTR) {
      }
      forget();
    }
  }

  bool reaped() {
    if (alive() && waitpid(process.pid, &status, WNOHANG) == process.pid) forget();
    return !alive();
  }

  void forget() {
    close(process.to_child);
    close(process.from_child);
    process.pid = -1;
    std::error_code ignored;
    for (const char* name : {"swap", "initramfs"})
      std::filesystem::remove(spec.folder / name, ignored);
  }

  /// The guest is of no use: `why`, and what its console and QEMU said last.
  Error lost(const std::string& why) {
    end(milliseconds(0));
    Error error{"the guest " + spec.machine.name + " is lost: " + why, ""};
    for (const std::string& line : last_lines(spec.folder / kErrorFile, 3))
      error.message += "; " + escape_text(line, 300);
    error.hint = console_in_words(console_end(spec.folder));
    return error;
  }

  Error lost_at_the_end_of_the_stream() {
    end(kLastWords);
    if (ends_with_panic(console_end(spec.folder))) return lost("its kernel panicked");
    return lost(killed ? "it closed the channel" : in_words(status));
  }

  /// The next message that is not a sign of life. Errors: all that can happen instead.
  Result<LabMessage> receive(std::uint64_t within_ms, const char* doing) {
    const Clock::time_point start = Clock::now();
    Clock::time_point heard = start;
    for (;;) {
      const std::uint64_t gone = ms_since(start);
      const std::uint64_t silent = ms_since(heard);
      if (gone >= within_ms)
        return lost(std::string("it was not ready with ") + doing + " within " +
                    format_duration_ms(within_ms));
      if (silent >= silence_ms())
        return lost("it said nothing for " + format_duration_ms(silence_ms()) + " (hang) while " +
                    doing);
      keep_console_short(spec.folder);
      LabMessage message;
      const std::uint64_t wait_ms = std::min({within_ms - gone, silence_ms() - silent, kLookMs});
      const auto event = channel->receive(message, milliseconds(wait_ms), spec.stop);
      if (!event) return lost(event.error().message);
      switch (*event) {
        case LabChannel::Event::end:
          return lost_at_the_end_of_the_stream();
        case LabChannel::Event::stop:
          end(milliseconds(0));
          return Error{"the run was stopped", ""};
        case LabChannel::Event::silence:
          break;
        case LabChannel::Event::message:
          heard = Clock::now();
          if (message.word == "trouble") return lost(message.rest);
          if (message.word != "alive") return message;
      }
    }
  }

  /// Until it has said hello a guest says nothing.
  std::uint64_t silence_ms() const { return booted ? spec.silence_ms : spec.boot_ms; }
  bool booted = false;

  Status start() {
    const auto& folder = spec.folder;
    GuestFiles files{spec.kernel, folder / "initramfs", folder / kConsoleFile, ""};
    if (Status status_of = write_whole(files.initramfs, spec.initramfs); !status_of)
      return status_of;
    if (spec.machine.swap_bytes > 0) {
      files.swap = folder / "swap";
      if (Status swap = make_swap(files.swap, spec.machine.swap_bytes); !swap) return swap;
    }
    const GuestProgram program{kGuestProgram, {"lab-guest"}, kGuestLibraries};
    Result<StartedProcess> started =
        start_process(spec.qemu, qemu_arguments(spec.machine, files, program, spec.accelerator),
                      {folder / kErrorFile, /*dies_with_parent=*/true,
                       /*first_for_oom_killer=*/true});
    if (!started) return Error{started.error().message, "apt-get install qemu-system-x86"};
    process = *started;
    channel = std::make_unique<LabChannel>(process.from_child, process.to_child);
    return done();
  }

  Status shake_hands() {
    const Result<LabMessage> hello = receive(spec.boot_ms, "booting");
    if (!hello) return hello.error();
    booted = true;
    const std::string expected = std::to_string(kLabProtocol) + " " + spec.tool_version;
    if (hello->word != "hello" || hello->rest != expected)
      return lost("it said \"" + escape_text(hello->word + " " + hello->rest) +
                  "\" where \"hello " + expected + "\" was expected");
    const Result<LabMessage> told = receive(spec.boot_ms, "reading its scenarios");
    if (!told) return told.error();
    if (told->word != "facts")
      return lost("it said " + in_quotes(told->word) + " before its facts");
    Result<HostFacts> read = decode_host_facts(told->rest);
    if (!read) return lost(read.error().message);
    facts = *std::move(read);
    if (const std::string other = differs_from(facts, spec.machine, spec.kernel_name);
        !other.empty())
      return lost("it has " + other);
    return done();
  }
};

Guest::Guest(std::unique_ptr<State> state) : state_(std::move(state)) {}
Guest::Guest(Guest&&) noexcept = default;
Guest& Guest::operator=(Guest&&) noexcept = default;
Guest::~Guest() {
  if (state_) end();
}

Result<Guest> Guest::boot(const GuestSpec& spec) {
  std::signal(SIGPIPE, SIG_IGN);  // a guest may end while it is spoken to
  auto state = std::make_unique<State>();
  state->spec = spec;
  const Clock::time_point start = Clock::now();
  if (Status status = state->start(); !status) return status.error();
  if (Status status = state->shake_hands(); !status) return status.error();
  state->boot_ms = ms_since(start);
  state->spec.initramfs.clear();
  return Guest(std::move(state));
}

const HostFacts& Guest::facts() const { return state_->facts; }
std::uint64_t Guest::boot_ms() const { return state_->boot_ms; }
bool Guest::alive() const { return state_->alive(); }
std::uint64_t Guest::resident_bytes() const {
  return alive() ? read_resident_bytes(state_->process.pid) : 0;
}

Result<Attempt> Guest::run(const std::string& case_id, std::uint32_t attempt,
                           std::uint64_t within_ms) {
  if (Status sent = state_->channel->send("run", std::to_string(attempt) + " " + case_id); !sent)
    return state_->lost(sent.error().message);
  const Result<LabMessage> answer = state_->receive(within_ms, "the case");
  if (!answer) return answer.error();
  if (answer->word != "attempt")
    return state_->lost("it said " + in_quotes(answer->word) + " where an attempt was expected");
  Result<Attempt> decoded = decode_attempt(answer->rest);
  if (!decoded) return state_->lost(decoded.error().message);
  return decoded;
}

void Guest::end() {
  if (!alive()) return;
  if (state_->channel->send("off", "", kLastWords)) state_->end(kLastWords);
  state_->end(milliseconds(0));
}

}  // namespace memqual
