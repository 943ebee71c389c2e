// SPDX-License-Identifier: Apache-2.0
// What a modelled process holds.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "harness/oracle/oracle.h"

namespace memqual::oracle {

/// How the kernel sees the blocks of one allocate step.
struct BlockShape {
  std::uint64_t mapped_bytes = 0;   ///< address space of one block, whole pages
  std::uint64_t charged_bytes = 0;  ///< against the commit limit at allocation
  std::uint64_t data_bytes = 0;     ///< against RLIMIT_DATA
  bool is_private_writable = false;
  bool on_heap = false;             ///< brk: adjacent, no mapping of its own
  bool always_own_mapping = false;  ///< shared objects and files never merge
  /// Begins and ends inside a page: only the whole pages between are advised or locked.
  bool behind_header = false;
  std::uint64_t charge_slack_bytes = 0;  ///< the kernel may charge so much more
  std::uint64_t charge_less_bytes = 0;   ///< or so much less
};

struct PageRange {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

struct BlockSet {
  Allocate request;
  BlockShape shape;
  std::uint64_t blocks = 0;
  std::uint64_t resident_bytes = 0;  ///< charged to the cgroup
  std::uint64_t page_table_bytes = 0;
  std::uint64_t pool_pages = 0;  ///< reserved huge pages that it holds, promised or there
  Protection access = Protection::read_write;
  bool charged = false;           ///< its charge stands, whatever its protection is now
  bool charge_may_stand = false;  ///< not `charged`, but mprotect may have left it
  bool noreserve = false;  ///< MAP_NORESERVE was honoured: never charged, also not by mprotect
  bool left_out_of_fork = false;
  std::set<Advice>
      advised;             ///< advice that marks the mapping: differently marked ones do not merge
  bool was_split = false;  ///< marks were set once, and parts may not have merged again
  bool lost_its_content = false;  ///< given back by advice: reads as zeros
  bool may_have_lost_it = false;  ///< the same, but it may not have been in a whole page
  bool locked = false;
  bool faulted = false;      ///< written to, so that mprotect does not take its charge back
  bool unmapped = false;     ///< in a forked copy: MADV_DONTFORK left it out
  bool own_to_copy = false;  ///< made since fork: every copy has made one of its own
  double written_fraction = 1.0;
  Stride written_every = Stride::page;
  std::uint64_t verify_pattern = 1;   ///< what this process wrote last
  std::uint64_t content_pattern = 1;  ///< what is there: other processes may have written since

  /// Whole pages of one block: what madvise and mlock are called on.
  PageRange whole_pages(std::uint64_t page) const;
  /// An object that all copies of a fork share: its pages are there once.
  bool is_shared_by_copies() const { return shape.always_own_mapping && !own_to_copy; }
  std::uint64_t total_charge() const;
};

struct MemoryState {
  std::uint64_t vsz_bytes = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t charged_bytes = 0;  ///< by this process, beyond its baseline
  std::uint64_t map_count = 0;      ///< own mappings exactly; a list of neighbours counts as one
  std::uint64_t split_count = 0;    ///< what advice and protection may have added
  std::uint64_t locked_bytes = 0;
  std::uint64_t pool_pages_taken = 0;  ///< of the pool of huge pages, by all sets
  /// glibc's dynamic M_MMAP_THRESHOLD: free() of a larger mapped chunk raises it.
  std::uint64_t mmap_threshold_bytes = 128 * kKiB;
  bool mmap_threshold_fixed = false;  ///< set by mallopt, which ends the rising
  /// A block of the workload lies on malloc's heap, so that there may be fresh padding at its top.
  bool heap_extended = false;
  bool heap_has_locks = false;  ///< a locked block was given back to it
  bool heap_used = false;       ///< the same, or the break was moved by the workload itself
  /// Given back to malloc's heap, which may or may not give it back to the kernel.
  std::uint64_t heap_freed_bytes = 0;
  std::uint64_t heap_freed_resident_bytes = 0;
  std::uint64_t library_bytes = 0;  ///< written by malloc itself: perhaps resident
  /// What other copies of the same fork may have charged at the same time: none of it is certain.
  std::uint64_t beside_bytes = 0;
  bool is_copy = false;            ///< made by fork
  bool allocated_in_copy = false;  ///< since fork: perhaps where a mapping was left out
  std::map<std::string, BlockSet> sets;
  /// Shared objects that a copy has unmapped: other processes have them still, as it left them.
  std::map<std::string, BlockSet> let_go;

  /// glibc malloc.c __libc_free: what was mapped and is given back comes from the heap next time.
  void note_freed(const BlockSet& set);
  /// mallopt(M_MMAP_THRESHOLD) with the value that glibc starts with.
  void fix_mmap_threshold();
  /// A bad_alloc was thrown: the heap has begun, if it had not, with malloc's padding at its top.
  void note_exception();

  /// Written private memory other than `set`, with which it may have merged into one mapping.
  bool may_have_written_beside(const BlockSet& set) const;
  std::uint64_t private_bytes() const;  ///< resident
  std::uint64_t shared_bytes() const;   ///< resident, and there once for all copies
  std::uint64_t page_table_bytes() const;
};

/// mm/vma.c accountable_mapping and may_expand_vm, glibc malloc/malloc.c sysmalloc.
BlockShape shape_of(const Allocate& request, const HostFacts& facts,
                    std::uint64_t mmap_threshold_bytes = 128 * kKiB);

/// The transparent huge page of this machine. Where it does not say: what one page of page tables
/// maps, which is 2 MiB with pages of 4 KiB, 32 MiB with 16 and 512 MiB with 64.
std::uint64_t huge_page_bytes(const HostFacts& facts);
/// Of the reserved pool, which may be another one (1 GiB beside transparent pages of 2 MiB).
std::uint64_t hugetlb_page_bytes(const HostFacts& facts);

/// What malloc makes resident of blocks that are not touched, at most: a header and its page table
/// for each mapped one. On the heap __libc_calloc clears what it takes from memory that the heap
/// had already, and not what the kernel gives it for this block: at most all of it.
std::uint64_t written_by_library(const BlockSet& set, std::uint64_t page);

/// True where this part of a block is less than a byte: nothing is touched.
bool is_empty(const BlockSet& set, double fraction);
/// What `verify` will look for after this touch.
void note_written(BlockSet& set, const Touch& step);
bool allows(const BlockSet& set, Access access);

}  // namespace memqual::oracle
