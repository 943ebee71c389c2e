// SPDX-License-Identifier: Apache-2.0
// Memory for benchmarks: huge pages where the system gives them, touched before anything is timed.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/view.h"

namespace memqual::kernels::bench {

/// Zeros, at a multiple of 2 MiB; resident unless they are left untouched.
class Memory {
 public:
  explicit Memory(std::size_t bytes, bool huge_pages = true, bool touched = true);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  View view(std::size_t rows, std::size_t cols, Element element) const {
    return {data_, rows, cols, element};
  }

 private:
  std::byte* mapping_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t mapped_ = 0;
  std::size_t bytes_ = 0;
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
