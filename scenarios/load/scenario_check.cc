// SPDX-License-Identifier: Apache-2.0
// Test tool: loads each file by itself and prints "ok FILE CASES" or "bad FILE" and the errors.
// `scenario_check --schema` prints the JSON Schema.
#include <cstdio>
#include <cstring>

#include "scenarios/load/load.h"

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--schema") == 0) {
    std::fputs(memqual::scenario_schema().c_str(), stdout);
    return 0;
  }
  int bad = 0;
  for (int i = 1; i < argc; ++i) {
    const memqual::LoadResult result = memqual::load_scenarios({argv[i]});
    if (result.errors.empty()) {
      std::printf("ok %s %zu\n", argv[i], result.cases.size());
    } else {
      std::printf("bad %s\n", argv[i]);
      ++bad;
    }
    for (const auto& error : result.errors) std::printf("  %s\n", to_string(error).c_str());
    for (const auto& warning : result.warnings) {
      std::printf("  warning: %s\n", to_string(warning).c_str());
    }
  }
  return bad == 0 ? 0 : 1;
}
