// SPDX-License-Identifier: Apache-2.0
// rename(2) is atomic but says nothing of the data: without the fsync before it a crash can leave
// an empty file under the final name, and without the fsync of the folder the old name.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "reports/atomic_file.h"

namespace memqual {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) { return std::generic_category().message(error); }

Error cannot_write(const std::string& path, int error, std::string hint) {
  return {"cannot write the report " + path + ": " + reason(error), std::move(hint)};
}

std::string hint_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space there, or give a path on another file system";
    case EFBIG:
      return "raise the file size limit (ulimit -f), or report fewer cases";
    case EACCES:
    case EPERM:
    case EROFS:
      return "give a path in a folder that you may write to";
    default:
      return "give another path";
  }
}

/// 0 or an errno.
int write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

class DirectFile final : public AtomicFile {
 public:
  DirectFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  ~DirectFile() override { ::close(fd_); }
  DirectFile(const DirectFile&) = delete;
  DirectFile& operator=(const DirectFile&) = delete;

  Status commit(std::string_view content) override {
    const int error = write_all(fd_, content);
    if (error != 0) return cannot_write(path_, error, hint_for(error));
    return done();
  }

 private:
  std::string path_;
  int fd_;
};

class RenamedFile final : public AtomicFile {
 public:
  RenamedFile(std::string path, std::string target, std::string temporary, int fd)
      : path_(std::move(path)),
        target_(std::move(target)),
        temporary_(std::move(temporary)),
        fd_(fd) {}
  ~RenamedFile() override {
    if (fd_ >= 0) ::close(fd_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }
  RenamedFile(const RenamedFile&) = delete;
  RenamedFile& operator=(const RenamedFile&) = delete;

  Status commit(std::string_view content) override {
    int error = write_all(fd_, content);
    if (error == 0 && ::fsync(fd_) != 0) error = errno;
    // Network file systems report a full disk at close.
    if (::close(fd_) != 0 && error == 0) error = errno;
    fd_ = -1;
    if (error == 0 && ::rename(temporary_.c_str(), target_.c_str()) != 0) error = errno;
    if (error != 0) {
      return cannot_write(path_, error, hint_for(error) + "; what was there before is unchanged");
    }
    temporary_.clear();
    sync_folder();
    return done();
  }

 private:
  /// Not every file system can sync a folder; the report is complete either way.
  void sync_folder() const {
    const std::string folder = fs::path(target_).parent_path().string();
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
  }

  std::string path_;       ///< as the user wrote it
  std::string target_;     ///< absolute, symbolic links followed
  std::string temporary_;  ///< empty once renamed
  int fd_;
};

Result<std::unique_ptr<AtomicFile>> open_direct(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return cannot_write(path, errno, "give another path");
  return std::unique_ptr<AtomicFile>(std::make_unique<DirectFile>(path, fd));
}

}  // namespace

Result<std::unique_ptr<AtomicFile>> open_atomic_file(const std::string& path) {
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    return cannot_write(path, EISDIR, "name a file in that folder");
  }
  if (exists && !S_ISREG(info.st_mode)) return open_direct(path);

  std::error_code ec;
  const fs::path target = exists ? fs::canonical(path, ec) : fs::absolute(path, ec);
  if (ec) return cannot_write(path, ec.value(), "give another path");
  const fs::path folder = target.parent_path();
  if (!fs::is_directory(folder, ec)) {
    return Error{
        "cannot write the report " + path + ": the folder " + folder.string() + " does not exist",
        "make it first: mkdir -p '" + folder.string() + "'"};
  }
  const std::string prefix = folder.string() + "/." + target.filename().string().substr(0, 200) +
                             "." + std::to_string(::getpid()) + ".";
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string temporary = prefix + std::to_string(attempt) + ".tmp";
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
      return std::unique_ptr<AtomicFile>(
          std::make_unique<RenamedFile>(path, target.string(), temporary, fd));
    }
    if (errno != EEXIST) {
      const int error = errno;
      return cannot_write(path, error, hint_for(error));
    }
  }
  return cannot_write(path, EEXIST, "remove the files " + prefix + "*.tmp");
}

}  // namespace memqual
