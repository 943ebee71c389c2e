// SPDX-License-Identifier: Apache-2.0
#include "kernels/file.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "kernels/fake_files.h"
#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;
using memqual::kernels::testing::TempDir;

namespace {

const std::byte* bytes_of(const std::string& text) {
  return reinterpret_cast<const std::byte*>(text.data());
}

bool says(const Error& error, const std::string& words) {
  return error.message.find(words) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file)

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_error_with_its_name) {
  const Result<File> missing = File::open("/nonexistent/array.npy");
  BOOST_REQUIRE(!missing.ok());
  BOOST_TEST(missing.error().message ==
             "cannot open /nonexistent/array.npy: No such file or directory");
}

BOOST_AUTO_TEST_CASE(reading_behind_the_end_says_where_it_is) {
  const TempDir dir;
  dir.write("a", "0123456789");
  const Result<File> file = File::open(dir.file("a"));
  BOOST_REQUIRE(file.ok());
  std::byte buffer[16];
  BOOST_TEST(file->read_at(2, buffer, 8).ok());
  BOOST_TEST(static_cast<char>(buffer[0]) == '2');
  const Status status = file->read_at(4, buffer, 8);
  BOOST_REQUIRE(!status.ok());
  BOOST_TEST(says(status.error(), "it ends at byte 10, before byte 12"));
}

BOOST_AUTO_TEST_CASE(a_new_file_appears_whole_and_at_commit) {
  const TempDir dir;
  dir.write("a", "old");
  {
    Result<NewFile> file = NewFile::create(dir.file("a"), 10);
    BOOST_REQUIRE(file.ok());
    BOOST_TEST(file->write_at(2, bytes_of("xyz"), 3).ok());
    BOOST_TEST(dir.read("a") == "old");
    BOOST_TEST(file->commit().ok());
  }
  BOOST_TEST(dir.read("a") == std::string("\0\0xyz\0\0\0\0\0", 10));
  BOOST_TEST(dir.count() == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_not_committed_leaves_nothing_behind) {
  const TempDir dir;
  dir.write("a", "old");
  {
    const Result<NewFile> file = NewFile::create(dir.file("a"), 1 << 20);
    BOOST_REQUIRE(file.ok());
    BOOST_TEST(dir.count() == 2u);
  }
  BOOST_TEST(dir.read("a") == "old");
  BOOST_TEST(dir.count() == 1u);
  BOOST_TEST(!NewFile::create(dir.file("no/such/folder/a"), 1).ok());
}

BOOST_AUTO_TEST_CASE(what_a_killed_process_left_goes_with_the_next_one_and_what_is_written_stays) {
  const TempDir dir;
  dir.write("a.part-1-0", "nobody holds its lock");
  dir.write("a.part-1-0x", "somebody's own name");
  dir.write("b.part-1-0", "of another path");
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    const Result<NewFile> file = NewFile::create(dir.file("a"), 100);
    ::_exit(file.ok() ? 0 : 1);  // without destructors, as if it was killed
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  BOOST_REQUIRE(status == 0);
  BOOST_TEST(dir.count() == 3u);
  const Result<NewFile> first = NewFile::create(dir.file("a"), 10);
  BOOST_REQUIRE(first.ok());
  BOOST_TEST(dir.count() == 3u);
  BOOST_TEST(dir.read("b.part-1-0") == "of another path");
  BOOST_TEST(dir.read("a.part-1-0x") == "somebody's own name");
  const Result<NewFile> second = NewFile::create(dir.file("a"), 10);
  BOOST_REQUIRE(second.ok());
  BOOST_TEST(dir.count() == 4u);
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_names_the_target_and_leaves_it_alone) {
  const TempDir dir;
  dir.write("a", "old");
  {
    const Result<NewFile> file = NewFile::create(dir.file("a"), 0);
    BOOST_REQUIRE(file.ok());
    // No file system has room there.
    const Status status = file->write_at(~std::uint64_t{0} >> 1, bytes_of("x"), 1);
    BOOST_REQUIRE(!status.ok());
    BOOST_TEST(says(status.error(), "cannot write " + dir.file("a")));
  }
  BOOST_TEST(dir.read("a") == "old");
  BOOST_TEST(dir.count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_file_size_limit_is_an_error_and_no_signal) {
  const TempDir dir;
  struct rlimit before {};
  BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  struct rlimit low = before;
  low.rlim_cur = 4096;
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
  const bool fits = NewFile::create(dir.file("a"), 4096).ok();
  const Result<NewFile> refused = NewFile::create(dir.file("a"), 4097);
  ::setrlimit(RLIMIT_FSIZE, &before);
  BOOST_TEST(fits);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(says(refused.error(), "cannot make 4097 bytes of " + dir.file("a")));
  BOOST_TEST(refused.error().hint.find("ulimit -f") != std::string::npos);
  BOOST_TEST(dir.count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_missing_or_may_not_be_written_is_named_with_what_to_do) {
  const TempDir dir;
  const Result<NewFile> missing = NewFile::create(dir.file("no/a"), 1);
  BOOST_REQUIRE(!missing.ok());
  BOOST_TEST(missing.error().hint.starts_with("check the path"));
  if (::geteuid() == 0) {
    std::cout << "SKIPPED: root may write everywhere\n";
    return;
  }
  std::filesystem::permissions(
      dir.file(""), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const Result<NewFile> refused = NewFile::create(dir.file("a"), 1);
  std::filesystem::permissions(dir.file(""), std::filesystem::perms::owner_all);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().hint.starts_with("give a path"));
}

BOOST_AUTO_TEST_CASE(a_full_file_system_is_an_error_and_leaves_nothing) {
  const TempDir dir;
  if (::mount("tmpfs", dir.file("").c_str(), "tmpfs", 0, "size=64k") != 0) {
    std::cout << "SKIPPED: may not mount a small tmpfs here\n";
    return;
  }
  std::size_t left = 1;
  std::optional<Status> status;
  {
    const Result<NewFile> file = NewFile::create(dir.file("a"), 1 << 20);
    const std::string data(1 << 20, 'x');
    if (file.ok()) status = file->write_at(0, bytes_of(data), data.size());
  }
  left = dir.count();
  ::umount(dir.file("").c_str());
  BOOST_TEST(left == 0u);
  BOOST_REQUIRE((status && !status->ok()));
  BOOST_TEST(says(status->error(), "No space left on device"));
  BOOST_TEST(status->error().hint.starts_with("make room"));
}

BOOST_AUTO_TEST_CASE(a_mapping_reads_drops_and_notices_that_the_file_was_cut) {
  const TempDir dir;
  dir.write("a", std::string(100000, 'x') + "y");
  Result<File> file = File::open(dir.file("a"));
  BOOST_REQUIRE(file.ok());
  const Result<Mapping> mapping = Mapping::map(*std::move(file));
  BOOST_REQUIRE(mapping.ok());
  BOOST_TEST(mapping->size() == 100001u);
  BOOST_TEST(static_cast<char>(mapping->data()[100000]) == 'y');
  mapping->drop(0, 100001);
  BOOST_TEST(static_cast<char>(mapping->data()[100000]) == 'y');
  BOOST_TEST(mapping->check_length().ok());
  std::filesystem::resize_file(dir.file("a"), 50000);
  const Status cut = mapping->check_length();
  BOOST_REQUIRE(!cut.ok());
  BOOST_TEST(says(cut.error(), "was shortened from 100001 to 50000 bytes"));
}

BOOST_AUTO_TEST_CASE(holes_read_as_zeros_wherever_they_begin_and_end) {
  const TempDir dir;
  const std::size_t bytes = 3 << 20;
  std::vector<std::byte> content(bytes, std::byte{0});
  {
    Result<NewFile> made = NewFile::create(dir.file("x"), bytes);
    require_ok(made);
    for (const std::size_t at : {std::size_t{1} << 20, (std::size_t{2} << 20) + 5}) {
      for (std::size_t i = 0; i < 7; ++i) content[at + i] = std::byte{9};
      require_ok(made->write_at(at, content.data() + at, 7));
    }
    require_ok(made->commit());
  }
  const Result<File> file = File::open(dir.file("x"));
  require_ok(file);
  for (const std::size_t offset : {0u, 4096u, 1048570u, 1048576u, 2097152u, 2097160u, 3141632u}) {
    for (const std::size_t n : {1u, 4096u, 70000u}) {
      if (offset + n > bytes) continue;
      std::vector<std::byte> got(n, std::byte{0xEE});
      require_ok(file->read_sparse_at(offset, got.data(), n));
      BOOST_TEST(std::equal(got.begin(), got.end(), content.begin() + static_cast<long>(offset)));
    }
  }
  std::vector<std::byte> beyond(4096);
  BOOST_TEST(!file->read_sparse_at(bytes - 100, beyond.data(), beyond.size()).ok());
  BOOST_TEST(!file->read_sparse_at(bytes + 100, beyond.data(), beyond.size()).ok());
}

BOOST_AUTO_TEST_SUITE_END()
