// SPDX-License-Identifier: Apache-2.0
// For tests that boot real guests with the built program.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "harness/cli/testing.h"
#include "harness/lab/kernels.h"
#include "harness/spawn/run_process.h"

namespace memqual::testing {

/// Ends the test program as skipped, with `what` was not done and why, where QEMU or one of these
/// kernels is not here.
inline void skip_without_guests(const std::string& what, const std::vector<std::string>& kernels) {
  const auto skip = [&](const std::string& why) {
    std::cout << "SKIPPED: " << what << ": " << why << std::endl;
    std::_Exit(77);
  };
  if (const auto qemu = find_program("qemu-system-x86_64"); !qemu)
    skip(qemu.error().message + "; apt-get install qemu-system-x86");
  for (const std::string& kernel : kernels)
    if (const auto image = find_kernel(kernel, default_kernel_cache()); !image)
      skip(image.error().message + "; " + image.error().hint);
}

/// A sandbox has a home of its own; kernels are where this user has them.
class LabSandbox : public Sandbox {
 public:
  LabSandbox() {
    set("XDG_CACHE_HOME", default_kernel_cache().parent_path().parent_path().string());
  }
};

}  // namespace memqual::testing
