// SPDX-License-Identifier: Apache-2.0
// What is measured: our operations and the limits they are held against.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/bench/arrays.h"
#include "kernels/kernels.h"
#include "kernels/thread_pool.h"

namespace memqual::kernels::bench {

/// Somebody else who does a row's job, and how many times as fast as that we want to be with one
/// thread and with two; 0: any.
struct Peer {
  Peer(std::string peer, double times = 0) : Peer(std::move(peer), times, times) {}  // NOLINT
  Peer(std::string peer, double times, double times_two)
      : name(std::move(peer)), wanted{times, times_two} {}
  std::string name;
  double wanted[2];
};

struct Row {
  std::string name;
  std::string limit;  ///< the name of the limit it is held against; empty: it is a limit itself
  double bytes = 0;   ///< read and written in one run
  std::function<void(ThreadPool&)> run;
  std::vector<Peer> peers = {};       ///< that peers.py knows
  std::vector<Peer> other_rows = {};  ///< rows of the same table it is held against besides
  double share[2] = {0, 0};           ///< of the limit that we want; 0: any
  double resident = 0;                ///< bytes that the resident set may grow by; 0: any
  bool alone = false;                 ///< it does not use the pool: one column says all
};

/// Arrays of `side` x `side`, resident: three of float64, and one of float32 and float16 each, with
/// values of their own (what a float64's halves are as float32 is nobody's data).
struct Arrays {
  explicit Arrays(std::size_t side_length)
      : side(side_length), a(bytes()), b(bytes()), c(bytes()), a32(bytes() / 2), a16(bytes() / 4) {}
  std::size_t bytes() const { return side * side * 8; }
  std::size_t side;
  Memory a, b, c, a32, a16;
};

/// Limits first. Every row leaves a and b as they are; results go to c.
std::vector<Row> memory_rows(const Kernels& kernels, Arrays& arrays);

}  // namespace memqual::kernels::bench
