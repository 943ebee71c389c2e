// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/memory_state.h"

#include "harness/oracle/capacity.h"

namespace memqual::oracle {
namespace {

constexpr std::uint64_t kMallocHeaderBytes = 16;           // glibc: size of the chunk in front
constexpr std::uint64_t kMmapThresholdBytes = 128 * kKiB;  // M_MMAP_THRESHOLD, before any free()

bool is_malloc_family(AllocateUsing using_) {
  return using_ == AllocateUsing::malloc || using_ == AllocateUsing::calloc ||
         using_ == AllocateUsing::new_ || using_ == AllocateUsing::posix_memalign;
}

// malloc.c sysmalloc_mmap: size + header, rounded to pages; posix_memalign asks for the alignment
// and a minimal chunk more and gives back what it does not need only inside the mapping.
std::uint64_t malloc_mapping_bytes(const Allocate& request, std::uint64_t bytes,
                                   std::uint64_t page) {
  std::uint64_t padded = saturating_add(bytes, kMallocHeaderBytes);
  if (request.using_ == AllocateUsing::posix_memalign)
    padded = saturating_add(padded, request.alignment_bytes + 32);
  return round_up(padded, page);
}

}  // namespace

std::uint64_t BlockSet::total_charge() const {
  return charged ? saturating_multiply(shape.charged_bytes, request.count) : 0;
}

std::uint64_t MemoryState::resident_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, set] : sets) sum = saturating_add(sum, set.resident_bytes);
  return sum;
}

std::uint64_t MemoryState::page_table_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, set] : sets) sum = saturating_add(sum, set.page_table_bytes);
  return sum;
}

BlockShape shape_of(const Allocate& request, const HostFacts& facts) {
  const std::uint64_t page = facts.page_size_bytes.value_or(4096);
  const std::uint64_t bytes = literal_bytes(request.size);
  const bool never = facts.overcommit_memory.value_or(0) == 2;
  BlockShape shape;
  shape.mapped_bytes = round_up(bytes, page);
  if (is_malloc_family(request.using_)) {
    shape.on_heap = bytes + kMallocHeaderBytes < kMmapThresholdBytes;
    shape.mapped_bytes = shape.on_heap ? round_up(bytes + kMallocHeaderBytes, 16)
                                       : malloc_mapping_bytes(request, bytes, page);
    shape.is_private_writable = true;
  }
  switch (request.using_) {
    case AllocateUsing::brk:
      shape.on_heap = true;
      [[fallthrough]];
    case AllocateUsing::mmap:
      shape.is_private_writable = true;
      break;
    case AllocateUsing::mmap_noreserve:
      // Modes 0 and 1 honour the flag, mode 2 ignores it (mm/mmap.c do_mmap).
      shape.data_bytes = shape.mapped_bytes;
      shape.charged_bytes = never ? shape.mapped_bytes : 0;
      return shape;
    case AllocateUsing::mmap_shared:
      // The whole object is charged when it is made (mm/shmem.c shmem_acct_size).
      shape.charged_bytes = shape.mapped_bytes;
      shape.always_own_mapping = true;
      return shape;
    case AllocateUsing::memfd:
    case AllocateUsing::file:
      shape.always_own_mapping = true;
      return shape;
    case AllocateUsing::hugetlb:
      shape.mapped_bytes = round_up(bytes, facts.huge_page_size_bytes.value_or(2 * kMiB));
      shape.data_bytes = shape.mapped_bytes;
      return shape;
    default:
      break;
  }
  if (shape.is_private_writable) {
    shape.charged_bytes = shape.mapped_bytes;
    shape.data_bytes = shape.mapped_bytes;
  }
  return shape;
}

}  // namespace memqual::oracle
