// SPDX-License-Identifier: Apache-2.0
#include "kernels/bench/table.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace memqual::kernels::bench;

namespace {

Row row(const std::string& name, const std::string& limit) { return {name, limit, 100, {}}; }

Times taking(double one_thread, double two_threads) {
  Times times;
  times.ours.seconds[0] = {one_thread};
  times.ours.seconds[1] = {two_threads};
  return times;
}

/// A limit that doubles with two threads, and one row held against it.
struct Fixture {
  std::vector<Row> rows = {row("copy: streaming stores", ""), row("sqrt", "copy")};
  std::vector<Times> times = {taking(1, 0.5), taking(1.25, 1)};

  std::vector<std::string> missed() const {
    return Table(rows, times, control_of(rows, times), true).missed();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(bench_table)

BOOST_FIXTURE_TEST_CASE(a_share_below_its_target_is_told_for_each_number_of_threads, Fixture) {
  rows[1].share[0] = 0.75;
  rows[1].share[1] = 0.75;
  BOOST_TEST(missed() == (std::vector<std::string>{"sqrt, 2 threads: 0.50 of copy, wanted 0.75"}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(two_threads_are_not_judged_where_the_control_is_bad, Fixture) {
  rows[1].share[1] = 0.99;
  times[0] = taking(1, 1);
  BOOST_TEST(missed().empty());
}

BOOST_FIXTURE_TEST_CASE(a_limit_is_the_fastest_of_its_ways, Fixture) {
  rows.push_back(row("copy: memcpy", ""));
  times.push_back(taking(0.5, 0.5));
  rows[1].share[0] = 0.75;
  BOOST_TEST(missed() == (std::vector<std::string>{"sqrt, 1 thread: 0.40 of copy, wanted 0.75"}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_peer_is_judged_where_it_is_here, Fixture) {
  rows[1].peers = {{"here", 4}, {"absent", 4}};
  times[1].peers["here"].seconds[0] = {2.5};
  times[1].peers["here"].seconds[1] = {5};
  BOOST_TEST(missed() == (std::vector<std::string>{"sqrt, 1 thread: 2.00 times here, wanted 4.00"}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(another_row_is_a_peer, Fixture) {
  rows[1].other_rows = {{"copy: streaming stores", 0.9, 0}};
  BOOST_TEST(missed() == (std::vector<std::string>{
                             "sqrt, 1 thread: 0.80 times `copy: streaming stores`, wanted 0.90"}),
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_resident_set_that_grows_too_much_is_told, Fixture) {
  rows[1].resident = 1 << 20;
  times[1].ours.grown[0] = 3 << 19;
  BOOST_TEST(missed() == (std::vector<std::string>{"sqrt, 1 thread: grows by 1.5 MiB, wanted 1"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_row_that_runs_alone_is_judged_once) {
  std::vector<Row> rows = {row("cold: dd", ""), row("sum", "cold")};
  for (Row& one : rows) one.alone = true;
  rows[1].share[0] = rows[1].share[1] = 0.9;
  const std::vector<Times> times = {taking(1, 9), taking(2, 9)};
  BOOST_TEST(Table(rows, times, 1.9, true).missed() ==
                 (std::vector<std::string>{"sum, 1 thread: 0.50 of cold, wanted 0.90"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
