// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/elf_file.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace memqual {
namespace {

constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kProgramHeaderBytes = 56;
constexpr std::uint32_t kInterpreter = 3;  // PT_INTERP

template <class T>
T number_at(std::string_view file, std::size_t offset) {
  T value{};
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

Error broken(const std::string& why) { return {"cannot read the ELF file: " + why, ""}; }

}  // namespace

Result<ElfFile> read_elf(std::string_view file) {
  // Magic, 64-bit class, little-endian.
  if (file.size() < kHeaderBytes || file.substr(0, 6) != std::string_view("\x7f"
                                                                          "ELF\x02\x01",
                                                                          6))
    return broken("it is no 64-bit little-endian program");
  const auto table = number_at<std::uint64_t>(file, 32);
  const auto entry_bytes = number_at<std::uint16_t>(file, 54);
  const auto count = number_at<std::uint16_t>(file, 56);
  if (entry_bytes != kProgramHeaderBytes || table > file.size() ||
      count * kProgramHeaderBytes > file.size() - table)
    return broken("its program headers lie outside it");
  ElfFile elf;
  elf.machine = number_at<std::uint16_t>(file, 18);
  elf.loaded_bytes = table + count * kProgramHeaderBytes;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = table + i * kProgramHeaderBytes;
    const auto offset = number_at<std::uint64_t>(file, at + 8);
    const auto size = number_at<std::uint64_t>(file, at + 32);
    if (offset > file.size() || size > file.size() - offset)
      return broken("a segment lies outside it");
    elf.loaded_bytes = std::max<std::size_t>(elf.loaded_bytes, offset + size);
    if (number_at<std::uint32_t>(file, at) == kInterpreter && size > 0)
      elf.interpreter = std::string(file.substr(offset, size - 1));
  }
  return elf;
}

Result<std::string> without_debug_information(std::string_view file) {
  const Result<ElfFile> elf = read_elf(file);
  if (!elf) return elf.error();
  std::string cut(file.substr(0, elf->loaded_bytes));
  std::memset(cut.data() + 40, 0, 8);  // e_shoff
  std::memset(cut.data() + 60, 0, 4);  // e_shnum, e_shstrndx
  return cut;
}

Result<std::vector<std::string>> parse_loader_list(std::string_view answer) {
  std::vector<std::string> files;
  while (!answer.empty()) {
    const std::size_t end = std::min(answer.find('\n'), answer.size());
    const std::string_view line = answer.substr(0, end);
    answer.remove_prefix(std::min(end + 1, answer.size()));
    if (line.find("not found") != std::string_view::npos)
      return Error{"the program's library is missing: " + std::string(line),
                   "install the libraries that memqual was built with"};
    const std::size_t slash = line.find('/');
    const std::size_t address = line.rfind(" (0x");
    if (slash == std::string_view::npos || address == std::string_view::npos || address < slash)
      continue;  // the vdso has no file
    files.emplace_back(line.substr(slash, address - slash));
  }
  return files;
}

}  // namespace memqual
