// SPDX-License-Identifier: Apache-2.0
#include "kernels/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "kernels/page_memory.h"
#include "kernels/pin_thread.h"

namespace memqual::kernels {

namespace {

// The calling thread on one CPU, and back where it could run before.
class PinnedHere {
 public:
  explicit PinnedHere(std::optional<unsigned> cpu) {
    if (!cpu) return;
    before_ = usable_cpus();
    if (!pin_this_thread({*cpu})) before_.clear();
  }
  ~PinnedHere() {
    if (!before_.empty()) pin_this_thread(before_);
  }
  PinnedHere(const PinnedHere&) = delete;
  PinnedHere& operator=(const PinnedHere&) = delete;

 private:
  std::vector<unsigned> before_;
};

}  // namespace

// It delegates, so that a thread that cannot be made finds a whole pool whose destructor ends the
// others.
ThreadPool::ThreadPool(std::size_t threads, const std::vector<unsigned>& cpus) : ThreadPool() {
  for (std::size_t worker = 1; worker < threads; ++worker) {
    workers_.emplace_back([this, worker] { work(worker); });
    if (!cpus.empty() && pin_thread(workers_.back(), cpus[worker % cpus.size()])) ++pinned_;
  }
  if (cpus.empty()) return;
  const std::vector<unsigned> usable = usable_cpus();
  if (std::find(usable.begin(), usable.end(), cpus.front()) == usable.end()) return;
  callers_cpu_ = cpus.front();
  ++pinned_;
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::call(const std::function<void(std::size_t)>& body, std::size_t worker) {
  try {
    body(worker);
  } catch (...) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!thrown_) thrown_ = std::current_exception();
  }
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
    call(*body, worker);
    lock.lock();
    if (--running_ == 0) finished_.notify_one();
  }
}

void ThreadPool::run(const std::function<void(std::size_t)>& body) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    body_ = &body;
    thrown_ = nullptr;
    running_ = workers_.size();
    ++round_;
  }
  start_.notify_all();
  {
    const PinnedHere pinned(callers_cpu_);
    call(body, 0);
  }
  std::unique_lock<std::mutex> lock(mutex_);
  finished_.wait(lock, [&] { return running_ == 0; });
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

Status ThreadPool::for_each(std::size_t count,
                            const std::function<Status(std::size_t, std::size_t)>& body) {
  std::atomic<bool> failed{false};
  std::vector<std::optional<Error>> errors(size());
  run([&](std::size_t worker) {
    const Share share = share_of(count, worker, size());
    try {
      for (std::size_t i = share.first; i < share.last && !failed; ++i) {
        if (Status status = body(worker, i); !status) {
          errors[worker] = status.error();
          failed = true;
        }
      }
    } catch (...) {
      failed = true;
      throw;
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
