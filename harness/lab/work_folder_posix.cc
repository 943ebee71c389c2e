// SPDX-License-Identifier: Apache-2.0
#include "harness/lab/work_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "scenarios/model/bytes.h"

namespace memqual {
namespace {

namespace fs = std::filesystem;
constexpr const char* kPrefix = "memqual-lab-";
constexpr const char* kLock = "lock";
constexpr const char* kDisk = "swap";  // see guest_posix.cc
constexpr int kTries = 100;

Error failed(const std::string& what, const fs::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  return {"cannot " + what + " " + path.string() + ": " + std::strerror(error),
          full ? "make room there, or set TMPDIR to a folder with more" : ""};
}

/// A lock file of the folder, locked. -1: somebody else has it (errno: EWOULDBLOCK), or it cannot
/// be made.
int take_lock(const fs::path& folder, bool create) {
  const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0);
  const int fd = open((folder / kLock).c_str(), flags, 0600);
  if (fd < 0) return -1;
  struct stat found {};
  if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &found) == 0) {
    if (found.st_nlink > 0) return fd;
    errno = EWOULDBLOCK;  // removed by the one who had the lock before
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// One that was made a moment ago has no lock file yet and is left alone.
void remove_abandoned(const fs::path& parent) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    const int lock = take_lock(entry.path(), false);
    if (lock < 0) continue;
    std::error_code ignored;
    fs::remove_all(entry.path(), ignored);
    close(lock);
  }
}

}  // namespace

Result<WorkFolder> WorkFolder::make(const fs::path& parent) {
  remove_abandoned(parent);
  // Between its making and its locking another lab may take the folder for an abandoned one, and
  // have removed it when we look: then there is another try.
  for (int tries = 0;; ++tries) {
    std::string name = (parent / (std::string(kPrefix) + "XXXXXX")).string();
    if (mkdtemp(name.data()) == nullptr) return failed("make a folder in", parent, errno);
    const int lock = take_lock(name, true);
    if (lock >= 0) return WorkFolder(name, lock);
    const int error = errno;
    rmdir(name.c_str());
    if (tries == kTries || (error != EWOULDBLOCK && error != ENOENT))
      return failed("lock", name, error);
  }
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(other.lock_) {
  other.lock_ = -1;
}

WorkFolder::~WorkFolder() {
  if (lock_ < 0) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  close(lock_);
}

fs::path default_work_parent() {
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error);
  return error ? fs::path("/tmp") : folder;
}

Status write_whole(const fs::path& file, std::string_view content) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed("write", file, errno);
  while (!content.empty()) {
    const ssize_t size = write(fd, content.data(), content.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      const int error = errno;
      close(fd);
      return failed("write", file, error);
    }
    content.remove_prefix(static_cast<std::size_t>(size));
  }
  return close(fd) == 0 ? done() : Status(failed("write", file, errno));
}

std::uint64_t room_for_disks(const fs::path& parent) {
  std::error_code error;
  const fs::space_info space = fs::space(parent, error);
  if (error) return 0;
  std::uint64_t promised = 0;
  for (const auto& folder : fs::directory_iterator(parent, error)) {
    if (!folder.path().filename().string().starts_with(kPrefix)) continue;
    std::error_code unreadable;  // of another user
    for (const auto& guest : fs::directory_iterator(folder.path(), unreadable)) {
      struct stat disk {};
      if (stat((guest.path() / kDisk).c_str(), &disk) != 0) continue;
      const auto size = static_cast<std::uint64_t>(disk.st_size);
      const auto written = static_cast<std::uint64_t>(disk.st_blocks) * 512;
      promised += size > written ? size - written : 0;
    }
  }
  return space.available > promised ? space.available - promised : 0;
}

Status make_sparse(const fs::path& file, std::uint64_t bytes) {
  std::error_code error;
  const fs::space_info space = fs::space(file.parent_path(), error);
  if (!error && space.available < bytes)
    return Error{"cannot make a disk of " + format_bytes(bytes) + " in " +
                     file.parent_path().string() + ": only " + format_bytes(space.available) +
                     " are free there",
                 "make room there, or set TMPDIR to a folder with more"};
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed("write", file, errno);
  const bool sized = ftruncate(fd, static_cast<off_t>(bytes)) == 0;
  const int reason = errno;
  close(fd);
  return sized ? done() : Status(failed("write", file, reason));
}

Result<std::string> read_whole(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return failed("read", file, errno);
  std::string content{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) return failed("read", file, EIO);
  return content;
}

}  // namespace memqual
