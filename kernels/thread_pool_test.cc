// SPDX-License-Identifier: Apache-2.0
#include "kernels/thread_pool.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <vector>

using namespace memqual::kernels;

BOOST_AUTO_TEST_SUITE(thread_pool)

BOOST_AUTO_TEST_CASE(each_worker_runs_once_per_call) {
  for (const std::size_t threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads, {0});
    BOOST_TEST(pool.size() == threads);
    std::vector<std::atomic<int>> calls(threads);
    for (int round = 0; round < 100; ++round)
      pool.run([&](std::size_t worker) { ++calls[worker]; });
    for (const auto& count : calls) BOOST_TEST(count == 100);
  }
}

BOOST_AUTO_TEST_CASE(each_index_is_visited_once_by_the_same_worker_every_time) {
  ThreadPool pool(3);
  std::vector<std::size_t> first(100), second(100);
  std::vector<std::atomic<int>> visits(100);
  for (std::vector<std::size_t>* owners : {&first, &second}) {
    const Status status = pool.for_each(100, [&](std::size_t worker, std::size_t i) -> Status {
      (*owners)[i] = worker;
      ++visits[i];
      return done();
    });
    BOOST_TEST(status.ok());
  }
  BOOST_TEST(first == second);
  for (const auto& count : visits) BOOST_TEST(count == 2);
}

BOOST_AUTO_TEST_CASE(the_first_failure_is_returned_and_the_pool_goes_on_living) {
  ThreadPool pool(2);
  const Status failed = pool.for_each(10, [&](std::size_t, std::size_t i) -> Status {
    if (i == 3) return Error{"three", ""};
    return done();
  });
  BOOST_REQUIRE(!failed.ok());
  BOOST_TEST(failed.error().message == "three");
  BOOST_TEST(pool.for_each(10, [](std::size_t, std::size_t) { return done(); }).ok());
}

BOOST_AUTO_TEST_CASE(shares_are_neighbours_and_cover_everything) {
  for (std::size_t count = 0; count < 20; ++count) {
    for (std::size_t workers = 1; workers < 6; ++workers) {
      std::size_t next = 0;
      for (std::size_t worker = 0; worker < workers; ++worker) {
        const Share share = share_of(count, worker, workers);
        BOOST_TEST(share.first == next);
        BOOST_TEST(share.last - share.first <= count / workers + 1);
        next = share.last;
      }
      BOOST_TEST(next == count);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
