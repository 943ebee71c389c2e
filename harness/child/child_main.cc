// SPDX-License-Identifier: Apache-2.0
// memqual-child: started by memqual, never by hand.
#include <cstdio>
#include <cstring>

#include "harness/child/case_process.h"
#include "harness/child/launcher.h"
#include "harness/wire/line.h"

int main(int argc, char** argv) {
  const char* role = argc == 2 ? argv[1] : "";
  if (std::strcmp(role, "--launcher") == 0) return memqual::child::run_launcher();
  if (std::strcmp(role, "--case") == 0) memqual::child::run_case_image({3, 4, 5, 6});
  if (std::strcmp(role, "--noop") == 0) return 0;
  if (std::strcmp(role, "--version") == 0) {
    std::printf("memqual-child, protocol %d\n", memqual::wire::kVersion);
    return 0;
  }
  std::fprintf(
      stderr,
      "memqual-child runs one case at a time for memqual and is not meant to be started by "
      "hand.\nTry: memqual run --help\n");
  return 2;
}
