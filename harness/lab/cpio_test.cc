// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/cpio.h"

#include <boost/test/unit_test.hpp>

namespace memqual {
namespace {

struct Read {
  std::string path;
  unsigned long mode;
  std::string content;
};

/// Reads an archive as the kernel does (init/initramfs.c), by the header's lengths.
std::vector<Read> read_back(const std::string& archive) {
  std::vector<Read> entries;
  std::size_t at = 0;
  const auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
  while (at + 110 <= archive.size()) {
    BOOST_REQUIRE(archive.substr(at, 6) == "070701");
    const auto field = [&](std::size_t index) {
      return std::stoul(archive.substr(at + 6 + 8 * index, 8), nullptr, 16);
    };
    const std::size_t name_at = at + 110;
    const std::size_t content_at = padded(name_at + field(11));
    entries.push_back(
        {archive.substr(name_at, field(11) - 1), field(1), archive.substr(content_at, field(6))});
    if (entries.back().path == "TRAILER!!!") break;
    at = padded(content_at + field(6));
  }
  return entries;
}

BOOST_AUTO_TEST_SUITE(lab_cpio)

BOOST_AUTO_TEST_CASE(holds_files_and_the_folders_above_them_once) {
  const auto read = read_back(make_cpio({{"bin/memqual", kCpioProgram, "ELF"},
                                         {"bin/other", kCpioFile, "12345"},
                                         {"proc", kCpioFolder, ""},
                                         {"bin/link", kCpioLink, "memqual"}}));
  BOOST_REQUIRE(read.size() == 6U);
  BOOST_TEST(read[0].path == "bin");
  BOOST_TEST(read[0].mode == kCpioFolder);
  BOOST_TEST(read[1].path == "bin/memqual");
  BOOST_TEST(read[1].mode == kCpioProgram);
  BOOST_TEST(read[1].content == "ELF");
  BOOST_TEST(read[2].content == "12345");
  BOOST_TEST(read[3].path == "proc");
  BOOST_TEST(read[4].content == "memqual");
  BOOST_TEST(read[5].path == "TRAILER!!!");
}

BOOST_AUTO_TEST_CASE(archives_can_follow_one_another) {
  BOOST_TEST(make_cpio({{"a", kCpioFile, "abc"}}).size() % 4 == 0U);
  BOOST_TEST(make_cpio({}).size() % 4 == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace memqual
