// SPDX-License-Identifier: Apache-2.0
// What the oracle needs to know about one case. Pure.
#pragma once

#include "harness/oracle/oracle.h"
#include "scenarios/model/case.h"
#include "scenarios/model/child_setup.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/result.h"

namespace memqual {

/// `facts` are those under the case's settings: sampled after they were applied, or
/// with_settings(). Errors: a cgroup limit that names a fact the host does not have.
Result<oracle::Situation> make_situation(const Case& test_case, const HostFacts& facts,
                                         const ChildProgram& program);

/// The facts as they would be under `settings`: mode, ratio, kbytes and the commit limit.
HostFacts with_overcommit(HostFacts facts, const OvercommitSettings& settings);

/// The facts as they would be under all system-wide settings of `environment`.
HostFacts with_settings(HostFacts facts, const Environment& environment);

}  // namespace memqual
