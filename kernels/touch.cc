// SPDX-License-Identifier: Apache-2.0
#include "kernels/touch.h"

#include <algorithm>
#include <vector>

#include "kernels/thread_pool.h"

namespace memqual::kernels {
namespace {

// splitmix64 finaliser: neighbouring offsets give unrelated values.
std::uint64_t value_at(std::uint64_t pattern, std::size_t offset) {
  std::uint64_t x = pattern * 0x9E3779B97F4A7C15ull + offset;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

void advance(std::atomic<std::uint64_t>* progress, const TouchRange& range, std::size_t offset) {
  if (progress != nullptr)
    progress->fetch_add(std::min(range.stride, range.bytes - offset), std::memory_order_relaxed);
}

// A tail shorter than a value still lies on a page that has to be touched: use its first byte.
bool has_room(const TouchRange& range, std::size_t offset) {
  return range.bytes - offset >= sizeof(std::uint64_t);
}

void write_part(const TouchRange& range, std::size_t from, std::size_t to,
                std::atomic<std::uint64_t>* progress) {
  for (std::size_t offset = from; offset < to; offset += range.stride) {
    const std::uint64_t value = value_at(range.pattern, offset);
    if (has_room(range, offset))
      *reinterpret_cast<volatile std::uint64_t*>(range.begin + offset) = value;
    else
      *reinterpret_cast<volatile unsigned char*>(range.begin + offset) =
          static_cast<unsigned char>(value);
    advance(progress, range, offset);
  }
}

std::uint64_t read_part(const TouchRange& range, std::size_t from, std::size_t to,
                        std::atomic<std::uint64_t>* progress) {
  std::uint64_t sum = 0;
  for (std::size_t offset = from; offset < to; offset += range.stride) {
    sum += *reinterpret_cast<const volatile unsigned char*>(range.begin + offset);
    advance(progress, range, offset);
  }
  return sum;
}

// Calls body(part, from, to) on `threads` threads; parts begin on multiples of the stride.
template <class Body>
void in_parts(const TouchRange& range, unsigned threads, const Body& body) {
  const std::size_t places = (range.bytes + range.stride - 1) / range.stride;
  const std::size_t per_part = (places + threads - 1) / threads * range.stride;
  ThreadPool pool(std::clamp<std::size_t>(places, 1, threads));
  pool.run([&](std::size_t part) {
    const std::size_t from = std::min(range.bytes, part * per_part);
    body(part, from, std::min(range.bytes, from + per_part));
  });
}

}  // namespace

void touch_write(const TouchRange& range, std::atomic<std::uint64_t>* progress) {
  write_part(range, 0, range.bytes, progress);
}

std::uint64_t touch_read(const TouchRange& range, std::atomic<std::uint64_t>* progress) {
  return read_part(range, 0, range.bytes, progress);
}

void touch_write_threads(const TouchRange& range, unsigned threads,
                         std::atomic<std::uint64_t>* progress) {
  in_parts(range, threads, [&](std::size_t, std::size_t from, std::size_t to) {
    write_part(range, from, to, progress);
  });
}

std::uint64_t touch_read_threads(const TouchRange& range, unsigned threads,
                                 std::atomic<std::uint64_t>* progress) {
  std::vector<std::uint64_t> sums(threads, 0);
  in_parts(range, threads, [&](std::size_t part, std::size_t from, std::size_t to) {
    sums[part] = read_part(range, from, to, progress);
  });
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) total += sum;
  return total;
}

std::size_t find_difference(const TouchRange& range) {
  for (std::size_t offset = 0; offset < range.bytes; offset += range.stride) {
    const std::uint64_t expected = value_at(range.pattern, offset);
    const bool same =
        has_room(range, offset)
            ? *reinterpret_cast<const volatile std::uint64_t*>(range.begin + offset) == expected
            : *reinterpret_cast<const volatile unsigned char*>(range.begin + offset) ==
                  static_cast<unsigned char>(expected);
    if (!same) return offset;
  }
  return range.bytes;
}

}  // namespace memqual::kernels
