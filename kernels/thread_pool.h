// SPDX-License-Identifier: Apache-2.0
// A few threads that stay, each on its own CPU, so that memory a thread touched first stays near
// it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "kernels/result.h"

namespace memqual::kernels {

class ThreadPool {
 public:
  /// `threads` >= 1 workers; the caller is worker 0. Worker i runs on cpus[i % cpus.size()] (see
  /// cpu_nodes.h), the caller while it is in run(), after which it may run where it could before;
  /// an empty list pins nobody. A CPU that may not be used leaves its worker unpinned: pinned()
  /// says how many are. Throws std::system_error where a thread cannot be made; none is left then.
  explicit ThreadPool(std::size_t threads, const std::vector<unsigned>& cpus = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::size_t size() const { return workers_.size() + 1; }
  std::size_t pinned() const { return pinned_; }

  /// Calls body(worker) once on each, worker 0 in the caller, and returns when all have. One call
  /// at a time. What a body throws, the first of them, is thrown here when all have stopped.
  void run(const std::function<void(std::size_t worker)>& body);

  /// Calls body(worker, index) for each index < count, each worker over one run of neighbours, so
  /// that equal calls touch equal memory from equal workers. After the first failure the workers
  /// stop; the Error of the lowest worker that failed is returned, and an exception thrown as by
  /// run().
  Status for_each(std::size_t count,
                  const std::function<Status(std::size_t worker, std::size_t index)>& body);

 private:
  ThreadPool() = default;
  void work(std::size_t worker);
  void call(const std::function<void(std::size_t)>& body, std::size_t worker);

  std::mutex mutex_;
  std::condition_variable start_;
  std::condition_variable finished_;
  const std::function<void(std::size_t)>* body_ = nullptr;
  std::size_t round_ = 0;
  std::size_t running_ = 0;
  bool stop_ = false;
  std::exception_ptr thrown_;
  std::size_t pinned_ = 0;
  std::optional<unsigned> callers_cpu_;
  std::vector<std::thread> workers_;
};

/// [first, last) of `count` things that `worker` of `workers` gets: runs of neighbours, as equal as
/// can be.
struct Share {
  std::size_t first;
  std::size_t last;
};
Share share_of(std::size_t count, std::size_t worker, std::size_t workers);

}  // namespace memqual::kernels
