// SPDX-License-Identifier: Apache-2.0
// The kernels that guests boot: names, the cache they lie in, and where Debian has them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/result.h"

namespace memqual {

/// A kernel that `memqual lab fetch` takes out of Debian's own package.
struct DebianKernel {
  std::string name;   ///< "debian-6.1"
  std::string suite;  ///< "bookworm"
};
const std::vector<DebianKernel>& debian_kernels();

/// The mirror that apt uses for Debian on this host, from the texts of its source files in both
/// formats (sources.list(5)); the default mirror where they name none.
std::string debian_mirror(const std::vector<std::string>& source_files);

/// The package that the flavour's meta package stands for, from `apt-cache show`:
/// "linux-image-6.1.0-50-cloud-amd64". Empty where there is none.
std::string kernel_package(std::string_view meta_package);

/// $XDG_CACHE_HOME/memqual/kernels, or ~/.cache/memqual/kernels.
std::filesystem::path default_kernel_cache();

/// Errors: neither `host` nor one of debian_kernels(); with the nearest name and all of them.
Status check_kernel_name(const std::string& name);

/// The image for a machine's kernel: a path (with a '/'), one of debian_kernels() in the cache, or
/// `host`: the running kernel's in `boot`, if this user may read it. Errors name what gets it.
Result<std::filesystem::path> find_kernel(const std::string& name,
                                          const std::filesystem::path& cache,
                                          const std::filesystem::path& boot = "/boot");

/// Kernel modules that guests may need (swap on zram), in the order in which they have to be
/// loaded. Kernels that have one built in have no file of it.
const std::vector<std::string>& guest_modules();

/// The file of a module in one folder, NAME.ko or NAME.ko.xz; empty where there is none.
std::filesystem::path module_file(const std::filesystem::path& folder, const std::string& name);

/// Where the modules of an image of the cache lie.
std::filesystem::path modules_of(const std::filesystem::path& image);

/// Downloads a kernel's package with an apt state of its own, signatures and checksums verified by
/// apt, and puts its image and guest_modules() into the cache; nothing is installed. `tell` gets a
/// line per stage. An older image stays until the new one takes its place. Errors: no such name, no
/// apt, no network, a wrong signature or checksum, a full disk.
Result<std::filesystem::path> fetch_kernel(const std::string& name,
                                           const std::filesystem::path& cache,
                                           const std::function<void(const std::string&)>& tell);

}  // namespace memqual
