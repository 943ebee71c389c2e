// SPDX-License-Identifier: Apache-2.0
// What kernel steps did, and what each way of doing the same job costs, in the words of every
// report. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scenarios/model/run_record.h"

namespace memqual {

/// "3 tiles of 10x20 (1 MiB: whole rows within half of the second cache)": how the array was cut,
/// and why so. Cleaned.
std::string tile_words(const KernelReport& report);

/// "sqrt [roots]: 11.3 GB/s, 1.6 GB moved in 142 ms (median of 3), 100 tiles of 1000x1000, ...": a
/// line for each kernel step that ended. Cleaned.
std::vector<std::string> kernel_lines(const Observation& observation);

/// One way of doing a job: a case, at one labelled kernel step.
struct KernelWay {
  const CaseRecord* record = nullptr;
  std::string way;       ///< the case's parameters: "memory=64 MiB,way=chunked"
  std::string ending;    ///< what happened instead: "OOM-killed at 66 MiB"; empty where it was done
  double price = 0;      ///< its median round over that of the fastest way; 0 where it was not done
  std::string time;      ///< "142 ms"
  std::string rate;      ///< "11.3 GB/s"
  std::string resident;  ///< highest resident set of the case
  std::string tile;      ///< see tile_words()
};

/// The same labelled kernel step in the cases of one scenario.
struct KernelJob {
  std::string scenario;
  std::string label;
  std::vector<KernelWay> ways;  ///< two or more, in the order of the run; one of them was done
};

/// Jobs that were tried in more than one way. Cases that did not run at all are left out.
std::vector<KernelJob> kernel_jobs(const RunRecord& record);

/// The jobs as text, a line each way; empty where there are none. Cleaned.
std::vector<std::string> price_lines(const RunRecord& record);

/// The same as a section of the HTML page.
std::string html_prices(const RunRecord& record);

}  // namespace memqual
