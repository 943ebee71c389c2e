// SPDX-License-Identifier: Apache-2.0
// What was seen while a case ran. Every figure names its source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/bandwidth.h"
#include "scenarios/model/expectation.h"
#include "scenarios/model/host_facts.h"
#include "scenarios/model/refusal.h"

namespace memqual {

/// How a case ended.
struct Ending {
  OutcomeKind kind = OutcomeKind::completed;
  int number = 0;                   ///< exited: status; signalled: signal; refused: errno
  std::string errno_name;           ///< refused: "ENOMEM"
  std::optional<std::size_t> step;  ///< index of the step that ended the case
  /// Why we call it that: "cgroup memory.oom_control oom_kill 0 -> 1", "wait4: signal 9".
  std::string evidence;
  bool operator==(const Ending&) const = default;
};

enum class StepState {
  not_reached,
  running,  ///< started and never ended: the case was killed inside it
  ended,
  failed,  ///< ended with an errno, an exit status or a signal
};
/// "not_reached", "running", "ended", "failed".
std::string_view to_word(StepState value);

/// Memory of a GPU that a kernel step ran on, as the device tells it; where others use the device,
/// their changes show here.
struct DeviceReport {
  std::string name;  ///< "NVIDIA H200"
  std::uint64_t total_bytes = 0;
  std::uint64_t free_before_bytes = 0;  ///< with the kernels on it, before the step took any
  std::uint64_t free_after_bytes = 0;
  std::uint64_t peak_bytes = 0;        ///< the most that was taken when it was looked at
  std::uint64_t block_bytes = 0;       ///< that the step asked for: within the budget
  std::uint64_t copied_in_bytes = 0;   ///< to the device, in one round
  std::uint64_t copied_out_bytes = 0;  ///< from it
  bool operator==(const DeviceReport&) const = default;
};

/// What a kernel step did, in its median round.
struct KernelReport {
  std::string target;  ///< instruction set of the kernels: "AVX3_ZEN4"
  std::uint64_t tile_rows = 0;
  std::uint64_t tile_cols = 0;
  std::uint64_t tile_bytes = 0;  ///< of one thread's tile with its halo
  std::string tile_reason;       ///< what was chosen and why
  std::uint64_t tiles = 0;
  std::uint64_t budget_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t pinned_threads = 0;
  std::uint64_t rounds = 0;
  std::uint64_t bytes_read = 0;     ///< in one round, halos counted as often as they are read
  std::uint64_t bytes_written = 0;  ///< in one round
  std::uint64_t bytes_useful = 0;   ///< in one round, each array once
  std::uint64_t round_ns = 0;       ///< median of the rounds
  std::uint64_t fastest_ns = 0;
  std::uint64_t throughput = 0;  ///< useful bytes per second of the median round
  std::optional<double> sum;     ///< or the sum of squares
  std::optional<std::int64_t> integer_sum;
  std::optional<double> least;
  std::optional<double> most;
  std::optional<std::string> checksum;  ///< 16 hexadecimal digits
  bool verified = false;                ///< compared with the baseline target and another tile
  std::optional<DeviceReport> device;   ///< where it ran on one
  bool operator==(const KernelReport&) const = default;
};

/// How many pages of a set of blocks lie on a NUMA node.
struct NodePages {
  std::uint32_t node = 0;
  std::uint64_t pages = 0;
  bool operator==(const NodePages&) const = default;
};

struct StepReport {
  std::string kind;  ///< "allocate", ...
  std::string name;  ///< blocks, or the command line
  std::string label;
  StepState state = StepState::not_reached;
  int error = 0;  ///< errno; 0 = none
  std::string error_name;
  std::uint64_t requested_bytes = 0;  ///< all blocks
  std::uint64_t granted_bytes = 0;
  std::uint64_t requested_blocks = 0;
  std::uint64_t granted_blocks = 0;
  std::uint64_t touched_bytes = 0;  ///< also for a step that was killed half-way
  std::uint64_t rss_bytes = 0;      ///< after the step; /proc/self/statm
  std::uint64_t vsz_bytes = 0;
  std::uint64_t elapsed_ns = 0;
  std::optional<int> exit_status;            ///< command
  std::optional<int> term_signal;            ///< command
  std::uint64_t command_rss_peak_bytes = 0;  ///< wait4 ru_maxrss of the command
  std::string output;  ///< last part of the command's stdout and stderr, at most 4 KiB, UTF-8
  std::string detail;  ///< words of the child about this step ("mmap of block 17 failed")
  std::optional<Refusal> refusal;  ///< a refused call, and what was asked about it at once
  // find_largest
  std::optional<std::uint64_t> largest_bytes;  ///< the most that was granted, in one or in blocks
  std::uint64_t largest_blocks = 0;            ///< of a list; 0 where one request was looked for
  std::uint64_t unit_bytes = 0;     ///< the next larger request is by so much larger: page, byte
  std::uint64_t refused_bytes = 0;  ///< the least that was refused; 0: nothing up to the bound
  std::string refused_errno_name;
  std::vector<BandwidthFigure> bandwidth;  ///< of a bandwidth step
  std::optional<KernelReport> kernel;
  // placement
  std::vector<NodePages> placed;              ///< by node; only nodes that have some
  std::optional<std::uint64_t> absent_pages;  ///< not resident, or the zero page
  bool operator==(const StepReport&) const = default;
};

/// A resident-set sample, seconds after the first step may start.
struct TimelinePoint {
  std::uint64_t at_us = 0;
  std::uint64_t rss_bytes = 0;
  bool operator==(const TimelinePoint&) const = default;
};

/// A process of the case that was still alive when the case had ended.
struct Leak {
  std::int64_t pid = 0;
  std::string command;
  bool operator==(const Leak&) const = default;
};

struct Observation {
  Ending ending;
  std::vector<StepReport> steps;
  // Memory, bytes. The sources differ by how the case ended, so each figure carries its own.
  Fact<std::uint64_t> rss_peak_bytes;  ///< VmHWM; if killed: highest of samples and steps
  Fact<std::uint64_t> rss_end_bytes;
  Fact<std::uint64_t> rss_start_bytes;  ///< before the first step
  Fact<std::uint64_t> vsz_peak_bytes;
  Fact<std::uint64_t> vsz_end_bytes;
  Fact<std::uint64_t> page_tables_bytes;
  Fact<std::uint64_t> swap_peak_bytes;
  Fact<std::uint64_t> cgroup_peak_bytes;
  Fact<std::uint64_t>
      rusage_maxrss_bytes;  ///< wait4; may include the launcher's peak, never used alone
  Fact<std::uint64_t> minor_faults;
  Fact<std::uint64_t> major_faults;
  Fact<std::uint64_t> wall_ns;
  Fact<std::uint64_t> user_ns;
  Fact<std::uint64_t> system_ns;
  Fact<std::uint64_t> oom_kills;              ///< of the case's cgroup
  std::optional<MachineLimit> machine_limit;  ///< where the case is held against it
  std::vector<TimelinePoint> timeline;        ///< at most 240 points
  std::vector<Leak> leaks;
  std::vector<std::string> kernel_log;  ///< lines about this case, at most 20
  std::vector<std::string> notes;       ///< anything the reader of the evidence should know
  // The host around the case; only what moves.
  Fact<std::uint64_t> committed_as_before_bytes;
  Fact<std::uint64_t> committed_as_after_bytes;
  Fact<std::uint64_t> mem_available_before_bytes;
  Fact<std::uint64_t> mem_available_after_bytes;
  Fact<std::uint64_t> commit_limit_bytes;  ///< with the case's settings applied
  bool operator==(const Observation&) const = default;
};

/// Bytes or count of a metric. Unknown where it was not observed.
Fact<std::uint64_t> metric_value(const Observation& observation, Metric metric);

/// "refused (ENOMEM) at step 1, allocate a: 0 of 1 blocks", "exited(3)".
std::string describe_ending(const Observation& observation);

}  // namespace memqual
