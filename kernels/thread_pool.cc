// SPDX-License-Identifier: Apache-2.0
#include "kernels/thread_pool.h"

#include <algorithm>
#include <atomic>

#include "kernels/pin_thread.h"

namespace memqual::kernels {

ThreadPool::ThreadPool(std::size_t threads, const std::vector<unsigned>& cpus) {
  for (std::size_t worker = 1; worker < threads; ++worker) {
    workers_.emplace_back([this, worker] { work(worker); });
    if (!cpus.empty() && pin_thread(workers_.back(), cpus[worker % cpus.size()])) ++pinned_;
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::work(std::size_t worker) {
  std::size_t seen = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    start_.wait(lock, [&] { return stop_ || round_ != seen; });
    if (stop_) return;
    seen = round_;
    const auto* body = body_;
    lock.unlock();
    (*body)(worker);
    lock.lock();
    if (--running_ == 0) finished_.notify_one();
  }
}

void ThreadPool::run(const std::function<void(std::size_t)>& body) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    body_ = &body;
    running_ = workers_.size();
    ++round_;
  }
  start_.notify_all();
  body(0);
  std::unique_lock<std::mutex> lock(mutex_);
  finished_.wait(lock, [&] { return running_ == 0; });
}

Status ThreadPool::for_each(std::size_t count,
                            const std::function<Status(std::size_t, std::size_t)>& body) {
  std::atomic<bool> failed{false};
  std::vector<std::optional<Error>> errors(size());
  run([&](std::size_t worker) {
    const Share share = share_of(count, worker, size());
    for (std::size_t i = share.first; i < share.last && !failed; ++i) {
      if (Status status = body(worker, i); !status) {
        errors[worker] = status.error();
        failed = true;
      }
    }
  });
  for (const std::optional<Error>& error : errors)
    if (error) return *error;
  return done();
}

Share share_of(std::size_t count, std::size_t worker, std::size_t workers) {
  const std::size_t each = count / workers;
  const std::size_t more = count % workers;  // the first ones get one more
  const std::size_t first = worker * each + std::min(worker, more);
  return {first, first + each + (worker < more ? 1 : 0)};
}

}  // namespace memqual::kernels
