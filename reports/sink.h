// SPDX-License-Identifier: Apache-2.0
// Reports: what happens to results while and after a run.
#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/model/result.h"
#include "scenarios/model/run_record.h"

namespace memqual {

/// Receives a run as it happens. Called from one thread.
class Sink {
 public:
  virtual ~Sink() = default;
  /// `record` has the host facts and no cases yet; `total` cases are planned.
  virtual void run_started(const RunRecord& record, std::size_t total) = 0;
  /// `ended` of `total` cases have ended, this one included.
  virtual void case_ended(const CaseRecord& record, std::size_t ended, std::size_t total) = 0;
  /// The whole run. Errors: the report could not be written.
  virtual Status run_ended(const RunRecord& record) = 0;
};

/// FORMAT=PATH of --report. PATH "-" is standard output.
struct ReportRequest {
  std::string format;  ///< "json", "junit", "html", "console"
  std::string path;
  bool operator==(const ReportRequest&) const = default;
};

/// The formats, for --help and "did you mean".
std::vector<std::string> report_formats();

/// Parses "html=report.html". Errors: no '=', an unknown format, an empty path.
Result<ReportRequest> parse_report_request(const std::string& text);
/// The same with the formats of another verb.
Result<ReportRequest> parse_report_request(const std::string& text,
                                           const std::vector<std::string>& formats);

/// A sink that writes the report at the end of the run: to a temporary file beside PATH, synced,
/// renamed. Errors now, before anything runs: the folder is missing or not writable, PATH is a
/// folder.
Result<std::unique_ptr<Sink>> make_report_sink(const ReportRequest& request);

/// The same for a report that `run` does not offer: `format` names it in messages.
Result<std::unique_ptr<Sink>> make_report_sink(const ReportRequest& request,
                                               std::string (*render)(const RunRecord&));

/// How the console sink writes. Decided by the command line from the terminal and the environment.
struct ConsoleStyle {
  bool colour = false;
  bool unicode = true;
  bool live = false;     ///< a progress line that is rewritten; false: one line per ended case
  bool quiet = false;    ///< only the summary
  bool verbose = false;  ///< also evidence of passing cases
  unsigned width = 100;  ///< columns
};
/// Writes for people: a line per case, the evidence of what is not PASS, skips grouped by reason
/// with what would unlock them, and a summary. `out` stays open, owned by the caller.
std::unique_ptr<Sink> make_console_sink(std::FILE* out, const ConsoleStyle& style);

}  // namespace memqual
