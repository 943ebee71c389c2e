// SPDX-License-Identifier: Apache-2.0
// What the oracle says will happen, and why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/expectation.h"

namespace memqual {

/// What limits a step. The order is the kernel's order of checks (mm/mmap.c do_mmap, src 6.19),
/// which decides where two rules would refuse the same request.
enum class LimitingRule {
  none,
  ptrdiff_max,       ///< malloc family: more than PTRDIFF_MAX, refused by the C library
  map_count,         ///< vm.max_map_count
  address_space,     ///< no hole of this size is left
  memlock,           ///< RLIMIT_MEMLOCK
  rlimit_as,         ///< RLIMIT_AS
  rlimit_data,       ///< RLIMIT_DATA
  overcommit_guess,  ///< vm.overcommit_memory = 0
  overcommit_never,  ///< vm.overcommit_memory = 2
  hugetlb_pool,      ///< reserved huge pages
  cgroup_memory,     ///< memory limit of the control group, at touch
  host_memory,       ///< RAM and swap of the host, at touch
  protection,        ///< access that the mapping does not allow
  commit_limit,      ///< Windows: RAM and page file, charged when committed
  job_memory,        ///< Windows: memory limit of the job
  node_memory,       ///< the NUMA nodes that a policy or cpuset leaves, at touch
  cgroup_high,       ///< memory.high of the control group: slowed down, at touch
};
std::string_view to_word(LimitingRule rule);

/// One line of the arithmetic.
struct Quantity {
  std::string name;  ///< "RAM + swap"
  std::uint64_t value = 0;
  bool is_count = false;  ///< else bytes
  std::string source;     ///< "/proc/meminfo MemTotal + SwapTotal"
  bool operator==(const Quantity&) const = default;
};

/// How much a find_largest step will find, or how much a touch step will get through before the OOM
/// killer comes. One value where `least_bytes` is `most_bytes`; what is
/// between them depends on what the rules' inputs do not tell.
struct LoadLine {
  std::size_t step = 0;                    ///< index of the step in the workload
  std::uint64_t least_bytes = 0;           ///< granted, or touched, for certain
  std::uint64_t most_bytes = 0;            ///< and not more
  std::uint64_t unit_bytes = 0;            ///< of both: a page, a byte, a block
  LimitingRule rule = LimitingRule::none;  ///< none: only the step's own bound
  std::string formula;                     ///< "RAM + swap"
  std::string sentence;                    ///< why nothing larger
  std::vector<Quantity> arithmetic;
  std::string citation;
  bool operator==(const LoadLine&) const = default;
};

/// The prediction for a workload: the step that ends it, or none.
struct Prediction {
  std::vector<OutcomeKind> allowed;  ///< one kind; more where the rules leave it open
  bool uncertain = false;            ///< inside a band that the kernel's counters do not resolve
  std::optional<std::size_t> step;   ///< where it ends, if not `completed`
  LimitingRule rule = LimitingRule::none;
  bool rule_is_open = false;  ///< another rule, inside its own band, may limit before it
  std::string sentence;       ///< for people, one sentence
  std::vector<Quantity> arithmetic;
  std::vector<std::string> not_modelled;  ///< what the oracle left out; then it is uncertain
  std::string citation;                   ///< kernel file, function and versions of the rule
  std::vector<LoadLine> load_lines;       ///< of find_largest steps, and of touches that may kill
  /// Facts that moved while the case ran, "mem_total: 24 GiB, then 12 GiB", where the prediction
  /// with the later ones is another. Then nothing can be concluded.
  std::vector<std::string> moved;
  bool operator==(const Prediction&) const = default;
};

}  // namespace memqual
