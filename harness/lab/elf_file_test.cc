// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/elf_file.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstring>

namespace memqual {
namespace {

template <class T>
void put(std::string& file, std::size_t at, T value) {
  std::memcpy(file.data() + at, &value, sizeof value);
}

/// A header, one PT_INTERP, one PT_LOAD up to byte 300, and 100 bytes of debug information.
std::string small_program() {
  std::string file(400, '.');
  std::memcpy(file.data(),
              "\x7f"
              "ELF\x02\x01",
              6);
  put<std::uint64_t>(file, 32, 64);
  put<std::uint64_t>(file, 40, 350);
  put<std::uint16_t>(file, 54, 56);
  put<std::uint16_t>(file, 56, 2);
  put<std::uint32_t>(file, 64, 3);
  put<std::uint64_t>(file, 72, 200);
  put<std::uint64_t>(file, 96, 5);
  std::memcpy(file.data() + 200, "/ld\0\0", 5);
  file[203] = 's';
  put<std::uint32_t>(file, 120, 1);
  put<std::uint64_t>(file, 128, 0);
  put<std::uint64_t>(file, 152, 300);
  return file;
}

BOOST_AUTO_TEST_SUITE(lab_elf_file)

BOOST_AUTO_TEST_CASE(finds_the_loader_and_what_is_loaded) {
  const Result<ElfFile> elf = read_elf(small_program());
  BOOST_REQUIRE(elf.ok());
  BOOST_TEST(elf->interpreter == "/lds");
  BOOST_TEST(elf->loaded_bytes == 300U);
}

BOOST_AUTO_TEST_CASE(cuts_off_what_is_never_loaded) {
  const Result<std::string> cut = without_debug_information(small_program());
  BOOST_REQUIRE(cut.ok());
  BOOST_TEST(cut->size() == 300U);
  BOOST_TEST(cut->substr(40, 8) == std::string(8, '\0'));
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_an_error_and_not_read_beyond_its_end) {
  BOOST_TEST(!read_elf("").ok());
  BOOST_TEST(!read_elf(std::string(400, 'x')).ok());
  std::string file = small_program();
  put<std::uint64_t>(file, 152, UINT64_MAX);
  BOOST_TEST(!read_elf(file).ok());
  file = small_program();
  put<std::uint16_t>(file, 56, 60000);
  BOOST_TEST(!read_elf(file).ok());
  file = small_program();
  put<std::uint64_t>(file, 32, UINT64_MAX - 8);
  BOOST_TEST(!read_elf(file).ok());
}

BOOST_AUTO_TEST_CASE(reads_the_loaders_list) {
  const auto files = parse_loader_list(
      "\tlinux-vdso.so.1 (0x00007f3f5fc26000)\n"
      "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f3f5f01e000)\n"
      "\t/lib64/ld-linux-x86-64.so.2 (0x00007f3f5fc28000)\n");
  BOOST_REQUIRE(files.ok());
  BOOST_TEST((*files == std::vector<std::string>{"/lib/x86_64-linux-gnu/libc.so.6",
                                                 "/lib64/ld-linux-x86-64.so.2"}));
  BOOST_TEST(!parse_loader_list("\tlibx.so => not found\n").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
