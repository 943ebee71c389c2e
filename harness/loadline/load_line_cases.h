// SPDX-License-Identifier: Apache-2.0
// A question about load lines on the command line as cases: no YAML. Pure.
#pragma once

#include <string>
#include <vector>

#include "scenarios/model/case.h"
#include "scenarios/model/result.h"

namespace memqual {

/// The words of `memqual loadline`. Every list is crossed with every other, but for `cgroups`.
struct LoadLineQuestion {
  std::vector<std::string> using_;       ///< ways of asking; empty: mmap, malloc, mmap_noreserve
  std::vector<std::string> overcommit;   ///< modes, or "host"; empty: all three
  std::vector<std::string> rlimit_as;    ///< sizes or unlimited; empty: as the host has it
  std::vector<std::string> rlimit_data;  ///< the same
  std::vector<std::string> blocks;       ///< sizes; beside one request, also lists of such blocks
  std::vector<std::string> cgroups;      ///< sizes of groups in which memory is touched
  std::string touch = "write";           ///< or "read"
};

/// One case for each line: `load_line` asks for memory, `load_line_touched` uses it until it is
/// killed in its group. All expect what is predicted. Errors name the option and what it takes.
Result<std::vector<Case>> load_line_cases(const LoadLineQuestion& question);

}  // namespace memqual
