// SPDX-License-Identifier: Apache-2.0
// The search for the load line. Only the requests themselves change the process: no heap is used,
// and each request is given back before the next, so that the last answer is that of the first.
#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "harness/child/allocate.h"
#include "harness/child/steps.h"

namespace memqual::child {
namespace {

// What a request can be larger by. malloc decides to the byte, the kernel to the page.
std::uint64_t unit_of(AllocateUsing using_, const StepContext& context) {
  if (is_malloc_family(using_)) return 1;
  return is_hugetlb(using_) ? context.hugetlb_page_bytes : context.page_bytes;
}

std::byte* ask(const Allocate& request, std::uint64_t bytes, StepContext& context, int& error) {
  errno = 0;
  std::byte* block = allocate_block(request, bytes, context);
  error = block != nullptr ? 0 : errno != 0 ? errno : ENOMEM;
  return block;
}

// 0: granted, and given back again.
int ask_once(const Allocate& request, std::uint64_t bytes, StepContext& context, int& release) {
  int error = 0;
  std::byte* block = ask(request, bytes, context, error);
  if (block != nullptr) release = release_block(request.using_, block, bytes, context);
  return error;
}

StepResult find_request(const Allocate& request, std::uint64_t most, StepContext& context) {
  StepResult result;
  Found& found = result.found;
  found.unit_bytes = unit_of(request.using_, context);
  std::uint64_t granted = 0;
  std::uint64_t refused = most / found.unit_bytes + 1;  // not asked for, unless it becomes smaller
  std::uint64_t next = refused - 1;                     // the bound itself comes first
  int release = 0;
  while (granted + 1 < refused && release == 0) {
    const int error = ask_once(request, next * found.unit_bytes, context, release);
    (error == 0 ? granted : refused) = next;
    if (error != 0) found.refused_error = error;
    next = granted + (refused - granted) / 2;
  }
  if (release != 0) return failed_call(release, "giving a request back");
  found.done = true;
  found.largest_bytes = granted * found.unit_bytes;
  if (found.refused_error != 0) found.refused_bytes = refused * found.unit_bytes;
  return result;
}

StepResult find_blocks(const Allocate& request, std::uint64_t block_bytes, StepContext& context) {
  BlockList* list = context.blocks->find(kFoundBlocks);
  if (list == nullptr) return failed_call(EINVAL, "no account of blocks");
  StepResult result;
  Found& found = result.found;
  found.unit_bytes = block_bytes;
  std::uint64_t granted = 0;
  while (granted < list->capacity && found.refused_error == 0) {
    std::byte* block = ask(request, block_bytes, context, found.refused_error);
    if (block == nullptr) break;
    list->blocks[granted++] = block;
    context.progress->granted_blocks.store(granted, std::memory_order_relaxed);
  }
  for (std::uint64_t i = granted; i > 0; --i) {
    const int error = release_block(request.using_, list->blocks[i - 1], block_bytes, context);
    if (error != 0) return failed_call(error, "giving a block back");
  }
  found.done = true;
  found.largest_blocks = granted;
  found.largest_bytes = granted * block_bytes;
  if (found.refused_error != 0) found.refused_bytes = found.largest_bytes + block_bytes;
  return result;
}

}  // namespace

StepResult run_find_largest(const FindLargest& step, StepContext& context) {
  // free() of a mapped chunk would raise the threshold above which malloc maps, so that the next
  // request of that size came from a heap that grows. A threshold that was set stays where it is.
  if (is_malloc_family(step.using_)) mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  Allocate request;
  request.using_ = step.using_;
  return step.block ? find_blocks(request, literal_bytes(*step.block), context)
                    : find_request(request, most_asked_bytes(step), context);
}

}  // namespace memqual::child
