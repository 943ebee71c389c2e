// SPDX-License-Identifier: Apache-2.0
// Runs one step of a workload in this process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/child/blocks.h"
#include "harness/child/probe.h"
#include "harness/child/progress.h"
#include "scenarios/model/child_setup.h"
#include "scenarios/model/workload.h"

namespace memqual::child {

/// What a step needs from its process. Nothing here is owned.
struct StepContext {
  BlockTable* blocks = nullptr;
  Progress* progress = nullptr;
  std::size_t page_bytes = 4096;
  std::size_t huge_page_bytes = 2 * 1024 * 1024;
  std::size_t hugetlb_page_bytes = 2 * 1024 * 1024;  ///< of the reserved pool, its default size
  int scratch_dir = -1;                ///< open folder for `using: file`; -1 where no step needs it
  std::string_view scratch_path;       ///< of the same folder
  CacheBytes caches;                   ///< for kernel steps
  std::vector<std::string> node_cpus;  ///< for their threads; ChildSetup
  int report = -1;  ///< where a started command is announced; -1 in a forked copy
  std::size_t step = 0;
  const Prober* prober = nullptr;  ///< asks about refusals; null: nobody does
};

inline constexpr std::size_t kOutputTailBytes = 4096;

/// What find_largest found.
struct Found {
  bool done = false;
  std::uint64_t largest_bytes = 0;
  std::uint64_t largest_blocks = 0;
  std::uint64_t unit_bytes = 0;
  std::uint64_t refused_bytes = 0;  ///< 0: nothing was refused
  int refused_error = 0;
};

/// What a placement step was told. No heap: a forked copy sends it through a pipe.
struct PlacedPages {
  struct OnNode {
    std::uint32_t node = 0;
    std::uint64_t pages = 0;
  };
  bool asked = false;
  std::array<OnNode, 32> on{};  ///< the first `nodes` of it
  std::size_t nodes = 0;
  std::uint64_t absent = 0;  ///< not resident, or the zero page
};

struct StepResult {
  int error = 0;  ///< errno of the call that failed; 0: none
  bool corrupted = false;
  bool misplaced = false;
  std::uint64_t requested_bytes = 0;
  std::uint64_t granted_bytes = 0;
  std::uint64_t requested_blocks = 0;
  std::uint64_t granted_blocks = 0;
  std::optional<int> exit_status;
  std::optional<int> term_signal;
  std::uint64_t children_rss_peak_bytes = 0;  ///< wait4 ru_maxrss of processes this step started
  RefusedRequest request;  ///< the call that failed, of the calls that take memory
  ProbeAnswers answers;    ///< asked about it, before anything was given back
  Found found;
  std::vector<BandwidthFigure> bandwidth;
  PlacedPages placed;
  char detail[160] = "";  ///< which call failed on what
  bool failed() const {
    return error != 0 || corrupted || misplaced || term_signal.has_value() ||
           exit_status.value_or(0) != 0;
  }
};

StepResult run_allocate(const Allocate& step, StepContext& context);
StepResult run_touch(const Touch& step, StepContext& context);
StepResult run_verify(const Verify& step, StepContext& context);
StepResult run_free(const Free& step, StepContext& context);
StepResult run_protect(const Protect& step, StepContext& context);
StepResult run_advise(const Advise& step, StepContext& context);
StepResult run_lock(const Lock& step, StepContext& context);
StepResult run_fork(const Fork& step, StepContext& context);
StepResult run_spawn(const Spawn& step, StepContext& context);
/// What is no refusal by the system ends the process with an error.
StepResult run_bandwidth(const Bandwidth& step, StepContext& context);
StepResult run_placement(const Placement& step, StepContext& context);
StepResult run_find_largest(const FindLargest& step, StepContext& context);
/// Reports what it did on the pipe; what is no refusal of memory ends the process with an error.
StepResult run_kernel(const Kernel& step, StepContext& context);
/// `tail` receives the last kOutputTailBytes of the program's output (its length in `tail_bytes`).
StepResult run_command(const Command& step, StepContext& context, char (&tail)[kOutputTailBytes],
                       std::size_t& tail_bytes);

/// Any step; a command's output is dropped where `tail` is null.
StepResult run_step(const WorkloadStep& step, StepContext& context, char (*tail)[kOutputTailBytes],
                    std::size_t* tail_bytes);

/// errno -> StepResult with a detail of what was being done.
StepResult failed_call(int error, const char* what);

}  // namespace memqual::child
