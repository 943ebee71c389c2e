// SPDX-License-Identifier: Apache-2.0
// A folder for the files of guests, which goes with the run; what a killed run left is found and
// removed by the next one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "scenarios/model/result.h"

namespace memqual {

class WorkFolder {
 public:
  /// A new folder "memqual-lab-XXXXXX" in `parent`, readable by its owner alone. Those of runs that
  /// are gone are removed: a living run holds a lock in its folder. Errors: not writable, full.
  static Result<WorkFolder> make(const std::filesystem::path& parent);

  const std::filesystem::path& path() const { return path_; }

  WorkFolder(WorkFolder&& other) noexcept;
  WorkFolder& operator=(WorkFolder&&) = delete;
  ~WorkFolder();

 private:
  WorkFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_ = -1;
};

/// Bytes that disks of guests may still take in `parent`: what is free there, less what the sparse
/// disks of other labs may grow by.
std::uint64_t room_for_disks(const std::filesystem::path& parent);

/// $TMPDIR, or the system's folder for temporary files.
std::filesystem::path default_work_parent();

/// Writes a file whole. Errors: the reason and the file.
Status write_whole(const std::filesystem::path& file, std::string_view content);

/// A file of `bytes` without a block on the disk. Errors also where the disk could not hold it once
/// it is full.
Status make_sparse(const std::filesystem::path& file, std::uint64_t bytes);

Result<std::string> read_whole(const std::filesystem::path& file);

}  // namespace memqual
