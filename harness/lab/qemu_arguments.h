// SPDX-License-Identifier: Apache-2.0
// The command line of a guest. Pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/model/machine.h"

namespace memqual {

enum class Accelerator { tcg, kvm };
/// "tcg", "kvm"
std::string to_word(Accelerator accelerator);

struct GuestFiles {
  std::filesystem::path kernel;
  std::filesystem::path initramfs;
  std::filesystem::path console;  ///< receives what the guest's kernel prints
  std::filesystem::path swap;     ///< raw image; empty where the machine has no swap
};

/// How the guest's first program is called.
struct GuestProgram {
  std::string path;                    ///< in the initramfs
  std::vector<std::string> arguments;  ///< without spaces
  std::string library_path;            ///< LD_LIBRARY_PATH; empty: none
};

/// Arguments of qemu-system-x86_64. The guest has no network, no display and no folder of the host;
/// its memory is reserved, not allocated; its second serial port is QEMU's standard input and
/// output. QEMU ends when the guest powers off, reboots or panics.
std::vector<std::string> qemu_arguments(const Machine& machine, const GuestFiles& files,
                                        const GuestProgram& program, Accelerator accelerator);

/// The kernel's command line in it.
std::string kernel_command_line(const Machine& machine, const GuestProgram& program);

/// Host memory that a guest will really use, in bytes: QEMU itself, the kernel and its page
/// structures (64 B for each page of 4 KiB, include/linux/mm_types.h), and what cases may touch.
std::uint64_t guest_cost_bytes(const Machine& machine, std::uint64_t touched_bytes);

}  // namespace memqual
