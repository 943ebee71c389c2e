// SPDX-License-Identifier: Apache-2.0
// The steps of a workload. One struct per kind of step; the scenario, the plan and the child share
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "scenarios/model/bandwidth.h"
#include "scenarios/model/bytes.h"
#include "scenarios/model/kernel_step.h"

namespace memqual {

/// How memory is asked for. Each value is one call of the C library or kernel.
enum class AllocateUsing {
  malloc,
  calloc,
  new_,               ///< operator new(std::nothrow); "new" in YAML
  posix_memalign,     ///< alignment from `alignment_bytes`, 64 by default
  mmap,               ///< private anonymous, read and write
  mmap_noreserve,     ///< the same with MAP_NORESERVE
  mmap_none,          ///< private anonymous, PROT_NONE
  mmap_readonly,      ///< private anonymous, PROT_READ
  mmap_shared,        ///< shared anonymous
  memfd,              ///< memfd_create, ftruncate, shared mapping
  brk,                ///< sbrk
  hugetlb,            ///< private anonymous MAP_HUGETLB
  file,               ///< sparse file in the scratch folder, shared mapping, read and write
  hugetlb_noreserve,  ///< MAP_HUGETLB with MAP_NORESERVE: the pool is asked at touch
};

struct Allocate {
  std::string name;
  Size size;                       ///< of one block
  std::optional<ArrayType> array;  ///< where the scenario gave a shape that kernels can work on
  std::uint64_t count = 1;         ///< blocks; a list of blocks under one name
  AllocateUsing using_ = AllocateUsing::malloc;
  std::uint64_t alignment_bytes = 64;  ///< posix_memalign only; a power of two >= sizeof(void*)
  /// Touch every page of a block as soon as it is granted (np.ones), before the next is asked for.
  bool touched = false;
  bool operator==(const Allocate&) const = default;
};

enum class Access { write, read };

/// Distance between touched addresses.
enum class Stride { page, huge_page };

struct Touch {
  std::string name;
  Access access = Access::write;
  Stride every = Stride::page;
  double fraction = 1.0;      ///< of each block, from its start; 0 < fraction <= 1
  std::uint64_t pattern = 1;  ///< seed of the value written to each place; `verify` uses the same
  std::uint32_t threads = 1;
  bool operator==(const Touch&) const = default;
};

/// Reads back what the last write touch of `name` wrote; a difference ends the case as `corrupted`.
struct Verify {
  std::string name;
  bool operator==(const Verify&) const = default;
};

struct Free {
  std::string name;
  bool operator==(const Free&) const = default;
};

enum class Protection { none, read, read_write };

/// mprotect over every block of `name`.
struct Protect {
  std::string name;
  Protection access = Protection::read_write;
  bool operator==(const Protect&) const = default;
};

enum class Advice {
  normal,
  random,
  sequential,
  willneed,
  dontneed,
  free,
  hugepage,
  nohugepage,
  populate_read,
  populate_write,
  mergeable,
  dontfork,
  cold,
  pageout,
};

/// madvise over the whole pages of every block of `name`.
struct Advise {
  std::string name;
  Advice advice = Advice::normal;
  bool operator==(const Advise&) const = default;
};

/// mlock over every block of `name`.
struct Lock {
  std::string name;
  bool operator==(const Lock&) const = default;
};

struct WorkloadStep;

/// fork(); the new process runs `workload` on its copy of the memory and exits; it is waited for.
struct Fork {
  std::uint64_t count = 1;  ///< processes, one after the other, all alive until the last was made
  std::vector<WorkloadStep> workload;
  std::optional<int> oom_score_adj = {};  ///< 0..1000 of the copies; the case's own where unsaid
  bool operator==(const Fork&) const;
};

/// posix_spawn (vfork semantics) of a process that does nothing; it is waited for.
struct Spawn {
  std::uint64_t count = 1;
  bool operator==(const Spawn&) const = default;
};

/// Any program, run to its end with the case's limits. Output is kept up to a bound.
struct Command {
  std::vector<std::string> argv;  ///< not empty; argv[0] is searched in PATH
  /// A failing program whose output contains one of these had an allocation refused.
  std::vector<std::string> refused_output;
  /// Memory the program may touch, for the memory budget; 0 where unsaid.
  Size memory;
  bool operator==(const Command&) const = default;
};

/// The load line: how much is granted, found by asking, each request given back before the next.
/// Nothing is touched. Ends without error, because the refusal is what is measured.
struct FindLargest {
  AllocateUsing using_ = AllocateUsing::mmap;  ///< not `file`, where the file system sets the limit
  std::optional<Size> up_to;                   ///< nothing above it is asked for
  /// Blocks of this size are asked for until one is refused, and all given back at the end: the
  /// largest total instead of the largest request.
  std::optional<Size> block;
  bool operator==(const FindLargest&) const = default;
};
/// Above any address space.
inline constexpr std::uint64_t kMostRequestBytes = std::uint64_t{1} << 62U;
/// Of one list: the child keeps account of each. Below what vm.max_map_count usually allows.
inline constexpr std::uint64_t kMostFoundBlocks = 65000;
/// The largest request that is tried. 0 where `block` is set. Sizes are literal.
std::uint64_t most_asked_bytes(const FindLargest& step);
/// The longest list that is tried. 0 where `block` is not set or is 0. Sizes are literal.
std::uint64_t most_asked_blocks(const FindLargest& step);

/// Asks the kernel on which NUMA node each page of `name` lies (move_pages(2), which moves nothing
/// here), and demands an answer where `nodes` or `of_policy` say one: a page elsewhere ends the
/// case as `misplaced`.
struct Placement {
  std::string name;
  std::vector<std::uint32_t> nodes;  ///< all pages lie on these; empty: nothing is demanded
  bool of_policy = false;            ///< `nodes: policy`: on those that environment.numa names
  bool evenly = false;               ///< each of the nodes has its share, give or take a tenth
  bool operator==(const Placement&) const = default;
};

/// True where the C library's allocator decides which call is made.
bool is_malloc_family(AllocateUsing using_);
/// True for the two ways to ask for reserved huge pages.
bool is_hugetlb(AllocateUsing using_);

struct WorkloadStep {
  std::variant<Allocate, Touch, Verify, Free, Protect, Advise, Lock, Fork, Spawn, Command,
               FindLargest, Bandwidth, Kernel, Placement>
      action;
  std::string label;  ///< optional `label:`, for `expect: {at: ...}` and reports
  bool operator==(const WorkloadStep&) const = default;
};
inline bool Fork::operator==(const Fork& other) const {
  return count == other.count && workload == other.workload;
}

/// True where a step, also of a forked copy, works on a file in the scratch folder.
inline bool needs_scratch(const std::vector<WorkloadStep>& workload) {
  for (const WorkloadStep& step : workload) {
    const auto* allocate = std::get_if<Allocate>(&step.action);
    if (allocate != nullptr && allocate->using_ == AllocateUsing::file) return true;
    const auto* kernel = std::get_if<Kernel>(&step.action);
    if (kernel != nullptr && uses_files(*kernel)) return true;
    const auto* fork = std::get_if<Fork>(&step.action);
    if (fork != nullptr && needs_scratch(fork->workload)) return true;
  }
  return false;
}

/// True where a step runs on a GPU.
inline bool needs_device(const std::vector<WorkloadStep>& workload) {
  for (const WorkloadStep& step : workload) {
    const auto* kernel = std::get_if<Kernel>(&step.action);
    if (kernel != nullptr && kernel->device != KernelDevice::cpu) return true;
  }
  return false;
}

/// "allocate", "touch", ...: the YAML key of the step.
std::string_view step_kind(const WorkloadStep& step);
/// The name of the blocks a step works on, of a kernel step its operations; empty for fork, spawn
/// and command.
std::string step_name(const WorkloadStep& step);

/// YAML word <-> enumerator, for the loader, the wire and reports.
std::string_view to_word(AllocateUsing value);
std::string_view to_word(Access value);
std::string_view to_word(Stride value);
std::string_view to_word(Protection value);
std::string_view to_word(Advice value);
/// Defined for the enumerations of this header, environment.h and expectation.h.
template <class E>
std::optional<E> from_word(std::string_view word);
/// All words of an enumeration, in order.
template <class E>
std::vector<std::string> words_of();

}  // namespace memqual
