// SPDX-License-Identifier: Apache-2.0
// The oracle's answer for people: the sentence, the arithmetic, what would change it.
#pragma once

#include <string>

#include "scenarios/model/case.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/prediction.h"
#include "scenarios/model/result.h"

namespace memqual {

/// What the oracle says about `test_case` on a host with `facts` under the case's settings, without
/// a process to begin with. Errors: sizes that this host cannot resolve. Pure.
Result<Prediction> predict_case(const Case& test_case, const HostFacts& facts);

/// What is predicted for `test_case` on a host with `facts` under the case's settings, and the
/// smallest changes that would make it complete. Where sizes cannot be resolved: why. Ends with a
/// newline. Pure.
std::string explain_prediction(const Case& test_case, const HostFacts& facts);

/// `explain --alloc`, `--set` and `--facts`: settings, steps and prediction, and nothing about runs
/// on this host. `host` names the machine asked about, "" for this one.
std::string explain_what_if(const Case& test_case, const HostFacts& facts, const std::string& host);

}  // namespace memqual
