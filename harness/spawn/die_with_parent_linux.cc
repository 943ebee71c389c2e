// SPDX-License-Identifier: Apache-2.0
#include "harness/spawn/die_with_parent.h"

#include <signal.h>
#include <sys/prctl.h>

namespace memqual {

void die_with_parent() noexcept { prctl(PR_SET_PDEATHSIG, SIGKILL); }

}  // namespace memqual
