// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/parse_lab.h"

namespace memqual {
namespace {

constexpr const char* kLabFooter =
    "Examples\n"
    "  memqual lab list                              the machines, and what each costs this host\n"
    "  memqual lab fetch debian-6.1                  a kernel, out of Debian's package\n"
    "\n"
    "Guests run in QEMU, without root and without KVM, network or folders of this host.";

}  // namespace

void add_lab(CLI::App& app, Arguments& out) {
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
}

}  // namespace memqual
