// SPDX-License-Identifier: Apache-2.0
#include "kernels/bandwidth.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "kernels/random.h"
#include "kernels/testing.h"

using namespace memqual::kernels;
using namespace memqual::kernels::testing;
using Operation = BandwidthOperation;

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

std::vector<Operation> all() { return {kBandwidthOperations.begin(), kBandwidthOperations.end()}; }

BandwidthRequest request_of(std::vector<Operation> operations, std::size_t bytes = kMiB) {
  BandwidthRequest request;
  request.operations = std::move(operations);
  request.bytes = bytes;
  request.rounds = 3;
  return request;
}

std::string message_of(const BandwidthRequest& request) {
  const auto measured = measure_bandwidth(Kernels(supported_targets().back()), request);
  return measured ? "measured" : measured.error().message;
}

std::uint64_t xor_of(const std::byte* from, std::size_t bytes) {
  std::uint64_t all_words = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    all_words ^= std::to_integer<std::uint64_t>(from[i]) << (8 * (i % 8));
  return all_words;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bandwidth)

BOOST_AUTO_TEST_CASE(every_byte_is_read_on_every_target_at_every_alignment_and_length) {
  std::vector<std::byte> bytes(5 * 4 * 4096);
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    const std::uint64_t word = random_word(3, i);
    std::memcpy(bytes.data() + i, &word, 8);
  }
  for (const Target target : supported_targets()) {
    const ReadOps& ops = Kernels(target).read();
    for (const std::size_t skew : {0u, 1u, 8u, 63u})
      for (const std::size_t length : {0u, 1u, 7u, 8u, 63u, 64u, 65u, 200u, 4096u, 16383u, 16384u,
                                       16385u, 32768u + 100u, 4u * 16384u}) {
        BOOST_TEST_CONTEXT(to_string(target) << ", " << length << " bytes from " << skew) {
          const std::uint64_t expected = xor_of(bytes.data() + skew, length);
          BOOST_TEST(ops.in_order(bytes.data() + skew, length) == expected);
          BOOST_TEST(ops.four_pages(bytes.data() + skew, length) == expected);
        }
      }
  }
}

BOOST_AUTO_TEST_CASE(every_way_does_what_its_operation_says_to_the_whole_of_the_array) {
  constexpr std::size_t kBytes = 3 * 4096 + 64;
  const Kernels kernels(supported_targets().back());
  for (const std::size_t threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads);
    for (const StreamWay& way : stream_ways()) {
      std::vector<double> x(kBytes / 8, 2);
      std::vector<double> y(kBytes / 8, 10);
      std::vector<double> out(kBytes / 8 + 1, -1);
      const auto bytes = [](std::vector<double>& of) {
        return reinterpret_cast<std::byte*>(of.data());
      };
      run_way(kernels, pool, way, {bytes(x), bytes(y), bytes(out), kBytes});
      double written = -1;
      if (way.operation == Operation::copy) written = 2;
      if (way.operation == Operation::triad) written = 2 + 1.1 * 10;
      if (arrays_of(way.operation) == 1 && way.operation != Operation::read)
        std::memset(&written, 0x33, sizeof written);
      BOOST_TEST_CONTEXT(to_string(way.operation) << ": " << way.name << ", " << threads) {
        const auto other = [written](double value) { return value != written; };
        BOOST_TEST(std::count_if(out.begin(), out.end() - 1, other) == 0);
        BOOST_TEST(out.back() == -1);
        BOOST_TEST(std::count(x.begin(), x.end(), 2.0) == static_cast<long>(kBytes / 8));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(results_come_in_the_order_of_the_request_with_what_was_moved) {
  BandwidthRequest request = request_of(all());
  request.threads = {2, 1};
  const auto measured = measure_bandwidth(Kernels(supported_targets().back()), request);
  testing::require_ok(measured);
  BOOST_REQUIRE_EQUAL(measured->size(), 2 * kBandwidthOperations.size());
  for (std::size_t i = 0; i < measured->size(); ++i) {
    const BandwidthResult& result = (*measured)[i];
    BOOST_TEST_CONTEXT(to_string(result.operation) << ", " << result.threads) {
      BOOST_TEST((result.operation == kBandwidthOperations[i / 2]));
      BOOST_TEST(result.threads == (i % 2 == 0 ? 2U : 1U));
      BOOST_TEST(result.bytes == arrays_of(result.operation) * kMiB);
      BOOST_TEST(!result.way.empty());
      BOOST_TEST(result.least_seconds > 0);
      BOOST_TEST(result.least_seconds <= result.median_seconds);
      BOOST_TEST(result.median_seconds <= result.most_seconds);
      BOOST_TEST((result.first_seconds > 0) == is_fault(result.operation));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_base_page_costs_a_fault_each_time) {
  const auto measured = measure_bandwidth(Kernels(supported_targets().back()),
                                          request_of({Operation::page_fault}, 8 * kMiB));
  BOOST_REQUIRE(measured.ok());
  const std::size_t pages = 8 * kMiB / page_bytes();
  if (fault_count() == 0) {
    BOOST_TEST_MESSAGE("SKIPPED: this system does not count faults");
    return;
  }
  BOOST_TEST(measured->front().faults >= pages);
  BOOST_TEST(measured->front().faults < pages + pages / 10);
}

BOOST_AUTO_TEST_CASE(the_memory_is_known_from_the_request) {
  const std::vector<std::pair<std::vector<Operation>, std::size_t>> rows = {
      {{Operation::read}, 1},
      {{Operation::write, Operation::read}, 1},
      {{Operation::read, Operation::copy}, 2},
      {{Operation::triad, Operation::copy}, 3},
      {{Operation::page_fault}, 1},
      {{Operation::page_fault, Operation::huge_page_fault, Operation::nt_write}, 2},
      {all(), 4},
  };
  for (const auto& [operations, arrays] : rows)
    BOOST_TEST(bandwidth_arrays(request_of(operations)) == arrays);
}

BOOST_AUTO_TEST_CASE(threads_run_on_the_cpus_they_are_given) {
  const std::vector<unsigned> cpus = usable_cpus();
  if (cpus.empty()) {
    BOOST_TEST_MESSAGE("SKIPPED: this system does not say which CPUs may be used");
    return;
  }
  BandwidthRequest request = request_of({Operation::read});
  request.threads = {3};
  request.cpus = {cpus.front()};
  const Kernels kernels(supported_targets().back());
  BOOST_TEST(measure_bandwidth(kernels, request)->front().pinned == 3U);
  request.cpus = {1U << 20};
  BOOST_TEST(measure_bandwidth(kernels, request)->front().pinned == 0U);
}

BOOST_AUTO_TEST_CASE(a_request_out_of_range_is_refused_with_what_is_wrong) {
  const auto changed = [](auto change) {
    BandwidthRequest request = request_of({Operation::read});
    change(request);
    return message_of(request);
  };
  using R = BandwidthRequest;
  BOOST_TEST(changed([](R& r) { r.operations.clear(); }).ends_with("no operation"));
  BOOST_TEST(changed([](R& r) { r.bytes = 0; }).ends_with("arrays of 0 bytes"));
  BOOST_TEST(changed([](R& r) { r.bytes = 4097; }).ends_with("arrays of 4097 bytes"));
  BOOST_TEST(changed([](R& r) { r.rounds = 0; }).ends_with("no round"));
  BOOST_TEST(changed([](R& r) { r.threads.clear(); }).ends_with("no number of threads"));
  BOOST_TEST(changed([](R& r) { r.threads = {1, 0}; }).ends_with(" 0 threads"));
  BOOST_TEST(changed([](R& r) { r.threads = {1025}; }).ends_with(" 1025 threads"));
  BOOST_TEST(changed([](R& r) { r.bytes = std::size_t{1} << 62; }).starts_with("cannot map"));
}

BOOST_AUTO_TEST_CASE(words_and_operations_are_one_to_one) {
  for (const Operation operation : kBandwidthOperations)
    BOOST_TEST((bandwidth_operation_from(to_string(operation)) == operation));
  BOOST_TEST(!bandwidth_operation_from("memcpy").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
