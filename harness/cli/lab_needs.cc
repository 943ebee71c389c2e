// SPDX-License-Identifier: Apache-2.0
// What the lab needs and whether it is here, for `doctor`.
#include <fmt/format.h>

#include "harness/cli/commands.h"
#include "harness/cli/lab_places.h"
#include "harness/lab/guest_image.h"
#include "harness/lab/kernels.h"
#include "harness/lab/kvm_check.h"
#include "harness/lab/machine_library.h"
#include "harness/spawn/run_process.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

void put(const std::string& what, const std::optional<Error>& missing) {
  fmt::print("  {:<4} {}\n", missing ? "NO" : "yes", what);
  if (!missing) return;
  if (!missing->message.empty()) fmt::print("         {}\n", missing->message);
  if (!missing->hint.empty()) fmt::print("         unlock: {}\n", missing->hint);
}

void put_program(const std::string& name, const std::string& use, const std::string& hint) {
  const bool here = find_program(name).ok();
  put(name + (use.empty() ? "" : ": " + use), here ? std::nullopt : std::optional(Error{"", hint}));
}

void put_machines(const LabOptions& options) {
  const Result<std::filesystem::path> folder = find_machine_folder();
  const Result<MachineLibrary> library =
      folder ? load_machines(*folder) : Result<MachineLibrary>(folder.error());
  if (!library) return put("machines", library.error());
  LabOptions with_library = options;
  with_library.library = *library;
  for (const Machine& machine : library->machines)
    put("machine " + machine.name + ": " + format_bytes(host_cost_bytes(machine, with_library)) +
            " of this host at most",
        obstacle_to(machine.name, with_library));
  for (const auto& [name, error] : library->broken) put("machine " + name, error);
}

}  // namespace

void print_lab_needs(const HostFacts& facts) {
  fmt::print("\nThe lab: other machines, as guests in QEMU (memqual lab)\n");
  const Status fits = check_guest_architecture();
  put("a host with x86-64 CPUs", fits ? std::nullopt : std::optional(fits.error()));
  put_program("qemu-system-x86_64", "", "apt-get install qemu-system-x86");
  put_program("busybox", "commands and the shell of guests", "apt-get install busybox-static");
  const std::string elsewhere = "Debian's own fetches kernels; elsewhere use --kernel PATH";
  put_program("apt-get", "fetches kernels", elsewhere);
  put_program("dpkg-deb", "unpacks them", elsewhere);
  for (const DebianKernel& kernel : debian_kernels()) {
    const auto image = find_kernel(kernel.name, default_kernel_cache());
    put("kernel " + kernel.name,
        image ? std::nullopt : std::optional(Error{"", image.error().hint}));
  }
  LabOptions options;
  options.memory_budget_bytes = default_memory_budget(facts);
  add_lab_places(options);
  fmt::print("  {:<4} room for guests' disks in {}: {}{}\n", "", options.work_parent.string(),
             format_bytes(options.disk_bytes),
             options.disks_in_memory ? ", which is memory: their swap counts as such" : "");
  put_machines(options);
  const auto qemu = find_program("qemu-system-x86_64");
  const auto child = find_child_program();
  if (qemu && child) {
    options.qemu = *qemu;
    options.child = *child;
    options.tool_version = tool_version();
    const auto reason = reason_against_kvm(kvm_question(options));
    put(reason ? "KVM: guests are emulated" : "KVM: a guest came up with it", reason);
  }
}

}  // namespace memqual
