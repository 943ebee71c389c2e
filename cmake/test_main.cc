// SPDX-License-Identifier: Apache-2.0
// main() of every Boost.Test program.
#define BOOST_TEST_MODULE memqual
#include <boost/test/unit_test.hpp>
