// SPDX-License-Identifier: Apache-2.0
// Files as the kernels use them: read and written at places, mapped, and replaced as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/bus_guard.h"
#include "kernels/result.h"

namespace memqual::kernels {

/// Whether reads go through the page cache. `direct` reads need offsets, lengths and addresses that
/// are multiples of kDirectAlignment; a file system that cannot is an Error of open().
enum class Caching { cached, direct };
inline constexpr std::size_t kDirectAlignment = 4096;

/// An open file; closed by the destructor. Errors name the path and the system's reason.
class File {
 public:
  static Result<File> open(const std::string& path, Caching caching = Caching::cached);
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  const std::string& path() const { return path_; }
  /// The system's number of the open file.
  int descriptor() const { return descriptor_; }
  /// Bytes, now.
  Result<std::uint64_t> size() const;
  /// Exactly n bytes; an Error that says where the file ends, if that is before.
  Status read_at(std::uint64_t offset, std::byte* to, std::size_t n) const;
  /// The same, but a range that the file system knows as a hole is filled with zeros and not read:
  /// it would fill the page cache with them.
  Status read_sparse_at(std::uint64_t offset, std::byte* to, std::size_t n) const;
  /// Up to n bytes, less only at the end of the file.
  Result<std::size_t> read_some_at(std::uint64_t offset, std::byte* to, std::size_t n) const;

 private:
  friend class NewFile;
  friend class Mapping;
  File(int descriptor, std::string path);
  int descriptor_ = -1;
  std::string path_;
};

/// A file that appears whole or not at all: written under a temporary name beside `path`, renamed
/// by commit(). The destructor of an uncommitted one removes it; what a killed process left behind
/// is removed when somebody writes the same path again.
class NewFile {
 public:
  /// `bytes`: its length. It begins as a hole, which reads as zeros and occupies nothing. An Error
  /// also where the process's file size limit is lower, before a signal says so.
  static Result<NewFile> create(const std::string& path, std::uint64_t bytes);
  NewFile(NewFile&& other) noexcept = default;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  /// Threads may write different places at the same time.
  Status write_at(std::uint64_t offset, const std::byte* from, std::size_t n) const;
  /// On disk, then under its name.
  Status commit();

 private:
  void sync_folder() const;
  NewFile(File file, std::string target);
  File file_;
  std::string target_;
  bool committed_ = false;
};

/// A whole file mapped for reading. The mapping itself occupies address space only; pages become
/// resident as they are read, and leave with drop(). If somebody shortens the file meanwhile, what
/// is read behind its new end are zeros and no signal (bus_guard.h): what was made from the mapping
/// counts only if check_length() is well afterwards.
class Mapping {
 public:
  static Result<Mapping> map(File file);
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping();

  const File& file() const { return file_; }
  const std::byte* data() const { return data_; }
  std::uint64_t size() const { return size_; }
  /// An Error if the file is now shorter than it was when it was mapped, or was when somebody read.
  Status check_length() const;
  /// Gives back the resident pages of [offset, offset + n), and up to 2 MiB before them, but for
  /// the last one unless the file ends there; they stay in the page cache, and whoever still needs
  /// one reads it from there.
  void drop(std::uint64_t offset, std::uint64_t n) const;

 private:
  Mapping(File file, BusGuard guard, std::byte* data, std::uint64_t size);
  File file_;
  BusGuard guard_;
  const std::byte* data_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace memqual::kernels
