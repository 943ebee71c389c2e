// SPDX-License-Identifier: Apache-2.0
// A file that is either whole or not there.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "scenarios/model/result.h"

namespace memqual {

/// The future content of a file. Opening makes an empty temporary file beside the target, so that a
/// path that cannot be written is known before hours of work; commit() writes, syncs and renames
/// it. Until then, and where commit() fails, an older file at the path stays as it is. Devices,
/// pipes and terminals are written directly. Destroyed without commit(): the temporary file is
/// removed.
class AtomicFile {
 public:
  virtual ~AtomicFile() = default;
  /// Call once. Errors: the disk is full, the folder went away, ...
  virtual Status commit(std::string_view content) = 0;
};

/// Errors: the folder is missing or not writable, `path` is a folder.
Result<std::unique_ptr<AtomicFile>> open_atomic_file(const std::string& path);

}  // namespace memqual
