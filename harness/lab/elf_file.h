// SPDX-License-Identifier: Apache-2.0
// What the kernel and the dynamic loader read of an ELF file (System V ABI, "Object Files"). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/model/result.h"

namespace memqual {

inline constexpr std::uint16_t kElfX86_64 = 62;  // EM_X86_64

struct ElfFile {
  std::uint16_t machine = 0;  ///< e_machine
  std::string interpreter;    ///< of PT_INTERP; empty: statically linked
  /// Bytes from the beginning of the file that its program headers name: debug information and the
  /// section table lie behind.
  std::size_t loaded_bytes = 0;
};

/// Errors: not a 64-bit little-endian ELF file, or headers that point outside it.
Result<ElfFile> read_elf(std::string_view file);

/// The file cut to `loaded_bytes`, and its header without the section table that is gone.
Result<std::string> without_debug_information(std::string_view file);

/// The files in the answer of `LOADER --list PROGRAM`: "libc.so.6 => /lib/libc.so.6 (0x7f...)".
/// Errors: a library that was not found.
Result<std::vector<std::string>> parse_loader_list(std::string_view answer);

}  // namespace memqual
