// SPDX-License-Identifier: Apache-2.0
// A few threads that stay, each on its own CPU, so that memory a thread touched first stays near
// it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "kernels/result.h"

namespace memqual::kernels {

class ThreadPool {
 public:
  /// `threads` >= 1 workers; the caller is worker 0 and is not pinned. Worker i > 0 runs on
  /// cpus[i % cpus.size()] (see cpu_nodes.h); an empty list pins nobody. A CPU that this process
  /// may not use leaves its worker unpinned: pinned() says how many are.
  explicit ThreadPool(std::size_t threads, const std::vector<unsigned>& cpus = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::size_t size() const { return workers_.size() + 1; }
  std::size_t pinned() const { return pinned_; }

  /// Calls body(worker) once on each, worker 0 in the caller, and returns when all have. One call
  /// at a time. `body` must not throw.
  void run(const std::function<void(std::size_t worker)>& body);

  /// Calls body(worker, index) for each index < count, each worker over one run of neighbours, so
  /// that equal calls touch equal memory from equal workers. After the first failure the workers
  /// stop; the Error of the lowest worker that failed is returned.
  Status for_each(std::size_t count,
                  const std::function<Status(std::size_t worker, std::size_t index)>& body);

 private:
  void work(std::size_t worker);

  std::mutex mutex_;
  std::condition_variable start_;
  std::condition_variable finished_;
  const std::function<void(std::size_t)>* body_ = nullptr;
  std::size_t round_ = 0;
  std::size_t running_ = 0;
  bool stop_ = false;
  std::size_t pinned_ = 0;
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
