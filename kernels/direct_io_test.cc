// SPDX-License-Identifier: Apache-2.0
#include "kernels/direct_io.h"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(direct_io)

BOOST_AUTO_TEST_CASE(a_flag_is_no_empty_flag) {
  if (const auto flag = memqual::kernels::direct_open_flag()) BOOST_TEST(*flag != 0);
}

BOOST_AUTO_TEST_SUITE_END()
