// SPDX-License-Identifier: Apache-2.0
#include "kernels/thread_pool.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "kernels/page_memory.h"

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

BOOST_AUTO_TEST_CASE(what_a_body_throws_comes_to_the_caller_when_all_have_stopped) {
  ThreadPool pool(3);
  for (const std::size_t thrower : {0u, 1u, 2u}) {
    std::atomic<int> done_by_others{0};
    BOOST_CHECK_THROW(pool.run([&](std::size_t worker) {
      if (worker == thrower) throw std::bad_alloc();
      std::this_thread::yield();
      ++done_by_others;
    }),
                      std::bad_alloc);
    BOOST_TEST(done_by_others == 2);
  }
  pool.run([](std::size_t) {});  // it is forgotten
}

BOOST_AUTO_TEST_CASE(an_index_that_throws_stops_the_others) {
  ThreadPool pool(2);
  std::atomic<std::size_t> visited{0};
  constexpr std::size_t kMany = 1000000000;
  BOOST_CHECK_THROW(static_cast<void>(pool.for_each(kMany,
                                                    [&](std::size_t, std::size_t i) -> Status {
                                                      if (i == kMany / 2) throw std::bad_alloc();
                                                      ++visited;
                                                      return done();
                                                    })),
                    std::bad_alloc);
  BOOST_TEST(visited < kMany);
}

BOOST_AUTO_TEST_CASE(every_worker_runs_on_its_cpu_and_the_caller_is_free_again_afterwards) {
  const std::vector<unsigned> usable = usable_cpus();
  if (usable.empty()) return;  // a system that pins nobody
  const unsigned last = usable.back();
  ThreadPool pool(2, {last});
  BOOST_TEST(pool.pinned() == 2u);
  std::vector<std::vector<unsigned>> seen(2);
  pool.run([&](std::size_t worker) { seen[worker] = usable_cpus(); });
  for (const std::vector<unsigned>& cpus : seen) BOOST_TEST(cpus == std::vector<unsigned>{last});
  BOOST_TEST(usable_cpus() == usable);
  BOOST_CHECK_THROW(pool.run([](std::size_t) { throw 1; }), int);
  BOOST_TEST(usable_cpus() == usable);
}

BOOST_AUTO_TEST_CASE(a_cpu_that_may_not_be_used_pins_nobody) {
  ThreadPool pool(2, {1u << 20});
  BOOST_TEST(pool.pinned() == 0u);
  pool.run([](std::size_t) {});
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
