// SPDX-License-Identifier: Apache-2.0
// A file that is truncated while it is mapped raises SIGBUS in whoever reads behind its new end. A
// guard turns that into a flag.
//
// The handler puts zeros where the pages were and lets the instruction go on. It jumps out of no
// function, so it is safe for any code in any number of threads; what they make of the zeros is
// garbage, which is why struck() has to be asked before it is believed. Comparing sizes before a
// tile is used is not enough, since a file may shrink right behind the check; pread, which needs no
// guard, copies.
#pragma once

#include <cstddef>

#include "kernels/result.h"

namespace memqual::kernels {

class BusGuard {
 public:
  /// Sees to it that the process's SIGBUS handler is ours, which passes on to the one before what
  /// is in no guarded range. Whoever installs another one later takes the protection away until the
  /// next make(). An Error where 256 guards exist already.
  static Result<BusGuard> make();
  BusGuard() = default;
  ~BusGuard();
  BusGuard(BusGuard&& other) noexcept;
  BusGuard& operator=(BusGuard&& other) noexcept;

  /// From now on this range, of whole pages, instead of the one before. Not while somebody uses it.
  void watch(std::byte* begin, std::size_t bytes);
  /// Since make() a page of a watched range was missing.
  bool struck() const;

 private:
  explicit BusGuard(int slot) : slot_(slot) {}
  int slot_ = -1;
};

}  // namespace memqual::kernels
