// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace memqual::kernels::bench {

/// The caller goes on as a child in a session of its own; the parent waits, ends as the child does,
/// and takes it along when it is killed. Where the scheduler shares out time by session
/// (autogroup), other work on the machine would else get half of a core each, whatever its
/// priority; root also raises that of the new session, which ends with it. Before any thread is
/// made.
void continue_in_own_session();

}  // namespace memqual::kernels::bench
