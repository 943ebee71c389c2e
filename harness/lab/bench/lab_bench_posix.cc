// SPDX-License-Identifier: Apache-2.0
// ./dev bench lab: from the start of QEMU to a guest that is ready for its first case, beside the
// same kernel and machine with a busybox that powers off at once. Medians of 5.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "harness/lab/cpio.h"
#include "harness/lab/guest_image.h"
#include "harness/lab/kernels.h"
#include "harness/lab/lab_executor.h"
#include "harness/lab/machine_library.h"
#include "harness/spawn/child_launcher.h"
#include "harness/spawn/run_process.h"
#include "scenarios/model/bytes.h"

namespace {

using namespace memqual;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

[[noreturn]] void leave(const Error& error) {
  fmt::print(stderr, "memqual_bench_lab: {}\n", to_string(error));
  std::exit(3);
}

template <class T>
T get(Result<T> result) {
  if (!result) leave(result.error());
  return *std::move(result);
}

/// Boots what can be booted least: seconds from QEMU's start to its end.
double bare_boot(const GuestSpec& spec) {
  const std::string busybox = get(read_whole(get(find_program("busybox"))));
  const std::string script = "#!/busybox sh\n/busybox poweroff -f\n";
  const GuestFiles files{spec.kernel, spec.folder / "bare", spec.folder / "console", ""};
  if (Status status = write_whole(files.initramfs, make_cpio({{"busybox", kCpioProgram, busybox},
                                                              {"off", kCpioProgram, script}}));
      !status)
    leave(status.error());
  const auto words = qemu_arguments(spec.machine, files, {"/off", {}, ""}, Accelerator::tcg);
  const Clock::time_point start = Clock::now();
  get(run_process(spec.qemu, words, spec.folder / "errors", spec.boot_ms));
  return seconds_since(start);
}

void bench(LabHost& host, const std::string& machine, const std::string& version) {
  std::vector<double> ours;
  std::vector<double> bare;
  for (int round = 0; round < kRounds; ++round) {
    GuestSpec spec = get(host.spec_for(machine));
    spec.tool_version = version;
    spec.machine.swap_bytes = 0;
    bare.push_back(bare_boot(spec));
    const Clock::time_point start = Clock::now();
    Guest guest = get(Guest::boot(spec));
    ours.push_back(seconds_since(start));
  }
  fmt::print("{:<16} to the first case {:.2f} s   bare busybox, whole {:.2f} s   ratio {:.2f}\n",
             machine, median(ours), median(bare), median(ours) / median(bare));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> machines(argv + 1, argv + argc);
  if (machines.empty()) machines = {"laptop-12g", "server-128g-2n"};
  LabOptions options;
  options.qemu = get(find_program("qemu-system-x86_64"));
  options.machines = get(load_machines(get(find_machine_folder())));
  options.child = get(find_child_program());
  options.program = options.child.parent_path() / "memqual";
  options.kernel_cache = default_kernel_cache();
  options.memory_budget_bytes = 64 * kGiB;
  options.tool_version = MEMQUAL_VERSION;
  const auto host = get(LabHost::make(std::move(options)));
  for (const std::string& machine : machines) bench(*host, machine, MEMQUAL_VERSION);
  return 0;
}
