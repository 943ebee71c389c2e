// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same on every machine and with every library.
#pragma once

#include <cstdint>

namespace memqual::oracle_check {

class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  /// 0..n-1; n > 0. The bias of the remainder is no matter here.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + below(most - least + 1);
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <class Array>
  const auto& pick(const Array& values) {
    return values[below(values.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace memqual::oracle_check
