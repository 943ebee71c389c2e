// SPDX-License-Identifier: Apache-2.0
// Memory from the system, page by page: what is measured on, and what faults are measured with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/result.h"

namespace memqual::kernels {

/// Which pages the system is asked for; it may give others.
enum class PageKind { base, huge };

/// Private zeros that begin at a multiple of 2 MiB, none of them touched yet. Occupies `bytes` and
/// kSpareBytes more of address space.
class PageMemory {
 public:
  static constexpr std::size_t kSpareBytes = std::size_t{2} << 20;

  /// bytes > 0. With `node`, all pages come from that NUMA node, or the process is killed. An
  /// Error, with its errno, where the system refuses.
  static Result<PageMemory> map(std::size_t bytes, PageKind pages,
                                std::optional<unsigned> node = std::nullopt);
  PageMemory() = default;
  PageMemory(PageMemory&& other) noexcept;
  PageMemory& operator=(PageMemory&& other) noexcept;
  ~PageMemory();

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::byte* mapping_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Bytes of a page, at least 4096.
std::size_t page_bytes();

/// Page faults of this process so far that needed no file.
std::uint64_t fault_count();

/// CPUs that this process may use, ascending; empty where the system does not say.
std::vector<unsigned> usable_cpus();

}  // namespace memqual::kernels
