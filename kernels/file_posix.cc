// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "kernels/direct_io.h"
#include "kernels/file.h"

namespace memqual::kernels {
namespace {

std::string hint_for(int reason) {
  switch (reason) {
    case ENOSPC:
    case EDQUOT:
      return "make room on that file system, or write elsewhere";
    case EFBIG:
      return "raise the file size limit (ulimit -f), or use a file system for larger files";
    case EACCES:
    case EPERM:
    case EROFS:
      return "give a path in a folder that you may use";
    case ENOENT:
    case ENOTDIR:
      return "check the path: folders are not made for you";
    case EIO:
      return "the device failed: look into the kernel's log (dmesg), or use another one";
    case ENOMEM:
      return "allow more address space (ulimit -v), or read the file piece by piece";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    case EISDIR:
      return "give the path of a file, not of a folder";
    default:
      return "try another path or file system, and see whether another program can use it";
  }
}

Error failed(const std::string& what, const std::string& path, int reason) {
  return {what + " " + path + ": " + std::strerror(reason), hint_for(reason), reason};
}

// How often one call is cut short by a signal or by the system is nobody's business.
template <class Call>
ssize_t uninterrupted(const Call& call) {
  ssize_t n;
  do n = call();
  while (n < 0 && errno == EINTR);
  return n;
}

// Whoever writes a temporary file holds its lock, wherever it runs; a process that ended has none.
bool take_lock(int descriptor) { return ::flock(descriptor, LOCK_EX | LOCK_NB) == 0; }

// Still there under a name, and nobody else's. A file system without locks has no others.
bool is_ours(int descriptor) {
  struct stat status {};
  if (!take_lock(descriptor) && errno == EWOULDBLOCK) return false;
  return ::fstat(descriptor, &status) == 0 && status.st_nlink != 0;
}

// "PATH.part-PID-N" is what NewFile::create makes.
bool is_temporary_of(std::string_view name, std::string_view target) {
  constexpr std::string_view kPart = ".part-";
  if (!name.starts_with(target) || !name.substr(target.size()).starts_with(kPart)) return false;
  name.remove_prefix(target.size() + kPart.size());
  const std::size_t dash = name.find('-');
  return dash != 0 && dash != name.npos && dash + 1 != name.size() &&
         name.find_first_not_of("0123456789-") == name.npos && name.rfind('-') == dash;
}

// Temporary files of `target` whose writers ended without removing them.
void remove_abandoned(const std::filesystem::path& target) {
  std::error_code error;
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code unknown;
    if (!is_temporary_of(entry->path().filename().string(), target.filename().string()) ||
        !entry->is_regular_file(unknown))
      continue;
    const int descriptor = ::open(entry->path().c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) continue;
    if (take_lock(descriptor)) ::unlink(entry->path().c_str());
    ::close(descriptor);
  }
}

}  // namespace

// ------------------------------------------------------------------------- File

File::File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<File> File::open(const std::string& path, Caching caching) {
  int flags = O_RDONLY | O_CLOEXEC;
  if (caching == Caching::direct) {
    const std::optional<int> direct = direct_open_flag();
    if (!direct)
      return Error{"cannot read " + path + " past the page cache: this system has no such flag",
                   "read it through the cache"};
    flags |= *direct;
  }
  const int descriptor = ::open(path.c_str(), flags);
  if (descriptor < 0) {
    Error error = failed("cannot open", path, errno);
    if (caching == Caching::direct) error.hint = "some file systems need the page cache: use it";
    return error;
  }
  return File(descriptor, path);
}

Result<std::uint64_t> File::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return failed("cannot look at", path_, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::size_t> File::read_some_at(std::uint64_t offset, std::byte* to, std::size_t n) const {
  std::size_t got = 0;
  while (got < n) {
    const ssize_t more = uninterrupted(
        [&] { return ::pread(descriptor_, to + got, n - got, static_cast<off_t>(offset + got)); });
    if (more < 0) return failed("cannot read", path_, errno);
    if (more == 0) break;
    got += static_cast<std::size_t>(more);
  }
  return got;
}

Status File::read_at(std::uint64_t offset, std::byte* to, std::size_t n) const {
  const Result<std::size_t> got = read_some_at(offset, to, n);
  if (!got) return got.error();
  if (*got != n)
    return Error{"cannot read " + path_ + ": it ends at byte " + std::to_string(offset + *got) +
                     ", before byte " + std::to_string(offset + n) + " that the array needs",
                 "the file is incomplete: write it again"};
  return done();
}

Status File::read_sparse_at(std::uint64_t offset, std::byte* to, std::size_t n) const {
  const off_t data = ::lseek(descriptor_, static_cast<off_t>(offset), SEEK_DATA);
  const bool to_the_end = data < 0 && errno == ENXIO;  // or behind it, which the size tells
  if (!to_the_end && (data < 0 || static_cast<std::uint64_t>(data) < offset + n))
    return read_at(offset, to, n);
  const Result<std::uint64_t> bytes = size();
  if (!bytes) return bytes.error();
  if (*bytes < offset + n) return read_at(offset, to, n);
  std::memset(to, 0, n);
  return done();
}

// ------------------------------------------------------------------------- NewFile

NewFile::NewFile(File file, std::string target)
    : file_(std::move(file)), target_(std::move(target)) {}

NewFile::~NewFile() {
  if (!committed_ && file_.descriptor_ >= 0) ::unlink(file_.path_.c_str());
}

Result<NewFile> NewFile::create(const std::string& path, std::uint64_t bytes) {
  struct rlimit limit {};
  // Beyond it the system sends SIGXFSZ, which ends the process.
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      bytes > limit.rlim_cur)
    return failed("cannot make " + std::to_string(bytes) + " bytes of", path, EFBIG);
  remove_abandoned(path);
  constexpr int kTries = 100;
  const std::string stem = path + ".part-" + std::to_string(::getpid()) + "-";
  for (int i = 0; i < kTries; ++i) {
    const std::string name = stem + std::to_string(i);
    const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == EEXIST) continue;
    if (descriptor < 0) return failed("cannot create", name, errno);
    NewFile created(File(descriptor, name), path);
    if (!is_ours(descriptor)) continue;  // somebody took it for abandoned just before
    if (::ftruncate(descriptor, static_cast<off_t>(bytes)) != 0)
      return failed("cannot make " + std::to_string(bytes) + " bytes of", path, errno);
    return created;
  }
  return failed("cannot create " + stem + "* beside", path, EEXIST);
}

Status NewFile::write_at(std::uint64_t offset, const std::byte* from, std::size_t n) const {
  std::size_t put = 0;
  while (put < n) {
    const ssize_t more = uninterrupted([&] {
      return ::pwrite(file_.descriptor_, from + put, n - put, static_cast<off_t>(offset + put));
    });
    if (more <= 0) return failed("cannot write", target_, more == 0 ? ENOSPC : errno);
    put += static_cast<std::size_t>(more);
  }
  return done();
}

Status NewFile::commit() {
  if (::fsync(file_.descriptor_) != 0) return failed("cannot write to disk", target_, errno);
  if (std::rename(file_.path_.c_str(), target_.c_str()) != 0)
    return failed("cannot rename the finished file to", target_, errno);
  committed_ = true;
  sync_folder();
  return done();
}

// Until then a crash of the machine may bring back the old file. Not every file system can; the
// new one is whole either way.
void NewFile::sync_folder() const {
  const std::size_t slash = target_.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : target_.substr(0, slash + 1);
  const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder);
  if (opened.descriptor() >= 0) ::fsync(opened.descriptor());
}

// ------------------------------------------------------------------------- Mapping

Mapping::Mapping(File file, BusGuard guard, std::byte* data, std::uint64_t size)
    : file_(std::move(file)), guard_(std::move(guard)), data_(data), size_(size) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  guard_.watch(data, static_cast<std::size_t>((size + page - 1) / page * page));
}

Mapping::Mapping(Mapping&& other) noexcept
    : file_(std::move(other.file_)),
      guard_(std::move(other.guard_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(other.size_) {}

Mapping::~Mapping() {
  if (data_ == nullptr) return;
  guard_.watch(nullptr, 0);
  ::munmap(const_cast<std::byte*>(data_), static_cast<std::size_t>(size_));
}

Result<Mapping> Mapping::map(File file) {
  const Result<std::uint64_t> size = file.size();
  if (!size) return size.error();
  if (*size == 0)
    return Error{"cannot map " + file.path_ + ": it is empty",
                 "the file is incomplete: write it again"};
  Result<BusGuard> guard = BusGuard::make();
  if (!guard) return guard.error();
  void* data =
      ::mmap(nullptr, static_cast<std::size_t>(*size), PROT_READ, MAP_SHARED, file.descriptor_, 0);
  if (data == MAP_FAILED) return failed("cannot map", file.path_, errno);
  return Mapping(std::move(file), *std::move(guard), static_cast<std::byte*>(data), *size);
}

Status Mapping::check_length() const {
  const Result<std::uint64_t> now = file_.size();
  if (!now) return now.error();
  // Behind the new end the last page reads as zeros and strikes nobody: both have to be asked.
  if (*now < size_ || guard_.struck())
    return Error{file_.path_ + " was shortened from " + std::to_string(size_) + " to " +
                     std::to_string(*now) + " bytes while it was read",
                 "let nobody write to it meanwhile"};
  return done();
}

void Mapping::drop(std::uint64_t offset, std::uint64_t n) const {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  // A fault maps what is cached around it, also what was given back before: up to a huge page.
  constexpr std::uint64_t kAround = std::uint64_t{2} << 20;
  const std::uint64_t first = offset / kAround * kAround;
  const std::uint64_t last = offset + n >= size_ ? size_ : (offset + n) / page * page;
  if (last <= first) return;
  ::madvise(const_cast<std::byte*>(data_) + first, static_cast<std::size_t>(last - first),
            MADV_DONTNEED);
}

}  // namespace memqual::kernels
