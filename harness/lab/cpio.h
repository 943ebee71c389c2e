// SPDX-License-Identifier: Apache-2.0
// The archive that a kernel unpacks as its first file system: cpio, "newc" (Linux
// Documentation/driver-api/early-userspace/buffer-format.rst). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace memqual {

struct CpioEntry {
  std::string path;          ///< without a leading '/'
  std::uint32_t mode = 0;    ///< type and permissions, as in struct stat
  std::string_view content;  ///< of a file; the target of a link
};

inline constexpr std::uint32_t kCpioFolder = 0040755;
inline constexpr std::uint32_t kCpioProgram = 0100755;
inline constexpr std::uint32_t kCpioFile = 0100644;
inline constexpr std::uint32_t kCpioLink = 0120777;

/// One archive. Folders of a path are made where no entry makes them before it. Contents of 4 GiB
/// and more have no form in newc and are a mistake of the caller.
std::string make_cpio(const std::vector<CpioEntry>& entries);

}  // namespace memqual
