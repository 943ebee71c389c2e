// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace memqual {

/// Lets cases start while their memory fits into the budget together. A need above the whole budget
/// is treated as the whole budget: such a case runs alone.
class MemoryGate {
 public:
  explicit MemoryGate(std::uint64_t budget_bytes) : budget_(budget_bytes), free_(budget_bytes) {}

  void enter(std::uint64_t need_bytes) {
    std::unique_lock lock(mutex_);
    const std::uint64_t need = std::min(need_bytes, budget_);
    changed_.wait(lock, [&] { return free_ >= need; });
    free_ -= need;
  }
  void leave(std::uint64_t need_bytes) {
    {
      const std::lock_guard lock(mutex_);
      free_ += std::min(need_bytes, budget_);
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t budget_;
  std::uint64_t free_;
};

}  // namespace memqual
