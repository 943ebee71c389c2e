// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace memqual {

enum class CaseStatus {
  pass,
  fail,         ///< the observation is not what was expected
  xfail,        ///< failed, as `xfail:` says
  xpass,        ///< passed although `xfail:` says it fails
  skip,         ///< someone chose not to run it
  unsupported,  ///< this host cannot run it; `hint` says what would unlock it
  error,        ///< our own trouble: never pass, never fail
  timeout,      ///< the case hung, and no timeout was expected
  flaky,        ///< repeats disagreed
  waived,
  not_run,  ///< the run stopped before it
};
/// "PASS", "FAIL", ...
std::string_view to_word(CaseStatus status);
/// True where the status lets a run succeed: PASS, XFAIL, WAIVED, SKIP, UNSUPPORTED.
bool is_acceptable(CaseStatus status);

/// One comparison behind a verdict.
struct Check {
  std::string what;      ///< "outcome", "rss_peak"
  std::string expected;  ///< "refused", "<= 64 MiB"
  std::string observed;  ///< "completed", "3.1 MiB"
  bool ok = false;
  bool operator==(const Check&) const = default;
};

struct Verdict {
  CaseStatus status = CaseStatus::not_run;
  std::string reason;  ///< one sentence; empty for a plain PASS
  std::string hint;    ///< what would unlock or repair it; a command where there is one
  std::vector<Check> checks;
  bool operator==(const Verdict&) const = default;
};

}  // namespace memqual
