// SPDX-License-Identifier: Apache-2.0
// What every report says in the same words: names, outcomes, figures, groups, the closing line.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

/// Text of a scenario or child on one line, safe to print: what is invisible or harmful is shown as
/// an escape. Longer than `max_bytes`: cut.
std::string clean_line(std::string_view text, std::size_t max_bytes = 2000);
/// The same, a line per line, the last `max_lines` lines and 16 KiB; says how much was left out.
std::vector<std::string> clean_lines(std::string_view text, std::size_t max_lines = 40);

/// "zeros_352gb[mode=never,api=mmap]", cleaned.
std::string display_name(const CaseRecord& record);

/// "✓" or "+": never the only signal.
std::string_view status_symbol(CaseStatus status, bool unicode);
/// "passed", "unsupported", ...: fits after a number.
std::string_view status_words(CaseStatus status);
/// True for what someone has to look at: FAIL, XPASS, ERROR, TIMEOUT, FLAKY.
bool needs_attention(CaseStatus status);

/// The observation of the last attempt that has one; nullptr where the case did not run.
const Observation* last_observation(const CaseRecord& record);

/// What the machine did, short enough for a table cell.
struct OutcomeWords {
  std::string what;    ///< "refused ENOMEM", "granted 328.6 GiB", "OOM-killed at 63.8 MiB"
  std::string detail;  ///< "asked for 328.6 GiB"; may be empty
};
OutcomeWords outcome_words(const CaseRecord& record);

/// The bound that the request is above, in words: "RAM + swap 23.5 GiB", "commit limit 11.7 GiB".
/// Empty where nothing refused, or where no known bound is below the request. `facts`: of where the
/// case ran, see facts_of().
std::string refusal_bound(const CaseRecord& record, const HostFacts& facts);

/// What limited the case, in words: "above RAM + swap 23.5 GiB", "limit: RLIMIT_DATA", "above
/// cgroup memory_max 64 MiB", of a search "limit: RAM + swap". Empty where nothing limited it, or
/// where it is not known.
std::string limit_words(const CaseRecord& record, const HostFacts& facts);

/// "0.04 ms", "0.4 ms", "12 ms", "1.23 s", "2 min 05 s", "1 h 03 min".
std::string duration_words(std::uint64_t nanoseconds);
/// Time of all attempts; 0 where nothing ran.
std::uint64_t wall_ns(const CaseRecord& record);

struct Figure {
  std::string name;   ///< "rss_peak_bytes": as in the JSON report, the unit at the end
  std::string title;  ///< "highest resident set"
  std::uint64_t value = 0;
  std::string words;  ///< "63.8 MiB"
  std::string source;
};
/// The known figures of an observation.
std::vector<Figure> figures_of(const Observation& observation);

/// Cases that share status, reason and hint.
struct ReasonGroup {
  CaseStatus status = CaseStatus::skip;
  std::string reason;
  std::string hint;
  std::vector<const CaseRecord*> cases;
};
/// UNSUPPORTED first, then SKIP, NOT_RUN, XFAIL and WAIVED; the largest group of each first.
std::vector<ReasonGroup> group_by_reason(const std::vector<CaseRecord>& cases);
/// "could not run here", "known to fail", ...: what the cases of a group have in common.
std::string group_title(const ReasonGroup& group);

/// "41 cases: 38 passed, 1 failed, 2 unsupported in 12.3 s".
std::string summary_line(const RunRecord& record);
/// "38 of 41 cases as expected - 1 failed, 2 could not run here".
std::string headline(const RunRecord& record);

/// A fact of the host in words, for the strip at the top of a report.
struct HostLine {
  std::string name;    ///< "memory"
  std::string words;   ///< "23.5 GiB"
  std::string detail;  ///< "20.1 GiB available"
};
std::vector<HostLine> host_lines(const HostFacts& host);

}  // namespace memqual
