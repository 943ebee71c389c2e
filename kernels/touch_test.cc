// SPDX-License-Identifier: Apache-2.0
#include "kernels/touch.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <vector>

using namespace memqual::kernels;

namespace {

// Bytes aligned for 64-bit access, with a guard value behind them.
struct Buffer {
  explicit Buffer(std::size_t bytes) : words(bytes / 8 + 2, kGuard), size(bytes) {}
  TouchRange range(std::size_t stride, std::uint64_t pattern = 1) {
    return {reinterpret_cast<std::byte*>(words.data()), size, stride, pattern};
  }
  bool guard_is_intact() const { return words.back() == kGuard; }
  static constexpr std::uint64_t kGuard = 0xDEADBEEFDEADBEEFull;
  std::vector<std::uint64_t> words;
  std::size_t size;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(touch)

BOOST_AUTO_TEST_CASE(what_was_written_is_found_again_at_every_size) {
  for (std::size_t bytes : {0u, 1u, 7u, 8u, 9u, 63u, 64u, 65u, 4095u, 4096u, 4097u, 12289u}) {
    Buffer buffer(bytes);
    touch_write(buffer.range(64, 7), nullptr);
    BOOST_TEST(find_difference(buffer.range(64, 7)) == bytes);
    BOOST_TEST(buffer.guard_is_intact());
  }
}

BOOST_AUTO_TEST_CASE(a_changed_value_is_found_at_its_offset) {
  Buffer buffer(8192);
  touch_write(buffer.range(64), nullptr);
  buffer.words[4096 / 8] ^= 1;
  BOOST_TEST(find_difference(buffer.range(64)) == 4096u);
}

BOOST_AUTO_TEST_CASE(another_pattern_is_a_difference) {
  Buffer buffer(8192);
  touch_write(buffer.range(64, 1), nullptr);
  BOOST_TEST(find_difference(buffer.range(64, 2)) == 0u);
}

BOOST_AUTO_TEST_CASE(values_differ_from_place_to_place) {
  Buffer buffer(64 * 100);
  touch_write(buffer.range(64), nullptr);
  std::set<std::uint64_t> values;
  for (std::size_t i = 0; i < 100; ++i) values.insert(buffer.words[i * 8]);
  BOOST_TEST(values.size() == 100u);
}

BOOST_AUTO_TEST_CASE(progress_ends_at_the_size_of_the_range) {
  for (unsigned threads : {1u, 2u, 3u, 16u}) {
    for (std::size_t bytes : {1u, 64u, 100u, 4096u, 100000u}) {
      Buffer buffer(bytes);
      std::atomic<std::uint64_t> written{0};
      std::atomic<std::uint64_t> read{0};
      touch_write_threads(buffer.range(64), threads, &written);
      touch_read_threads(buffer.range(64), threads, &read);
      BOOST_TEST(written == bytes);
      BOOST_TEST(read == bytes);
    }
  }
}

BOOST_AUTO_TEST_CASE(threads_write_the_same_as_one_thread) {
  Buffer one(100001);
  Buffer many(100001);
  touch_write(one.range(64), nullptr);
  touch_write_threads(many.range(64), 5, nullptr);
  BOOST_TEST(one.words == many.words);
}

BOOST_AUTO_TEST_SUITE_END()
