// SPDX-License-Identifier: Apache-2.0
#include "harness/spawn/die_with_parent.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace memqual {

void die_with_parent(int parent) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A parent that ended before the call above sends nothing any more.
  if (getppid() != parent) raise(SIGKILL);
}

}  // namespace memqual
