// SPDX-License-Identifier: Apache-2.0
// A file as the source of a pass, past the page cache and ahead of who uses it.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/array_io.h"
#include "kernels/read_ahead.h"
#include "kernels/result.h"

namespace memqual::kernels {

struct DirectOptions {
  std::size_t tiles = 4;    ///< of each thread in memory at the same time, >= 2
  std::size_t readers = 2;  ///< threads for each thread's tiles, where threads read
  ReadBy by = ReadBy::automatic;
};

/// Tiles are whole rows, because a direct read takes whole pages; a pass that cuts rows is refused.
/// An Error of its own where the file system has no direct reads: file_source() reads the same.
Result<ArraySource> direct_source(const std::string& path, const ArrayLayout& layout,
                                  const DirectOptions& options = {});

}  // namespace memqual::kernels
