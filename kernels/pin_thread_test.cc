// SPDX-License-Identifier: Apache-2.0
#include "kernels/pin_thread.h"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(pin_thread)

BOOST_AUTO_TEST_CASE(a_cpu_that_does_not_exist_is_refused) {
  std::thread thread([] {});
  BOOST_TEST(!memqual::kernels::pin_thread(thread, 1u << 20));
  thread.join();
}

BOOST_AUTO_TEST_SUITE_END()
