// SPDX-License-Identifier: Apache-2.0
#include "harness/attribute/kernel_words.h"

#include <boost/test/unit_test.hpp>

using namespace memqual::attribution;

BOOST_AUTO_TEST_SUITE(kernel_words)

BOOST_AUTO_TEST_CASE(a_refused_charge_is_read_to_the_byte) {
  const char* line =
      "__vm_enough_memory: pid: 17, comm: memqual-child, bytes: 64424509440 not enough memory for "
      "the allocation";
  BOOST_TEST(refused_charge(line).value() == 64424509440U);
}

BOOST_AUTO_TEST_CASE(other_lines_and_those_about_probes_say_nothing) {
  for (const char* line :
       {"__vm_enough_memory: pid: 17, comm: memqual-probe, bytes: 4096 not enough memory for the "
        "allocation",
        "__vm_enough_memory: pid: 17, comm: memqual-child, no_vm", "bytes: 4096",
        "bytes: x not enough memory for the allocation", ""})
    BOOST_TEST(!refused_charge(line).has_value(), line);
}

BOOST_AUTO_TEST_CASE(the_data_limit_is_said_once_and_not_about_probes) {
  BOOST_TEST(says_data_limit(
      "mmap: memqual-child (17): VmData 67112960 exceed data ulimit 67108864. Update limits."));
  BOOST_TEST(!says_data_limit(
      "mmap: memqual-probe (17): VmData 67112960 exceed data ulimit 67108864. Update limits."));
  BOOST_TEST(!says_data_limit("memqual-child (17): VmData"));
}

BOOST_AUTO_TEST_SUITE_END()
