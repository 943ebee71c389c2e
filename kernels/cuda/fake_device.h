// SPDX-License-Identifier: Apache-2.0
// A device made of host memory, for tests: computes the same arithmetic, counts what is held, fails
// at the call it is told to, and does what is on a stream either at once or not before somebody
// waits for it - the two ends between which a real one lies.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cuda/cell.h"
#include "kernels/cuda/device.h"

namespace memqual::kernels::cuda::testing {

class FakeDevice : public Device {
 public:
  enum class When { at_once, on_wait };
  explicit FakeDevice(When when = When::on_wait, std::size_t total = std::size_t{64} << 20)
      : when_(when), total_(total) {}
  ~FakeDevice() override {
    for (auto& [memory, bytes] : blocks_) drop(memory);
    for (auto& [memory, bytes] : pinned_) drop(memory);
  }

  std::size_t fail_at = 0;  ///< number of the call that fails, from 1; 0: none
  std::size_t calls = 0;
  std::size_t most_held = 0;  ///< bytes of the device at the same time
  std::size_t most_under_way = 0;
  bool gone_under_way = false;  ///< memory was given back while something was to happen on it

  std::size_t held() const { return sum(blocks_); }
  bool nothing_held() const {
    return blocks_.empty() && pinned_.empty() && pins_.empty() && streams_.empty();
  }

  std::string name() const override { return "fake"; }
  std::size_t granularity() const override { return 512; }

  ApiStatus memory(DeviceMemory& now) override {
    now = {total_ - held(), total_};
    return next("memory");
  }
  ApiStatus allocate(std::size_t bytes, std::byte*& memory) override {
    if (ApiStatus status = next("allocate")) return status;
    if (bytes > total_ - held())
      return ApiError{"fakeMalloc", 2, "fakeErrorMemoryAllocation", "out of memory", true};
    memory = take(bytes, blocks_);
    most_held = std::max(most_held, held());
    return std::nullopt;
  }
  void release(std::byte* memory) override { give(memory, blocks_); }
  ApiStatus allocate_pinned(std::size_t bytes, std::byte*& memory) override {
    if (ApiStatus status = next("allocate_pinned")) return status;
    memory = take(bytes, pinned_);
    return std::nullopt;
  }
  void release_pinned(std::byte* memory) override { give(memory, pinned_); }
  ApiStatus pin(std::byte* memory, std::size_t bytes) override {
    if (ApiStatus status = next("pin")) return status;
    pins_[memory] = bytes;
    return std::nullopt;
  }
  void unpin(std::byte* memory) override {
    look_for_work();
    pins_.erase(memory);
  }

  ApiStatus make_stream(std::size_t& stream) override {
    if (ApiStatus status = next("make_stream")) return status;
    stream = next_stream_++;
    streams_[stream];
    return std::nullopt;
  }
  void drop_stream(std::size_t stream) override {
    work_off(stream);
    streams_.erase(stream);
  }
  ApiStatus copy_in(std::size_t stream, std::byte* device, const std::byte* host,
                    const CopyShape& shape) override {
    return put(stream, "copy_in", [=] {
      for (std::size_t r = 0; r < shape.rows; ++r)
        std::memcpy(device + r * shape.row_bytes, host + r * shape.stride, shape.row_bytes);
    });
  }
  ApiStatus copy_out(std::size_t stream, std::byte* host, const std::byte* device,
                     const CopyShape& shape) override {
    return put(stream, "copy_out", [=] {
      for (std::size_t r = 0; r < shape.rows; ++r)
        std::memcpy(host + r * shape.stride, device + r * shape.row_bytes, shape.row_bytes);
    });
  }
  ApiStatus run_chain(std::size_t stream, const Chain& chain, const std::byte* in, std::byte* out,
                      std::size_t n) override {
    return put(stream, "run_chain", [=] {
      for (std::size_t i = 0; i < n; ++i) apply_chain(chain, in, out, i);
    });
  }
  ApiStatus run_units(std::size_t stream, Element element, Reduce what, const std::byte* x,
                      std::size_t rows, std::size_t cols, UnitResult* units) override {
    return put(stream, "run_units", [=] {
      UnitResult* unit = units;
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; c += kSumUnit)
          *unit++ = reduce_unit(element, what, x, r * cols + c, std::min(kSumUnit, cols - c));
    });
  }
  ApiStatus mark(std::size_t stream) override {
    if (ApiStatus status = next("mark")) return status;
    streams_[stream].marked = streams_[stream].work.size();
    std::size_t under_way = 0;
    for (const auto& [id, queue] : streams_) under_way += queue.marked != 0 ? 1 : 0;
    most_under_way = std::max(most_under_way, under_way);
    return std::nullopt;
  }
  ApiStatus wait(std::size_t stream) override {
    if (ApiStatus status = next("wait")) return status;
    work_off(stream);
    return std::nullopt;
  }

 private:
  struct Queue {
    std::vector<std::function<void()>> work;
    std::size_t marked = 0;
  };
  using Held = std::map<std::byte*, std::size_t>;
  static constexpr std::align_val_t kAlignment{256};

  static std::size_t sum(const Held& held) {
    std::size_t bytes = 0;
    for (const auto& [memory, size] : held) bytes += size;
    return bytes;
  }
  static void drop(std::byte* memory) { ::operator delete(memory, kAlignment); }
  // What is new is not zero: nobody may count on that.
  static std::byte* take(std::size_t bytes, Held& held) {
    auto* memory = static_cast<std::byte*>(::operator new(bytes, kAlignment));
    std::memset(memory, 0xA5, bytes);
    held[memory] = bytes;
    return memory;
  }
  void give(std::byte* memory, Held& held) {
    look_for_work();
    if (held.erase(memory) == 1) drop(memory);
  }
  void look_for_work() {
    for (const auto& [id, queue] : streams_) gone_under_way |= !queue.work.empty();
  }
  ApiStatus next(const std::string& call) {
    if (++calls == fail_at)
      return ApiError{call, 719, "fakeErrorLaunchFailure", "unspecified launch failure", false};
    return std::nullopt;
  }
  ApiStatus put(std::size_t stream, const std::string& call, std::function<void()> work) {
    if (ApiStatus status = next(call)) return status;
    if (when_ == When::at_once)
      work();
    else
      streams_[stream].work.push_back(std::move(work));
    return std::nullopt;
  }
  void work_off(std::size_t stream) {
    for (const auto& work : streams_[stream].work) work();
    streams_[stream] = {};
  }
  // As a warp does it: 32 lanes, folded in halves.
  static UnitResult reduce_unit(Element element, Reduce what, const std::byte* x, std::size_t first,
                                std::size_t n) {
    UnitResult lanes[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] = empty_lane();
      for (std::size_t i = lane; i < n; i += kLanes)
        add_to_lane(what, as_double(element, load_cell(element, x, first + i)), lanes[lane]);
    }
    for (std::size_t half = kLanes / 2; half != 0; half /= 2)
      for (std::size_t lane = 0; lane < half; ++lane) fold_lane(lanes[lane + half], lanes[lane]);
    return lanes[0];
  }

  When when_;
  std::size_t total_;
  std::size_t next_stream_ = 0;
  Held blocks_;
  Held pinned_;
  Held pins_;
  std::map<std::size_t, Queue> streams_;
};

}  // namespace memqual::kernels::cuda::testing
