// SPDX-License-Identifier: Apache-2.0
#include "kernels/read_engine.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace memqual::kernels {
namespace {

class ThreadEngine final : public ReadEngine {
 public:
  // It delegates, so that the destructor ends the threads there are if one more cannot be made.
  ThreadEngine(const File& file, std::size_t slots, std::size_t threads)
      : ThreadEngine(file, slots) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~ThreadEngine() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    started_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  ThreadEngine(const ThreadEngine&) = delete;
  ThreadEngine& operator=(const ThreadEngine&) = delete;

  void start(std::size_t slot, const ReadRequest& request) override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      requests_[slot] = request;
      results_[slot].reset();
      queue_.push_back(slot);
    }
    started_.notify_one();
  }

  Result<std::size_t> wait(std::size_t slot) override {
    std::unique_lock<std::mutex> lock(mutex_);
    finished_.wait(lock, [&] { return results_[slot].has_value(); });
    return *results_[slot];
  }

 private:
  ThreadEngine(const File& file, std::size_t slots)
      : file_(file), requests_(slots), results_(slots) {}

  void work() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      started_.wait(lock, [&] { return stop_ || !queue_.empty(); });
      if (stop_) return;
      const std::size_t slot = queue_.front();
      queue_.pop_front();
      const ReadRequest request = requests_[slot];
      lock.unlock();
      Result<std::size_t> got = file_.read_some_at(request.offset, request.to, request.bytes);
      lock.lock();
      results_[slot] = std::move(got);
      finished_.notify_one();
    }
  }

  const File& file_;
  std::mutex mutex_;
  std::condition_variable started_;
  std::condition_variable finished_;
  std::deque<std::size_t> queue_;
  std::vector<ReadRequest> requests_;
  std::vector<std::optional<Result<std::size_t>>> results_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<ReadEngine> thread_engine(const File& file, std::size_t slots,
                                          std::size_t threads) {
  return std::make_unique<ThreadEngine>(file, slots, threads);
}

}  // namespace memqual::kernels
