// SPDX-License-Identifier: Apache-2.0
// (Expectation, Observation) -> Verdict. Pure.
#pragma once

#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/observation.h"
#include "scenarios/model/run_record.h"
#include "scenarios/model/verdict.h"

namespace memqual {

/// The verdict on one attempt. `facts` are those of the case's own settings; its `when:`
/// expressions and symbolic bounds are evaluated with them.
/// `prediction` is what `outcome: predicted` asks for; nullptr where none was made. Where facts
/// moved that it depends on, the verdict is ERROR: nobody knows which of them the kernel decided
/// by.
Verdict judge(const Case& test_case, const Observation& observation, const HostFacts& facts,
              const Prediction* prediction = nullptr);

/// The verdict over repeats: equal verdicts keep their status; ERROR wins over all; a mix of pass
/// and fail is FLAKY and names the counts.
Verdict judge_attempts(const std::vector<Attempt>& attempts);

/// Run's exit code, design section 4: 0, 1, 3, 4 or 5.
int exit_code_of(const RunRecord& record);

}  // namespace memqual
