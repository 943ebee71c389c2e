// SPDX-License-Identifier: Apache-2.0
#include "reports/atomic_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>

#include "reports/testing.h"

namespace memqual {
namespace {

namespace fs = std::filesystem;
using namespace testing;

const std::string kReport(100000, 'x');

Status written(const std::string& path) {
  const Result<std::unique_ptr<AtomicFile>> file = open_atomic_file(path);
  if (!file) return file.error();
  return (*file)->commit(kReport);
}

/// Files of this process are at most this large while it lives.
struct FileSizeLimit {
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit limit = before;
    limit.rlim_cur = bytes;
    handler = std::signal(SIGXFSZ, SIG_IGN);
    BOOST_REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  rlimit before{};
  void (*handler)(int) = SIG_DFL;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(atomic_file)

BOOST_AUTO_TEST_CASE(what_is_not_committed_leaves_no_trace) {
  const Folder folder;
  const fs::path path = folder.path / "r";
  {
    const auto file = open_atomic_file(path.string());
    BOOST_REQUIRE(file.ok());
    BOOST_TEST(folder.entries() == 1U, "the temporary file is made at once");
    BOOST_TEST(!fs::exists(path));
  }
  BOOST_TEST(folder.entries() == 0U);
}

BOOST_AUTO_TEST_CASE(two_files_for_one_path_do_not_disturb_each_other) {
  const Folder folder;
  const std::string path = (folder.path / "r").string();
  const auto first = open_atomic_file(path);
  const auto second = open_atomic_file(path);
  BOOST_REQUIRE((first.ok() && second.ok()));
  BOOST_TEST((*first)->commit("first").ok());
  BOOST_TEST(content(path) == "first");
  BOOST_TEST((*second)->commit("second").ok());
  BOOST_TEST(content(path) == "second");
  BOOST_TEST(folder.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error_and_the_old_report_stays) {
  const Folder folder;
  const fs::path path = folder.path / "r.html";
  write(path, "old");
  Status status = done();
  {
    const FileSizeLimit limit(4096);
    status = written(path.string());
  }
  BOOST_REQUIRE(!status.ok());
  BOOST_TEST(contains(status.error().message, path.string()));
  BOOST_TEST(contains(status.error().hint, "unchanged"));
  BOOST_TEST(content(path) == "old");
  BOOST_TEST(folder.entries() == 1U);
}

BOOST_AUTO_TEST_CASE(a_device_is_written_directly) {
  if (!fs::exists("/dev/full")) {
    std::puts("SKIPPED: no /dev/full on this system");
    return;
  }
  const Status status = written("/dev/full");
  BOOST_REQUIRE(!status.ok());
  BOOST_TEST(contains(status.error().message, "/dev/full: No space left on device"));
  BOOST_TEST(written("/dev/null").ok());
  BOOST_TEST(fs::is_character_file("/dev/null"));
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_stays_a_link) {
  const Folder folder;
  write(folder.path / "real", "old");
  fs::create_symlink("real", folder.path / "link");
  BOOST_TEST(written((folder.path / "link").string()).ok());
  BOOST_TEST(fs::is_symlink(folder.path / "link"));
  BOOST_TEST((content(folder.path / "real") == kReport));
}

BOOST_AUTO_TEST_CASE(a_new_report_has_the_permissions_of_the_umask) {
  const Folder folder;
  const mode_t before = umask(027);
  BOOST_TEST(written((folder.path / "r").string()).ok());
  umask(before);
  struct stat info {};
  BOOST_REQUIRE(stat((folder.path / "r").c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777U) == 0640U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace memqual
