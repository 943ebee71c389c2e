// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "harness/oracle/oracle.h"
#include "harness/oracle/stepper.h"

namespace memqual::oracle {

Prediction predict(const Situation& situation, const std::vector<WorkloadStep>& workload) {
  const ProcessBaseline own =
      rules_of(situation.facts).baseline(situation.facts, situation.baseline);
  MemoryState state;
  state.vsz_bytes = own.vsz_bytes;
  state.data_bytes = own.data_bytes;
  state.map_count = own.map_count;
  return Stepper(situation, std::move(state), 0, 1).run(workload);
}

}  // namespace memqual::oracle
