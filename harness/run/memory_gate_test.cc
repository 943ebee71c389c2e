// SPDX-License-Identifier: Apache-2.0
#include "harness/run/memory_gate.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

using memqual::MemoryGate;

namespace {

/// Enters in a thread of its own; `inside` tells whether it was let in.
class Guest {
 public:
  Guest(MemoryGate& gate, std::uint64_t need_bytes)
      : thread_([this, &gate, need_bytes] {
          gate.enter(need_bytes);
          inside_ = true;
        }) {}
  ~Guest() { wait(); }
  void wait() {
    if (thread_.joinable()) thread_.join();
  }
  /// Gives the thread many chances to come in.
  bool is_kept_out() const {
    for (int i = 0; i < 2000 && !inside_; ++i) std::this_thread::yield();
    return !inside_;
  }

 private:
  std::atomic<bool> inside_{false};
  std::thread thread_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(memory_gate)

BOOST_AUTO_TEST_CASE(lets_in_what_fits_together) {
  MemoryGate gate(10);
  gate.enter(6);
  gate.enter(4);
  gate.enter(0);
  Guest guest(gate, 1);
  BOOST_TEST(guest.is_kept_out());
  gate.leave(4);
  guest.wait();
}

BOOST_AUTO_TEST_CASE(two_that_do_not_fit_together_take_turns) {
  MemoryGate gate(10);
  gate.enter(6);
  Guest guest(gate, 6);
  BOOST_TEST(guest.is_kept_out());
  gate.leave(6);
  guest.wait();
}

BOOST_AUTO_TEST_CASE(one_above_the_budget_is_alone_and_not_locked_out_for_ever) {
  MemoryGate gate(10);
  gate.enter(1000);
  Guest guest(gate, 1);
  BOOST_TEST(guest.is_kept_out());
  gate.leave(1000);
  guest.wait();
  gate.leave(1);
  gate.enter(10);  // all is back: 1000 counted as 10 on both sides
}

BOOST_AUTO_TEST_SUITE_END()
