// SPDX-License-Identifier: Apache-2.0
// What runs inside a guest: memqual as its first process.
#pragma once

#include <string>

namespace memqual {

/// Where things lie in the initramfs.
inline constexpr const char* kGuestProgram = "/memqual/memqual";
inline constexpr const char* kGuestChild = "/memqual/memqual-child";
inline constexpr const char* kGuestLibraries = "/memqual/lib";
inline constexpr const char* kGuestJob = "/memqual/job.json";
inline constexpr const char* kGuestScenarios = "/memqual/scenarios";
inline constexpr const char* kGuestModules = "/memqual/modules";
inline constexpr const char* kGuestShell = "/memqual/busybox";

/// Mounts what a system needs, runs the cases that the host asks for, and powers the machine off.
/// Refuses to do anything where it is not process 1. Does not return in a guest.
int run_guest_program(const std::string& tool_version);

/// The same, with a shell on the channel instead of cases.
int run_guest_shell();

}  // namespace memqual
