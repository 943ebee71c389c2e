// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/bandwidth.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;
using Operation = BandwidthOperation;

namespace {

BandwidthFigure figure(Operation operation, std::uint32_t threads, std::uint64_t median_ns) {
  BandwidthFigure made;
  made.operation = operation;
  made.threads = threads;
  made.moved_bytes = 2000;
  made.median_ns = median_ns;
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bandwidth_values)

BOOST_AUTO_TEST_CASE(the_arrays_of_a_step_follow_from_its_operations) {
  const std::vector<std::pair<std::vector<Operation>, std::uint64_t>> rows = {
      {{Operation::read}, 1},
      {{Operation::read, Operation::write, Operation::nt_write}, 1},
      {{Operation::copy, Operation::read}, 2},
      {{Operation::triad, Operation::copy}, 3},
      {{Operation::page_fault}, 1},
      {{Operation::huge_page_fault, Operation::page_fault, Operation::copy}, 3},
  };
  for (const auto& [operations, arrays] : rows) {
    Bandwidth step;
    step.operations = operations;
    BOOST_TEST(bandwidth_arrays(step) == arrays);
  }
}

BOOST_AUTO_TEST_CASE(lists_of_cpus_are_read_and_written_as_the_kernel_does) {
  using Cpus = std::vector<std::uint32_t>;
  for (const auto& [list, cpus] : std::vector<std::pair<const char*, Cpus>>{
           {"", {}}, {"0", {0}}, {"0-3,8", {0, 1, 2, 3, 8}}, {"1,3,5-6", {1, 3, 5, 6}}}) {
    BOOST_TEST(cpus_of_list(list) == cpus, boost::test_tools::per_element());
    BOOST_TEST(list_of_cpus(cpus) == list);
  }
  for (const char* bad : {"x", "1-", "3-1", "1,", ",1", "1 2", "-1", "99999999999"})
    BOOST_TEST(cpus_of_list(bad).empty(), bad);
  BOOST_TEST(cpus_of_list("0-4294967295").size() == 4096U);
}

BOOST_AUTO_TEST_CASE(a_rate_is_bytes_by_time_and_nothing_without_time) {
  BOOST_TEST(figure(Operation::copy, 1, 1000).bytes_per_second() == 2e9);
  BOOST_TEST(figure(Operation::copy, 1, 0).bytes_per_second() == 0);
}

BOOST_AUTO_TEST_CASE(the_control_compares_copies_of_two_threads_with_one) {
  BOOST_TEST(!thread_control({}).has_value());
  BOOST_TEST(!thread_control({figure(Operation::copy, 2, 500)}).has_value());
  BOOST_TEST(!thread_control({figure(Operation::read, 1, 1000), figure(Operation::read, 2, 500)})
                  .has_value());
  BOOST_TEST(!thread_control({figure(Operation::copy, 1, 0), figure(Operation::copy, 2, 500)})
                  .has_value());
  BOOST_TEST(*thread_control({figure(Operation::copy, 2, 500), figure(Operation::copy, 1, 1000)}) ==
             2.0);
}

BOOST_AUTO_TEST_SUITE_END()
