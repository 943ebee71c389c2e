// SPDX-License-Identifier: Apache-2.0
// main() of every Boost.Test program.
#define BOOST_TEST_MODULE memqual
#ifdef BOOST_TEST_DYN_LINK
#include <boost/test/unit_test.hpp>
#else
#include <boost/test/included/unit_test.hpp>
#endif
