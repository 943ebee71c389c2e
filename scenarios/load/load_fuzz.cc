// SPDX-License-Identifier: Apache-2.0
// libFuzzer entry: any bytes as a scenario file. Nothing is included, so that no other file is
// read.
#include <cstddef>
#include <cstdint>
#include <string>

#include "scenarios/load/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  memqual::LoadOptions options;
  options.limits.file_bytes = 65536;
  options.limits.nodes = 20000;
  options.limits.includes = 0;
  options.limits.cells = 1000;
  options.limits.cases = 2000;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const memqual::LoadResult result = memqual::load_scenario_text(text, "fuzz.yaml", options);
  // Either there are errors or there are cases that can be told apart.
  if (!result.errors.empty() && !result.cases.empty()) __builtin_trap();
  for (const memqual::Case& test_case : result.cases) {
    if (test_case.id.empty() || test_case.scenario.empty()) __builtin_trap();
  }
  return 0;
}
