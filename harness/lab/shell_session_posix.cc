// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/shell_session.h"

#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/lab/guest_console.h"
#include "harness/lab/guest_image.h"
#include "harness/lab/guest_program.h"
#include "harness/lab/work_folder.h"
#include "harness/spawn/die_with_parent.h"
#include "harness/spawn/oom_score.h"

namespace memqual {
namespace {

/// QEMU makes the terminal raw, and does not put it back when it is killed.
class TerminalSettings {
 public:
  TerminalSettings() : known_(tcgetattr(STDIN_FILENO, &settings_) == 0) {}
  ~TerminalSettings() {
    if (known_) tcsetattr(STDIN_FILENO, TCSANOW, &settings_);
  }
  TerminalSettings(const TerminalSettings&) = delete;
  TerminalSettings& operator=(const TerminalSettings&) = delete;

 private:
  termios settings_{};
  bool known_;
};

/// The terminal is QEMU's own while it runs, so it is started without pipes. Its wait status.
Result<int> run_on_terminal(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Error{std::string("cannot start QEMU: ") + std::strerror(errno), ""};
  if (pid == 0) {
    die_with_parent(parent);
    be_first_for_the_oom_killer();
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

bool shell_has_ended(const std::vector<std::string>& console) {
  for (const std::string& line : console)
    if (line.find(kShellEnded) != std::string::npos) return true;
  return false;
}

}  // namespace

Status run_shell_session(const GuestSpec& spec) {
  const auto& folder = spec.folder;
  GuestFiles files{spec.kernel, folder / "initramfs", folder / kConsoleFile, ""};
  if (Status status = write_whole(files.initramfs, spec.initramfs); !status) return status;
  if (spec.machine.swap_bytes > 0) {
    files.swap = folder / "swap";
    if (Status status = make_swap(files.swap, spec.machine.swap_bytes); !status) return status;
  }
  const GuestProgram program{kGuestProgram, {"lab-guest-shell"}, kGuestLibraries};
  std::vector<std::string> words = qemu_arguments(spec.machine, files, program, spec.accelerator);
  words.insert(words.begin(), spec.qemu.string());
  const TerminalSettings settings;
  const Result<int> status = run_on_terminal(std::move(words));
  if (!status) return status.error();
  const std::vector<std::string> console = console_end(folder);
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0 && shell_has_ended(console)) return done();
  const std::string how =
      WIFSIGNALED(*status)       ? "QEMU was killed by signal " + std::to_string(WTERMSIG(*status))
      : ends_with_panic(console) ? std::string("its kernel panicked")
                                 : "QEMU ended with code " + std::to_string(WEXITSTATUS(*status));
  return Error{"the guest " + spec.machine.name + " ended without its shell: " + how,
               console_in_words(console)};
}

}  // namespace memqual
