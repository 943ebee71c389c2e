// SPDX-License-Identifier: Apache-2.0
// The initramfs of a guest.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/lab/lab_job.h"
#include "scenarios/model/result.h"

namespace memqual {

/// Guests have x86-64 CPUs and run this very program. Errors: it was built for others.
Status check_guest_architecture();

/// What every guest of a run has: memqual (an empty path: this program), its child, the libraries
/// that the loader finds for them, and a busybox where the host has one. A cpio archive. `work`
/// gets files of no interest. Errors: a file that cannot be read, a library that is missing.
Result<std::string> make_base_image(const std::filesystem::path& program,
                                    const std::filesystem::path& child,
                                    const std::filesystem::path& work);

/// What one guest has beside it: its job and the scenario files, each at guest_path(). A cpio
/// archive, to stand behind the other in one file. Errors: a file that cannot be read.
/// `modules` is the folder with guest_modules() of the guest's kernel; it need not be there.
Result<std::string> make_job_image(const LabJob& job, const std::vector<std::string>& files,
                                   const std::filesystem::path& modules);

/// Where a scenario file of this host lies in the guest.
std::string guest_path(const std::filesystem::path& file);

/// A sparse file that a guest can swap to. Errors: see make_sparse().
Status make_swap(const std::filesystem::path& file, std::uint64_t bytes);

}  // namespace memqual
