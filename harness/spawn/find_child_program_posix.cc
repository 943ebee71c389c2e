// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>

#include "harness/spawn/child_launcher.h"

namespace memqual {

Result<std::filesystem::path> find_child_program() {
  namespace fs = std::filesystem;
  if (const char* named = std::getenv("MEMQUAL_CHILD"); named != nullptr && *named != '\0') {
    if (access(named, X_OK) == 0) return fs::path(named);
    return Error{std::string("$MEMQUAL_CHILD is ") + named + ", which is not an executable file",
                 "unset it, or set it to the path of memqual-child"};
  }
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  std::string looked;
  for (const fs::path& candidate :
       {folder / "memqual-child", folder / "../libexec/memqual/memqual-child"}) {
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    looked += (looked.empty() ? "" : ", ") + candidate.string();
  }
  return Error{"cannot find the child program: looked for " + looked,
               "build it with ./dev build, or set MEMQUAL_CHILD to its path"};
}

}  // namespace memqual
