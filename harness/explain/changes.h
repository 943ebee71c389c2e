// SPDX-License-Identifier: Apache-2.0
// The smallest changes that would make a workload complete, found with the model. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/oracle/oracle.h"
#include "scenarios/model/workload.h"

namespace memqual {

enum class ChangeKind {
  chunks,     ///< amount: bytes of the largest chunk
  blocks,     ///< amount: bytes of the largest block
  noreserve,  ///< no amount
  rlimit_as,  ///< amount: bytes, a multiple of MiB; so are the next four
  rlimit_data,
  rlimit_memlock,
  cgroup_max,    ///< of the case's own cgroup
  cgroup_above,  ///< of the cgroup this process is in
  map_count,     ///< amount: vm.max_map_count
  swap,          ///< amount: bytes to add, a multiple of GiB
  ratio,         ///< amount: percent
  mode_0,        ///< no amount
  mode_1,        ///< no amount
  memory,        ///< amount: bytes of RAM to add, a multiple of GiB
  together,      ///< several of the limits and settings above; no amount
  reserve,       ///< Windows; amount: bytes committed at one time of what is reserved as a whole
  page_file,     ///< Windows; amount: bytes to add, a multiple of GiB
  job_process,   ///< Windows; amount: bytes of ProcessMemoryLimit, a multiple of MiB
  job_total,     ///< Windows; amount: bytes of JobMemoryLimit, a multiple of MiB
};

/// One change that suffices alone; `situation` and `workload` are as they would be with it.
struct Change {
  ChangeKind kind = ChangeKind::mode_1;
  std::uint64_t amount =
      0;             ///< one unit less (for chunks and blocks: a page more) does not suffice
  std::string what;  ///< "306 GiB more swap"
  std::string cost;  ///< "disk space; what does not fit into RAM is slow"
  oracle::Situation situation;
  std::vector<WorkloadStep> workload;
};

/// Those changes with which oracle::predict allows nothing but `completed`: the program's own
/// first, then its limits, then the machine's settings, as far as its system has them; where no
/// single one of these suffices, several of them together. Empty where the workload completes as it
/// is, or where nothing helps. Every Size in `workload` is literal.
std::vector<Change> smallest_changes(const oracle::Situation& situation,
                                     const std::vector<WorkloadStep>& workload);

/// The largest size, in whole pages, with which a workload that has one allocate step and completes
/// would complete as well. Nothing where it does not complete, or has none or more allocate steps.
std::optional<std::uint64_t> largest_that_completes(const oracle::Situation& situation,
                                                    const std::vector<WorkloadStep>& workload);

/// True where the model leaves no other end than `completed`.
bool surely_completes(const oracle::Situation& situation,
                      const std::vector<WorkloadStep>& workload);

}  // namespace memqual
