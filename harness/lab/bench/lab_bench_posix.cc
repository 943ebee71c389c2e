// SPDX-License-Identifier: Apache-2.0
// ./dev bench lab [MACHINE...]: from the start of QEMU to a guest that is ready for its first case,
// beside the same kernel and machine with a busybox, to its first word on the same serial port. One
// after the other, in turn; medians of 5. Exit code 1 where the ratio is above 1.25.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include "harness/lab/cpio.h"
#include "harness/lab/guest_image.h"
#include "harness/lab/kernels.h"
#include "harness/lab/lab_executor.h"
#include "harness/lab/machine_library.h"
#include "harness/spawn/run_process.h"
#include "harness/spawn/start_process.h"
#include "scenarios/model/bytes.h"

namespace {

using namespace memqual;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5;
constexpr double kMostRatio = 1.25;
constexpr const char* kReady = "ready";

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

/// The busybox that every machine boots as its first process: mounts what it needs to speak, and
/// speaks.
std::string bare_image() {
  const std::string busybox = get(read_whole(get(find_program("busybox"))));
  const std::string script = "#!/busybox sh\n/busybox mount -t devtmpfs dev /dev\necho " +
                             std::string(kReady) + " > /dev/ttyS1\n/busybox sleep 1000\n";
  return make_cpio({{"dev", kCpioFolder, ""},
                    {"busybox", kCpioProgram, busybox},
                    {"ready", kCpioProgram, script}});
}

/// Seconds from QEMU's start to the first word.
double bare_boot(const GuestSpec& spec) {
  const GuestFiles files{spec.kernel, spec.folder / "bare", spec.folder / "bare-console", ""};
  if (Status status = write_whole(files.initramfs, bare_image()); !status) leave(status.error());
  const auto words = qemu_arguments(spec.machine, files, {"/ready", {}, ""}, spec.accelerator);
  const Clock::time_point start = Clock::now();
  const StartedProcess qemu =
      get(start_process(spec.qemu, words, {spec.folder / "bare-errors", true, true}));
  std::string said;
  char buffer[256];
  for (ssize_t size = 1; size > 0 && said.find(kReady) == std::string::npos;) {
    size = read(qemu.from_child, buffer, sizeof buffer);
    if (size > 0) said.append(buffer, static_cast<std::size_t>(size));
  }
  const double seconds = seconds_since(start);
  kill(qemu.pid, SIGKILL);
  waitpid(qemu.pid, nullptr, 0);
  close(qemu.to_child);
  close(qemu.from_child);
  if (said.find(kReady) != std::string::npos) return seconds;
  leave({"the bare guest ended without a word", spec.folder.string()});
}

double our_boot(const GuestSpec& spec) {
  const Clock::time_point start = Clock::now();
  const Guest guest = get(Guest::boot(spec));
  return seconds_since(start);
}

/// The ratio.
double bench(LabHost& host, const std::string& machine) {
  std::vector<double> ours;
  std::vector<double> bare;
  for (int round = 0; round < kRounds; ++round) {
    const GuestSpec spec = get(host.spec_for(machine));
    // Neither always comes behind the other.
    if (round % 2 == 0) bare.push_back(bare_boot(spec));
    ours.push_back(our_boot(spec));
    if (round % 2 == 1) bare.push_back(bare_boot(spec));
  }
  const double ratio = median(ours) / median(bare);
  fmt::print("{:<16} to the first case {:.2f} s   to a bare busybox {:.2f} s   ratio {:.2f}\n",
             machine, median(ours), median(bare), ratio);
  std::fflush(stdout);
  return ratio;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> machines(argv + 1, argv + argc);
  if (machines.empty()) machines = {"laptop-12g", "server-128g-2n"};
  LabOptions options;
  options.qemu = get(find_program("qemu-system-x86_64"));
  options.library = get(load_machines(get(find_machine_folder())));
  options.program = MEMQUAL_PROGRAM;
  options.child = options.program.parent_path() / "memqual-child";
  options.kernel_cache = default_kernel_cache();
  options.memory_budget_bytes = 64 * kGiB;
  options.work_parent = default_work_parent();
  options.tool_version = MEMQUAL_VERSION;
  const auto host = get(LabHost::make(std::move(options)));
  double worst = 0;
  for (const std::string& machine : machines) worst = std::max(worst, bench(*host, machine));
  return worst <= kMostRatio ? 0 : 1;
}
