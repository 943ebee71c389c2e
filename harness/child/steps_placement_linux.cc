// SPDX-License-Identifier: Apache-2.0
// Where pages lie, asked page by page: move_pages(2) without a place to move to only answers. No
// right is needed for one's own pages.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "harness/child/steps.h"

namespace memqual::child {
namespace {

// As many as the kernel keeps on its own stack in a few rounds; small, for it is on ours.
constexpr std::size_t kPagesAtOnce = 512;

// False: more nodes than are kept apart.
bool count_page(PlacedPages& placed, std::uint32_t node) {
  for (std::size_t i = 0; i < placed.nodes; ++i) {
    if (placed.on[i].node != node) continue;
    ++placed.on[i].pages;
    return true;
  }
  if (placed.nodes == placed.on.size()) return false;
  placed.on[placed.nodes++] = {node, 1};
  return true;
}

// Returns an errno, 0 for none.
int ask_about_block(std::byte* block, std::size_t bytes, std::size_t page, PlacedPages& placed) {
  std::array<void*, kPagesAtOnce> addresses;
  std::array<int, kPagesAtOnce> status;
  const auto first = reinterpret_cast<std::uintptr_t>(block) / page * page;
  const auto last = reinterpret_cast<std::uintptr_t>(block) + bytes;
  for (std::uintptr_t at = first; at < last;) {
    std::size_t count = 0;
    for (; count < kPagesAtOnce && at < last; at += page)
      addresses[count++] = reinterpret_cast<void*>(at);
    if (syscall(SYS_move_pages, 0, count, addresses.data(), nullptr, status.data(), 0) < 0)
      return errno;
    for (std::size_t i = 0; i < count; ++i) {
      // ENOENT: nothing there. EFAULT: the zero page, which lies nowhere in particular.
      if (status[i] < 0)
        ++placed.absent;
      else if (!count_page(placed, static_cast<std::uint32_t>(status[i])))
        return EOVERFLOW;
    }
  }
  return 0;
}

bool contains(const std::vector<std::uint32_t>& nodes, std::uint32_t node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

std::uint64_t pages_on(const PlacedPages& placed, std::uint32_t node) {
  for (std::size_t i = 0; i < placed.nodes; ++i)
    if (placed.on[i].node == node) return placed.on[i].pages;
  return 0;
}

void judge(const Placement& step, StepResult& result) {
  const PlacedPages& placed = result.placed;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < placed.nodes; ++i) all += placed.on[i].pages;
  const auto misplaced = [&](std::uint64_t pages, std::uint32_t node) {
    result.misplaced = true;
    std::snprintf(result.detail, sizeof result.detail, "%llu of %llu pages of %.60s on node %u",
                  static_cast<unsigned long long>(pages), static_cast<unsigned long long>(all),
                  step.name.c_str(), node);
  };
  for (std::size_t i = 0; i < placed.nodes; ++i)
    if (!contains(step.nodes, placed.on[i].node))
      return misplaced(placed.on[i].pages, placed.on[i].node);
  if (!step.evenly) return;
  const std::uint64_t share = all / step.nodes.size();
  for (const std::uint32_t node : step.nodes) {
    const std::uint64_t pages = pages_on(placed, node);
    if (pages < share - share / 10 || pages > share + share / 10) return misplaced(pages, node);
  }
}

}  // namespace

StepResult run_placement(const Placement& step, StepContext& context) {
  StepResult result;
  const BlockList* list = context.blocks->find(step.name);
  if (list == nullptr) return failed_call(EINVAL, "no blocks of this name");
  result.placed.asked = true;
  for (std::uint64_t i = 0; i < list->granted; ++i)
    if (const int error =
            ask_about_block(list->blocks[i], list->block_bytes, context.page_bytes, result.placed))
      return failed_call(error, "asking on which node a page lies (move_pages)");
  if (!step.nodes.empty()) judge(step, result);
  return result;
}

}  // namespace memqual::child
