// SPDX-License-Identifier: Apache-2.0
#include "kernels/read_ahead.h"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "kernels/fake_files.h"

using namespace memqual::kernels;
using memqual::kernels::testing::TempDir;

namespace {

std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 31 >> 5);
  return text;
}

constexpr ReadAheadOptions kSmall = {4096, 3, 2, ReadBy::automatic};

// By threads, and by io_uring where that is here.
std::vector<ReadAheadOptions> ways() {
  std::vector<ReadAheadOptions> result = {{4096, 3, 2, ReadBy::threads}};
  const TempDir dir;
  dir.write("a", "x");
  if (const auto ring = uring_engine(*File::open(dir.file("a")), 1); ring.ok())
    result.push_back({4096, 3, 2, ReadBy::io_uring});
  else
    std::cout << "SKIPPED: io_uring is not to be had here\n";
  return result;
}

// Direct where this file system can; else through the cache, which reads the same.
File open_any(const std::string& path) {
  Result<File> direct = File::open(path, Caching::direct);
  if (direct) return *std::move(direct);
  BOOST_TEST_MESSAGE("SKIPPED: direct reads: " << direct.error().message);
  return *File::open(path);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(read_ahead)

BOOST_AUTO_TEST_CASE(blocks_come_in_order_and_make_up_the_file) {
  const TempDir dir;
  for (const std::size_t bytes : {0u, 1u, 4096u, 4097u, 100000u, 65536u}) {
    const std::string expected = pattern(bytes);
    dir.write("a", expected);
    for (const ReadAheadOptions& way : ways()) {
      ReadAhead reader(open_any(dir.file("a")), bytes, way);
      BOOST_TEST(reader.how() == (way.by == ReadBy::threads ? "threads" : "io_uring"));
      std::string got;
      for (;;) {
        const auto block = reader.next();
        BOOST_REQUIRE(block.ok());
        if (!*block) break;
        BOOST_TEST((*block)->offset == got.size());
        got.append(reinterpret_cast<const char*>((*block)->data), (*block)->bytes);
      }
      BOOST_TEST((got == expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_short_file_is_an_error_where_it_ends) {
  const TempDir dir;
  dir.write("a", pattern(10000));
  for (const ReadAheadOptions& way : ways()) {
    ReadAhead reader(open_any(dir.file("a")), 20000, way);
    BOOST_TEST(reader.next().ok());
    BOOST_TEST(reader.next().ok());
    const auto third = reader.next();
    BOOST_REQUIRE(!third.ok());
    BOOST_TEST(third.error().message.find("it ends at byte 10000, before byte 20000") !=
               std::string::npos);
    BOOST_TEST(!reader.next().ok());
  }
}

BOOST_AUTO_TEST_CASE(where_the_kernel_refuses_a_ring_threads_read) {
  const TempDir dir;
  dir.write("a", pattern(10000));
  File first = open_any(dir.file("a"));
  File second = open_any(dir.file("a"));
  // No room for one more descriptor, which a ring is.
  struct rlimit before {};
  BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = ::dup(0);
  ::close(next);
  struct rlimit full = before;
  full.rlim_cur = static_cast<rlim_t>(next);
  BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &full) == 0);
  ReadAhead automatic(std::move(first), 10000, kSmall);
  ReadAhead demanded(std::move(second), 10000, {4096, 3, 2, ReadBy::io_uring});
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST(automatic.how().starts_with("threads: cannot read"));
  BOOST_TEST(automatic.next().ok());
  const auto refused = demanded.next();
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(!refused.error().hint.empty());
}

BOOST_AUTO_TEST_CASE(leaving_early_waits_for_nothing) {
  const TempDir dir;
  dir.write("a", pattern(1 << 20));
  ReadAhead reader(open_any(dir.file("a")), 1 << 20, kSmall);
  BOOST_TEST(reader.next().ok());
}

BOOST_AUTO_TEST_SUITE_END()
