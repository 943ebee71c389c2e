// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "harness/cli/commands.h"
#include "harness/lab/guest_program.h"
#include "harness/lab/kernels.h"
#include "harness/lab/machine_library.h"
#include "harness/lab/qemu_arguments.h"
#include "harness/spawn/run_process.h"
#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

Result<std::vector<Machine>> all_machines() {
  const Result<std::filesystem::path> folder = find_machine_folder();
  if (!folder) return folder.error();
  return load_machines(*folder);
}

int list_machines() {
  const Result<std::vector<Machine>> machines = all_machines();
  if (!machines) return complain(machines.error(), ExitCode::usage);
  for (const Machine& machine : *machines) {
    const Result<std::filesystem::path> image = find_kernel(machine.kernel, default_kernel_cache());
    fmt::print("{:<20} {}\n", machine.name, machine.summary);
    fmt::print("{:<20} {}; kernel {}{}\n", "", describe_machine(machine), machine.kernel,
               image ? "" : " (not here: " + image.error().hint + ")");
    fmt::print("{:<20} takes about {} of this host, and what its cases touch\n", "",
               format_bytes(guest_cost_bytes(machine, 0)));
  }
  return 0;
}

int fetch_kernels(std::vector<std::string> names, bool if_missing) {
  if (names == std::vector<std::string>{"all"}) {
    names.clear();
    for (const DebianKernel& kernel : debian_kernels()) names.push_back(kernel.name);
  }
  for (const std::string& name : names) {
    if (if_missing && find_kernel(name, default_kernel_cache())) continue;
    const auto image = fetch_kernel(name, default_kernel_cache(), [](const std::string& line) {
      fmt::print("{}\n", line);
      std::fflush(stdout);
    });
    if (!image) return complain(image.error(), ExitCode::harness_error);
    fmt::print("{}: {}\n", name, image->string());
  }
  return 0;
}

}  // namespace

void print_lab_needs() {
  fmt::print("\nThe lab: other machines, as guests in QEMU (memqual lab)\n");
  const auto put = [](const std::string& what, const Error* missing) {
    fmt::print("  {:<4} {}\n", missing == nullptr ? "yes" : "NO", what);
    if (missing != nullptr) fmt::print("         unlock: {}\n", missing->hint);
  };
  auto qemu = find_program("qemu-system-x86_64");
  const Error install{"", "apt-get install qemu-system-x86"};
  put("qemu-system-x86_64", qemu ? nullptr : &install);
  for (const DebianKernel& kernel : debian_kernels()) {
    const auto image = find_kernel(kernel.name, default_kernel_cache());
    put("kernel " + kernel.name, image ? nullptr : &image.error());
  }
}

int lab_command(const Arguments& arguments, const std::vector<std::string>& command_line) {
  switch (arguments.lab.verb) {
    case LabArguments::Verb::list:
      return list_machines();
    case LabArguments::Verb::fetch:
      return fetch_kernels(arguments.lab.kernels, arguments.lab.if_missing);
    case LabArguments::Verb::run:
      return lab_run_command(arguments, command_line);
    case LabArguments::Verb::guest:
      return run_guest_program(tool_version());
    case LabArguments::Verb::guest_shell:
      return run_guest_shell();
    case LabArguments::Verb::shell:
      return lab_shell_command(arguments);
  }
  return static_cast<int>(ExitCode::usage);
}

}  // namespace memqual
