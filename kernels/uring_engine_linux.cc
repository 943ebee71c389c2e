// SPDX-License-Identifier: Apache-2.0
#include <liburing.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "kernels/read_engine.h"

namespace memqual::kernels {
namespace {

constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;

class UringEngine final : public ReadEngine {
 public:
  UringEngine(const File& file, std::size_t slots) : file_(file), reads_(slots) {}
  ~UringEngine() override {
    if (!open_) return;
    // The kernel writes into memory that dies after us: nothing is left under way, whatever waiting
    // for it says.
    while (std::any_of(reads_.begin(), reads_.end(), [](const Read& r) { return r.under_way; }))
      if (!take_one()) std::this_thread::yield();
    ::io_uring_queue_exit(&ring_);
  }
  UringEngine(const UringEngine&) = delete;
  UringEngine& operator=(const UringEngine&) = delete;

  /// 0 or an errno.
  int open() {
    const int code = ::io_uring_queue_init(static_cast<unsigned>(reads_.size()), &ring_, 0);
    open_ = code == 0;
    return -code;
  }

  void start(std::size_t slot, const ReadRequest& request) override {
    reads_[slot] = {request, 0, true, std::nullopt};
    submit(slot);
  }

  Result<std::size_t> wait(std::size_t slot) override {
    while (reads_[slot].under_way)
      if (const Status taken = take_one(); !taken) return taken.error();
    if (reads_[slot].trouble) return *reads_[slot].trouble;
    return reads_[slot].got;
  }

 private:
  struct Read {
    ReadRequest request;
    std::size_t got = 0;
    bool under_way = false;
    std::optional<Error> trouble;
  };

  Error failed(const std::string& what, int code) const {
    return {what + " " + file_.path() + ": " + std::generic_category().message(code),
            "read it by threads, or through the page cache"};
  }

  void submit(std::size_t slot) {
    Read& read = reads_[slot];
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    if (entry == nullptr) {  // there is one for each slot
      read.under_way = false;
      read.trouble = failed("cannot queue a read of", EBUSY);
      return;
    }
    const std::size_t bytes = std::min(read.request.bytes - read.got, kMostAtOnce);
    ::io_uring_prep_read(entry, file_.descriptor(), read.request.to + read.got,
                         static_cast<unsigned>(bytes), read.request.offset + read.got);
    ::io_uring_sqe_set_data64(entry, slot);
    // What the kernel cannot take right now goes with the next wait.
    ::io_uring_submit(&ring_);
  }

  /// Waits for one completion and goes on with its read.
  Status take_one() {
    io_uring_cqe* completion = nullptr;
    // Interrupted, it may have handed over what was queued and say so instead of having waited.
    while (::io_uring_peek_cqe(&ring_, &completion) != 0) {
      const int code = ::io_uring_submit_and_wait(&ring_, 1);
      if (code < 0 && code != -EINTR && code != -EAGAIN && code != -EBUSY)
        return failed("cannot wait for reads of", -code);
    }
    const auto slot = static_cast<std::size_t>(completion->user_data);
    const int result = completion->res;
    ::io_uring_cqe_seen(&ring_, completion);
    Read& read = reads_[slot];
    if (result > 0) read.got += static_cast<std::size_t>(result);
    const bool again = result == -EINTR || result == -EAGAIN;
    if (again || (result > 0 && read.got < read.request.bytes)) {
      submit(slot);
      return done();
    }
    read.under_way = false;
    if (result < 0) read.trouble = failed("cannot read", -result);
    return done();
  }

  const File& file_;
  io_uring ring_{};
  bool open_ = false;
  std::vector<Read> reads_;  ///< by slot
};

}  // namespace

Result<std::unique_ptr<ReadEngine>> uring_engine(const File& file, std::size_t slots) {
  auto engine = std::make_unique<UringEngine>(file, slots);
  if (const int code = engine->open(); code != 0)
    return Error{"cannot read " + file.path() + " through io_uring: the kernel refuses it (" +
                     std::generic_category().message(code) + ")",
                 "read ahead by threads, or allow it (kernel.io_uring_disabled, seccomp)"};
  return std::unique_ptr<ReadEngine>(std::move(engine));
}

}  // namespace memqual::kernels
