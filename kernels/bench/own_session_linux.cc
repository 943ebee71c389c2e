// SPDX-License-Identifier: Apache-2.0
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "kernels/bench/own_session.h"

namespace memqual::kernels::bench {

void continue_in_own_session() {
  const pid_t child = ::fork();
  if (child < 0) return;
  if (child > 0) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    std::_Exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::setsid();
  std::ofstream("/proc/self/autogroup") << "-19";
}

}  // namespace memqual::kernels::bench
