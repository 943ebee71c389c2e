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

Result<MachineLibrary> machine_library() {
  const Result<std::filesystem::path> folder = find_machine_folder();
  if (!folder) return folder.error();
  return load_machines(*folder);
}

int list_machines() {
  const Result<MachineLibrary> library = machine_library();
  if (!library) return complain(library.error(), ExitCode::usage);
  for (const Machine& machine : library->machines) {
    const Result<std::filesystem::path> image = find_kernel(machine.kernel, default_kernel_cache());
    fmt::print("{:<20} {}\n", machine.name, machine.summary);
    fmt::print("{:<20} {}; kernel {}{}\n", "", describe_machine(machine), machine.kernel,
               image ? "" : " (not here: " + image.error().hint + ")");
    fmt::print("{:<20} takes about {} of this host, and what its cases touch\n", "",
               format_bytes(guest_cost_bytes(machine, 0)));
  }
  int exit_code = 0;
  for (const auto& [name, error] : library->broken) exit_code = complain(error, ExitCode::usage);
  return exit_code;
}

int fetch_kernels(std::vector<std::string> names, bool if_missing) {
  if (names == std::vector<std::string>{"all"}) {
    names.clear();
    for (const DebianKernel& kernel : debian_kernels()) names.push_back(kernel.name);
  }
  for (const std::string& name : names) {
    // A kernel that an older memqual fetched has no modules beside it.
    const auto kept = find_kernel(name, default_kernel_cache());
    std::error_code none;
    if (if_missing && kept && std::filesystem::is_directory(modules_of(*kept), none)) continue;
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
