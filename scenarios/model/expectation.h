// SPDX-License-Identifier: Apache-2.0
// What the author of a scenario says must happen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/bytes.h"
#include "scenarios/model/expression.h"
#include "scenarios/model/throughput.h"

namespace memqual {

/// How a case ended, seen from outside. No value carries two meanings.
enum class OutcomeKind {
  completed,          ///< every step ended without error
  refused,            ///< a request for memory failed with an errno; the step and errno are named
  oom_killed,         ///< SIGKILL, and a kernel counter or the kernel log confirms the OOM killer
  bus_error,          ///< SIGBUS
  segfault,           ///< SIGSEGV
  corrupted,          ///< `verify` read back something else than `touch` wrote
  exited,             ///< a command ended with a status other than 0
  signalled,          ///< ended by any other signal, or by SIGKILL without evidence of an OOM kill
  timed_out,          ///< killed by the harness at the case's timeout
  killed_by_harness,  ///< killed by the harness for another reason (stop, memory guard)
  misplaced,          ///< `placement` found pages on other NUMA nodes than it demands
};

/// A member of a set of expected outcomes.
struct OutcomePattern {
  OutcomeKind kind = OutcomeKind::completed;
  std::optional<int> number;  ///< exited(n), signalled(n); any number where absent
  bool operator==(const OutcomePattern&) const = default;
};

/// One alternative of `expect.outcome`: applies where `when` is true (always, where absent).
struct OutcomeRule {
  std::optional<Expression> when;
  std::vector<OutcomePattern> any_of;  ///< not empty unless `predicted`
  bool predicted = false;              ///< the oracle decides (not available yet)
  bool operator==(const OutcomeRule&) const = default;
};

/// A figure of the observation that can be bounded.
enum class Metric {
  rss_peak,        ///< resident set, highest
  rss_end,         ///< resident set after the last step
  vsz_peak,        ///< address space, highest
  page_tables,     ///< page tables after the last step
  swap_peak,       ///< swapped out, highest seen
  granted,         ///< bytes granted to all allocate steps
  touched,         ///< bytes touched by all touch steps
  cgroup_peak,     ///< highest charge of the case's cgroup
  minor_faults,    ///< count
  major_faults,    ///< count
  granted_blocks,  ///< count
  largest,         ///< what the last find_largest step found
  oom_kills,       ///< processes that the OOM killer took in the case's cgroup, a count
};
/// True for faults, granted_blocks and oom_kills, which are counts and not bytes.
bool is_count(Metric metric);

/// min <= metric <= max, in bytes or counts; each side is optional but not both.
struct Bound {
  Metric metric = Metric::rss_peak;
  std::optional<Size> min;
  std::optional<Size> max;
  bool operator==(const Bound&) const = default;
};

struct Expectation {
  bool none = false;               ///< `expect: none`: nothing is asserted, on purpose
  std::vector<OutcomeRule> rules;  ///< the first whose `when` is true decides
  std::vector<Bound> bounds;
  std::optional<ThroughputBound> throughput;  ///< of the last kernel step
  std::optional<std::string> at;          ///< label, name or kind of the step that ends the case
  std::optional<std::string> errno_name;  ///< "ENOMEM"; of the refusal
  bool operator==(const Expectation&) const = default;
};

/// `xfail:` the case is known to fail where `when` is true; passing is then XPASS.
struct ExpectedFailure {
  std::optional<Expression> when;
  std::string reason;  ///< not empty
  bool operator==(const ExpectedFailure&) const = default;
};

std::string_view to_word(OutcomeKind value);
std::string_view to_word(Metric value);
/// "completed", "exited(3)".
std::string to_string(const OutcomePattern& pattern);
/// "refused or oom_killed".
std::string to_string(const std::vector<OutcomePattern>& any_of);

}  // namespace memqual
