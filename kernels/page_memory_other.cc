// SPDX-License-Identifier: Apache-2.0
#include <new>
#include <string>
#include <utility>

#include "kernels/page_memory.h"

namespace memqual::kernels {

Result<PageMemory> PageMemory::map(std::size_t bytes, PageKind, std::optional<unsigned> node) {
  if (node) return Error{"memory of one node is not supported on this system", "", 0};
  PageMemory memory;
  if (bytes != 0)
    memory.mapping_ = static_cast<std::byte*>(
        ::operator new (bytes, std::align_val_t{kSpareBytes}, std::nothrow));
  if (memory.mapping_ == nullptr)
    return Error{"cannot allocate " + std::to_string(bytes) + " bytes", "ask for smaller arrays"};
  memory.data_ = memory.mapping_;
  memory.bytes_ = bytes;
  return memory;
}

PageMemory::PageMemory(PageMemory&& other) noexcept { *this = std::move(other); }

PageMemory& PageMemory::operator=(PageMemory&& other) noexcept {
  std::swap(mapping_, other.mapping_);
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

PageMemory::~PageMemory() {
  if (mapping_ != nullptr) ::operator delete (mapping_, std::align_val_t{kSpareBytes});
}

std::size_t page_bytes() { return 4096; }
std::uint64_t fault_count() { return 0; }
std::vector<unsigned> usable_cpus() { return {}; }

}  // namespace memqual::kernels
