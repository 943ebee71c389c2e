// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "harness/child/allocate.h"
#include "harness/child/steps.h"
#include "kernels/touch.h"

namespace memqual::child {
namespace {

StepResult unknown_name(const std::string& name) {
  StepResult result = failed_call(EINVAL, "no blocks of this name");
  std::snprintf(result.detail, sizeof result.detail, "no blocks named %.100s", name.c_str());
  return result;
}

// The whole pages inside a block: malloc's blocks begin behind a header.
struct Pages {
  std::byte* begin;
  std::size_t bytes;
};
Pages whole_pages(std::byte* block, std::size_t bytes, std::size_t page) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t first = (address + page - 1) / page * page;
  const std::uintptr_t last = (address + bytes) / page * page;
  return {reinterpret_cast<std::byte*>(first), last > first ? last - first : 0};
}

// Whole mappings, the last page included, where the kernel made them; malloc's inner pages
// otherwise.
bool is_mapping(AllocateUsing using_) {
  return !is_malloc_family(using_) && using_ != AllocateUsing::brk;
}

// Calls `call` on every block of `name` until one fails.
template <class Call>
StepResult on_every_block(const std::string& name, const char* what, RefusedCall kind,
                          StepContext& context, const Call& call) {
  BlockList* list = context.blocks->find(name);
  if (list == nullptr) return unknown_name(name);
  StepResult result;
  for (std::uint64_t i = 0; i < list->granted; ++i) {
    const Pages pages = is_mapping(list->using_)
                            ? Pages{list->blocks[i], list->block_bytes}
                            : whole_pages(list->blocks[i], list->block_bytes, context.page_bytes);
    if (pages.bytes == 0 || call(pages.begin, pages.bytes) == 0) continue;
    result.error = errno;
    result.request = {kind, pages.bytes, pages.begin};
    std::snprintf(result.detail, sizeof result.detail, "%s of block %llu of %llu", what,
                  static_cast<unsigned long long>(i + 1),
                  static_cast<unsigned long long>(list->granted));
    break;
  }
  return result;
}

kernels::TouchRange touch_range(const BlockList& list, std::uint64_t block) {
  const auto bytes =
      static_cast<std::size_t>(static_cast<double>(list.block_bytes) * list.fraction);
  return {list.blocks[block], list.fraction >= 1.0 ? list.block_bytes : bytes, list.stride,
          list.pattern + block};
}

int madvise_flag(Advice advice) {
  switch (advice) {
    case Advice::normal:
      return MADV_NORMAL;
    case Advice::random:
      return MADV_RANDOM;
    case Advice::sequential:
      return MADV_SEQUENTIAL;
    case Advice::willneed:
      return MADV_WILLNEED;
    case Advice::dontneed:
      return MADV_DONTNEED;
    case Advice::free:
      return MADV_FREE;
    case Advice::hugepage:
      return MADV_HUGEPAGE;
    case Advice::nohugepage:
      return MADV_NOHUGEPAGE;
    case Advice::populate_read:
      return MADV_POPULATE_READ;
    case Advice::populate_write:
      return MADV_POPULATE_WRITE;
    case Advice::mergeable:
      return MADV_MERGEABLE;
    case Advice::dontfork:
      return MADV_DONTFORK;
    case Advice::cold:
      return MADV_COLD;
    case Advice::pageout:
      return MADV_PAGEOUT;
  }
  return MADV_NORMAL;
}

// glibc malloc/malloc.c _int_memalign asks malloc for a whole chunk, the alignment and the smallest
// chunk more.
std::uint64_t memalign_request(std::uint64_t bytes, std::uint64_t alignment) {
  constexpr std::uint64_t kSmallestChunk = 32;
  if (alignment <= kSmallestChunk / 2) return bytes;
  const std::uint64_t more = 24 + std::max(alignment, kSmallestChunk) + kSmallestChunk;
  if (bytes > UINT64_MAX - more) return bytes;
  return (bytes + 8 + 15) / 16 * 16 + std::max(alignment, kSmallestChunk) + kSmallestChunk;
}

RefusedRequest refused_request(const Allocate& step, std::uint64_t bytes) {
  switch (step.using_) {
    case AllocateUsing::malloc:
    case AllocateUsing::calloc:
    case AllocateUsing::new_:
      return {RefusedCall::malloc, bytes};
    case AllocateUsing::posix_memalign:
      return {RefusedCall::malloc, memalign_request(bytes, step.alignment_bytes)};
    case AllocateUsing::mmap:
      return {RefusedCall::mmap, bytes};
    case AllocateUsing::mmap_noreserve:
      return {RefusedCall::mmap_noreserve, bytes};
    case AllocateUsing::mmap_none:
    case AllocateUsing::mmap_readonly:
      return {RefusedCall::mmap_unwritable, bytes};
    case AllocateUsing::mmap_shared:
      return {RefusedCall::mmap_shared, bytes};
    case AllocateUsing::memfd:
    case AllocateUsing::file:
      return {RefusedCall::mmap_file, bytes};
    case AllocateUsing::brk:
      return {RefusedCall::brk, bytes};
    case AllocateUsing::hugetlb:
    case AllocateUsing::hugetlb_noreserve:
      return {RefusedCall::mmap_hugetlb, bytes};
  }
  return {RefusedCall::mmap, bytes};
}

int protection_flags(Protection access) {
  switch (access) {
    case Protection::none:
      return PROT_NONE;
    case Protection::read:
      return PROT_READ;
    case Protection::read_write:
      return PROT_READ | PROT_WRITE;
  }
  return PROT_NONE;
}

}  // namespace

StepResult failed_call(int error, const char* what) {
  StepResult result;
  result.error = error;
  std::snprintf(result.detail, sizeof result.detail, "%s", what);
  return result;
}

StepResult run_allocate(const Allocate& step, StepContext& context) {
  BlockList* list = context.blocks->find(step.name);
  if (list == nullptr || list->capacity < step.count) return unknown_name(step.name);
  list->block_bytes = literal_bytes(step.size);
  list->using_ = step.using_;
  list->granted = 0;
  list->stride = context.page_bytes;
  list->pattern = 1;
  list->fraction = 1.0;
  StepResult result;
  result.requested_blocks = step.count;
  result.requested_bytes = list->block_bytes > 0 && step.count > UINT64_MAX / list->block_bytes
                               ? UINT64_MAX
                               : step.count * list->block_bytes;
  for (std::uint64_t i = 0; i < step.count; ++i) {
    std::byte* block = allocate_block(step, list->block_bytes, context);
    if (block == nullptr) {
      result.error = errno != 0 ? errno : ENOMEM;
      result.request = refused_request(step, list->block_bytes);
      std::snprintf(result.detail, sizeof result.detail, "%.*s of block %llu of %llu",
                    static_cast<int>(to_word(step.using_).size()), to_word(step.using_).data(),
                    static_cast<unsigned long long>(i + 1),
                    static_cast<unsigned long long>(step.count));
      break;
    }
    list->blocks[i] = block;
    list->granted = i + 1;
    context.progress->granted_blocks.store(list->granted, std::memory_order_relaxed);
    if (step.touched) kernels::touch_write(touch_range(*list, i), &context.progress->touched_bytes);
  }
  result.granted_blocks = list->granted;
  result.granted_bytes = list->granted * list->block_bytes;
  return result;
}

StepResult run_touch(const Touch& step, StepContext& context) {
  BlockList* list = context.blocks->find(step.name);
  if (list == nullptr) return unknown_name(step.name);
  BlockList touched = *list;
  touched.stride = step.every == Stride::page ? context.page_bytes : context.huge_page_bytes;
  touched.pattern = step.pattern;
  touched.fraction = step.fraction;
  std::atomic<std::uint64_t>* progress = &context.progress->touched_bytes;
  try {
    for (std::uint64_t i = 0; i < list->granted; ++i) {
      const kernels::TouchRange range = touch_range(touched, i);
      if (step.access == Access::write)
        kernels::touch_write_threads(range, step.threads, progress);
      else
        kernels::touch_read_threads(range, step.threads, progress);
    }
  } catch (const std::system_error& error) {  // no memory or no pid for a thread
    return failed_call(error.code().value(), "starting a thread");
  } catch (const std::bad_alloc&) {
    return failed_call(ENOMEM, "memory for the list of threads");
  }
  if (step.access == Access::write) *list = touched;
  return {};
}

StepResult run_verify(const Verify& step, StepContext& context) {
  BlockList* list = context.blocks->find(step.name);
  if (list == nullptr) return unknown_name(step.name);
  StepResult result;
  for (std::uint64_t i = 0; i < list->granted; ++i) {
    const kernels::TouchRange range = touch_range(*list, i);
    const std::size_t offset = kernels::find_difference(range);
    if (offset == range.bytes) continue;
    result.corrupted = true;
    std::snprintf(result.detail, sizeof result.detail, "block %llu differs at byte %zu",
                  static_cast<unsigned long long>(i + 1), offset);
    break;
  }
  return result;
}

StepResult run_free(const Free& step, StepContext& context) {
  BlockList* list = context.blocks->find(step.name);
  if (list == nullptr) return unknown_name(step.name);
  for (std::uint64_t i = list->granted; i > 0; --i) {
    const int error = release_block(list->using_, list->blocks[i - 1], list->block_bytes, context);
    if (error != 0) return failed_call(error, "giving a block back");
  }
  list->granted = 0;
  return {};
}

StepResult run_protect(const Protect& step, StepContext& context) {
  const int flags = protection_flags(step.access);
  return on_every_block(
      step.name, "mprotect", RefusedCall::protect, context,
      [flags](std::byte* begin, std::size_t bytes) { return mprotect(begin, bytes, flags); });
}

StepResult run_advise(const Advise& step, StepContext& context) {
  const int flag = madvise_flag(step.advice);
  return on_every_block(
      step.name, "madvise", RefusedCall::advise, context,
      [flag](std::byte* begin, std::size_t bytes) { return madvise(begin, bytes, flag); });
}

StepResult run_lock(const Lock& step, StepContext& context) {
  return on_every_block(step.name, "mlock", RefusedCall::lock, context,
                        [](std::byte* begin, std::size_t bytes) { return mlock(begin, bytes); });
}

}  // namespace memqual::child
