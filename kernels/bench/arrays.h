// SPDX-License-Identifier: Apache-2.0
// Memory for benchmarks, touched before anything is timed, and what is known about it.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/page_memory.h"
#include "kernels/view.h"

namespace memqual::kernels::bench {

/// Zeros; resident unless they are left untouched. A benchmark without memory ends.
class Memory {
 public:
  explicit Memory(std::size_t bytes, PageKind pages = PageKind::huge, bool touched = true);

  std::byte* data() const { return memory_.data(); }
  std::size_t bytes() const { return memory_.bytes(); }
  View view(std::size_t rows, std::size_t cols, Element element) const {
    return {data(), rows, cols, element};
  }

 private:
  PageMemory memory_;
};

/// Peak resident set since the last reset, in bytes; 0 where it cannot be read.
std::size_t peak_resident();
void reset_peak_resident();

/// Removes a file's pages from the page cache, as far as the system does that.
void forget_cached(const std::string& path);

/// Bytes of the caches of the first CPU.
struct Caches {
  std::size_t l1 = 0, l2 = 0, l3 = 0;
};
Caches read_caches();

}  // namespace memqual::kernels::bench
