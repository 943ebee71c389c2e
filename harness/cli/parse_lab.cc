// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/parse_lab.h"

namespace memqual {
namespace {

constexpr const char* kLabFooter =
    "Examples\n"
    "  memqual lab list                              the machines, and what each costs this host\n"
    "  memqual lab fetch debian-6.1                  a kernel, out of Debian's package\n"
    "  memqual lab run                               the suite for guests\n"
    "  memqual lab run seeds --on lab:laptop-12g,server-128g-2n@debian-5.10\n"
    "  memqual lab shell small-512m                  a console to look around\n"
    "\n"
    "Guests run in QEMU, without root, network or folders of this host.";

}  // namespace

void add_guest_options(CLI::App& command, Arguments& out) {
  command
      .add_option("--kernel", out.run.kernel,
                  "A bzImage for the lab's machines, in place of their own")
      ->type_name("PATH");
  command
      .add_option(
          "--accel", out.run.accelerator,
          "What runs a guest: tcg (emulated), kvm, or auto (kvm where a trial guest came up "
          "with it, which is tried once per boot of this host)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"auto", "tcg", "kvm"}));
}

void add_memory_budget(CLI::App& command, Arguments& out) {
  command
      .add_option(
          "--memory-budget", out.run.memory_budget,
          "Memory that cases may make resident together (default: available minus a reserve)")
      ->type_name("SIZE");
}

CLI::App* add_lab(CLI::App& app, Arguments& out) {
  CLI::App* lab = app.add_subcommand("lab", "Machines you do not have, as QEMU guests");
  lab->footer(kLabFooter);
  lab->require_subcommand(1);
  const auto verb = [&](const char* name, const char* about, LabArguments::Verb chosen) {
    CLI::App* command = lab->add_subcommand(name, about);
    command->callback([&out, chosen] { out.lab.verb = chosen; });
    return command;
  };
  verb("list", "The machines, their kernels, and what is missing", LabArguments::Verb::list);
  CLI::App* fetch = verb("fetch", "Download kernels: debian-5.10, debian-6.1, debian-6.12",
                         LabArguments::Verb::fetch);
  fetch->add_option("KERNEL", out.lab.kernels, "Names of kernels, or all")->required();
  fetch->add_flag("--if-missing", out.lab.if_missing, "Only those that are not here yet");
  CLI::App* shell =
      verb("shell", "Boot a machine and look around in it", LabArguments::Verb::shell);
  shell->add_option("MACHINE", out.lab.machine, "A machine, or MACHINE@KERNEL")->required();
  add_guest_options(*shell, out);
  add_memory_budget(*shell, out);
  const auto guest = [&](const char* name, LabArguments::Verb chosen) {
    CLI::App* command = app.add_subcommand(name, "The first process of a guest")->group("");
    command->callback([&out, chosen] { out.lab.verb = chosen; });
  };
  guest("lab-guest", LabArguments::Verb::guest);
  guest("lab-guest-shell", LabArguments::Verb::guest_shell);
  return verb("run", "The suite lab, or other scenarios, in guests: run --on lab",
              LabArguments::Verb::run);
}

}  // namespace memqual
