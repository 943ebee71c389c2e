// SPDX-License-Identifier: Apache-2.0
#include "harness/child/blocks.h"

#include <sys/mman.h>

#include <algorithm>

namespace memqual::child {

bool BlockTable::prepare(const std::vector<WorkloadStep>& steps) {
  for (const WorkloadStep& step : steps) {
    if (const auto* fork = std::get_if<Fork>(&step.action)) {
      if (!prepare(fork->workload)) return false;
      continue;
    }
    if (const auto* allocate = std::get_if<Allocate>(&step.action))
      if (!make_room(allocate->name, allocate->count)) return false;
    if (const auto* search = std::get_if<FindLargest>(&step.action); search && search->block)
      if (!make_room(kFoundBlocks, most_asked_blocks(*search))) return false;
  }
  return true;
}

bool BlockTable::make_room(const std::string& name, std::uint64_t blocks) {
  BlockList* known = find(name);
  if (known != nullptr && known->capacity >= blocks) return true;
  void* memory = mmap(nullptr, blocks * sizeof(std::byte*), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  if (known == nullptr) known = &lists_.emplace_back();
  known->name = name;
  known->blocks = static_cast<std::byte**>(memory);
  known->capacity = blocks;
  return true;
}

BlockList* BlockTable::find(const std::string& name) {
  const auto found = std::find_if(lists_.begin(), lists_.end(),
                                  [&](const BlockList& list) { return list.name == name; });
  return found != lists_.end() ? &*found : nullptr;
}

}  // namespace memqual::child
