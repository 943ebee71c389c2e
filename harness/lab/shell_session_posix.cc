// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/shell_session.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/lab/guest_image.h"
#include "harness/lab/guest_program.h"
#include "harness/lab/work_folder.h"
#include "harness/spawn/die_with_parent.h"

namespace memqual {

Result<int> run_shell_session(const GuestSpec& spec) {
  const auto& folder = spec.folder;
  GuestFiles files{spec.kernel, folder / "initramfs", folder / "console", ""};
  if (Status status = write_whole(files.initramfs, spec.initramfs); !status) return status.error();
  if (spec.machine.swap_bytes > 0) {
    files.swap = folder / "swap";
    if (Status status = make_swap(files.swap, spec.machine.swap_bytes); !status)
      return status.error();
  }
  const GuestProgram program{kGuestProgram, {"lab-guest-shell"}, kGuestLibraries};
  std::vector<std::string> words = qemu_arguments(spec.machine, files, program, spec.accelerator);
  words.insert(words.begin(), spec.qemu.string());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  // The terminal is QEMU's own while it runs, so it is started without pipes.
  const pid_t pid = fork();
  if (pid < 0) return Error{std::string("cannot start QEMU: ") + std::strerror(errno), ""};
  if (pid == 0) {
    die_with_parent();
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace memqual
