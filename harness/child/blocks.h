// SPDX-License-Identifier: Apache-2.0
// The memory a case holds, by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/model/workload.h"

namespace memqual::child {

/// All blocks of one allocate step. `blocks` lies in a mapping of its own, made before the case's
/// limits apply, so that keeping book never competes with the allocation under test.
struct BlockList {
  std::string name;
  std::byte** blocks = nullptr;
  std::uint64_t capacity = 0;
  std::uint64_t granted = 0;
  std::size_t block_bytes = 0;
  AllocateUsing using_ = AllocateUsing::malloc;
  // What the last write touch did, for verify.
  std::size_t stride = 0;
  std::uint64_t pattern = 0;
  double fraction = 1.0;
};

/// The list of find_largest steps in blocks. No name in a scenario has a blank.
inline constexpr const char* kFoundBlocks = "found blocks";

class BlockTable {
 public:
  /// Makes the lists for every allocate and find_largest step, nested ones included. False: no
  /// memory for the book.
  bool prepare(const std::vector<WorkloadStep>& steps);
  /// nullptr for an unknown name.
  BlockList* find(const std::string& name);

 private:
  bool make_room(const std::string& name, std::uint64_t blocks);
  std::vector<BlockList> lists_;
};

}  // namespace memqual::child
