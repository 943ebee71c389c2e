// SPDX-License-Identifier: Apache-2.0
#include "harness/oracle/memory_state.h"

#include "harness/oracle/capacity.h"

namespace memqual::oracle {
namespace {

constexpr std::uint64_t kSizeBytes = 8;    // glibc SIZE_SZ: the size in front of a block
constexpr std::uint64_t kLeastChunk = 32;  // MINSIZE
constexpr std::uint64_t kChunkAlignment = 16;

// malloc.c checked_request2size.
std::uint64_t chunk_bytes(std::uint64_t bytes) {
  return std::max(kLeastChunk, round_up(saturating_add(bytes, kSizeBytes), kChunkAlignment));
}

// posix_memalign asks for the alignment and a minimal chunk more (malloc.c _int_memalign).
std::uint64_t chunk_bytes_of(const Allocate& request) {
  const std::uint64_t bytes = chunk_bytes(literal_bytes(request.size));
  if (request.using_ != AllocateUsing::posix_memalign || request.alignment_bytes <= kChunkAlignment)
    return bytes;
  return chunk_bytes(saturating_add(bytes, request.alignment_bytes + kLeastChunk));
}

}  // namespace

PageRange BlockSet::whole_pages(std::uint64_t page) const {
  const std::uint64_t bytes = literal_bytes(request.size);
  if (!shape.behind_header) return {shape.mapped_bytes / page, shape.mapped_bytes / page};
  const std::uint64_t pages = bytes / page;
  return {minus(pages, 1), pages};
}

std::uint64_t BlockSet::total_charge() const {
  return charged ? saturating_multiply(shape.charged_bytes, request.count) : 0;
}

void MemoryState::note_freed(const BlockSet& set) {
  if (set.locked && set.shape.on_heap) heap_has_locks = true;
  if (is_copy && set.is_shared_by_copies()) let_go[set.request.name] = set;
  constexpr std::uint64_t kMost = 32 * kMiB;  // DEFAULT_MMAP_THRESHOLD_MAX
  const bool is_malloc = set.shape.behind_header && set.request.using_ != AllocateUsing::brk;
  if (is_malloc && !set.shape.on_heap && set.shape.mapped_bytes <= kMost && !mmap_threshold_fixed)
    mmap_threshold_bytes = std::max(mmap_threshold_bytes, set.shape.mapped_bytes);
}

void MemoryState::fix_mmap_threshold() {
  mmap_threshold_fixed = true;
  mmap_threshold_bytes = 128 * kKiB;
}

void MemoryState::note_exception() {
  heap_extended = true;
  heap_freed_bytes = saturating_add(heap_freed_bytes, 132 * kKiB);  // M_TOP_PAD and a page
}

bool MemoryState::may_have_written_beside(const BlockSet& set) const {
  for (const auto& [name, other] : sets) {
    const bool has_header = is_malloc_family(other.request.using_);
    if (&other != &set && !other.shape.always_own_mapping && (other.faulted || has_header))
      return true;
  }
  return false;
}

std::uint64_t MemoryState::private_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, set] : sets)
    if (!set.is_shared_by_copies()) sum = saturating_add(sum, set.resident_bytes);
  return sum;
}

std::uint64_t MemoryState::shared_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, set] : sets)
    if (set.is_shared_by_copies()) sum = saturating_add(sum, set.resident_bytes);
  for (const auto& [name, set] : let_go) sum = saturating_add(sum, set.resident_bytes);
  return sum;
}

std::uint64_t MemoryState::page_table_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, set] : sets) sum = saturating_add(sum, set.page_table_bytes);
  return sum;
}

BlockShape shape_of(const Allocate& request, const HostFacts& facts,
                    std::uint64_t mmap_threshold_bytes) {
  const std::uint64_t page = facts.page_size_bytes.value_or(4096);
  const std::uint64_t bytes = literal_bytes(request.size);
  const bool never = facts.overcommit_memory.value_or(0) == 2;
  BlockShape shape;
  shape.mapped_bytes = round_up(bytes, page);
  if (is_malloc_family(request.using_)) {
    const std::uint64_t chunk = chunk_bytes_of(request);
    shape.on_heap = chunk < mmap_threshold_bytes;
    // malloc.c sysmalloc_mmap: a mapped chunk has no neighbour whose size field it could use.
    shape.mapped_bytes = shape.on_heap ? chunk : round_up(saturating_add(chunk, kSizeBytes), page);
    shape.behind_header = true;
    // malloc.c sysmalloc: where mmap is refused, the break is moved by the chunk less what is left
    // at the top of the heap, whose padding (M_TOP_PAD) makes up for the padding asked for now.
    if (!shape.on_heap) shape.charge_less_bytes = minus(shape.mapped_bytes + page, chunk + 1);
    shape.is_private_writable = true;
  }
  switch (request.using_) {
    case AllocateUsing::brk:
      shape.on_heap = true;
      shape.behind_header = true;
      // mm/mmap.c brk charges whole pages between the old and the new break, which may both lie
      // inside one.
      shape.charge_slack_bytes = shape.charge_less_bytes = page;
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
    case AllocateUsing::hugetlb_noreserve:
      shape.mapped_bytes = round_up(bytes, hugetlb_page_bytes(facts));
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

std::uint64_t huge_page_bytes(const HostFacts& facts) {
  const std::uint64_t page = facts.page_size_bytes.value_or(4096);
  return facts.huge_page_size_bytes.value_or(page / 8 * page);
}

std::uint64_t hugetlb_page_bytes(const HostFacts& facts) {
  return facts.hugetlb_page_size_bytes.value_or(huge_page_bytes(facts));
}

std::uint64_t written_by_library(const BlockSet& set, std::uint64_t page) {
  if (!is_malloc_family(set.request.using_) || set.request.touched) return 0;
  if (!set.shape.on_heap) return saturating_multiply(2 * page, set.blocks);
  const std::uint64_t all = saturating_multiply(set.shape.mapped_bytes, set.blocks);
  return set.request.using_ == AllocateUsing::calloc ? all : 0;
}

// A quarter of a block of one byte is nothing.
bool is_empty(const BlockSet& set, double fraction) {
  return static_cast<double>(literal_bytes(set.request.size)) * fraction < 1.0;
}

void note_written(BlockSet& set, const Touch& step) {
  set.lost_its_content = set.may_have_lost_it = false;
  set.written_fraction = step.fraction;
  set.written_every = step.every;
  set.verify_pattern = set.content_pattern = step.pattern;
  set.faulted = true;
}

bool allows(const BlockSet& set, Access access) {
  if (set.unmapped || set.access == Protection::none) return false;
  return access == Access::read || set.access == Protection::read_write;
}

}  // namespace memqual::oracle
