// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/device.h"

#include <boost/test/unit_test.hpp>

namespace memqual::kernels::cuda {
namespace {

BOOST_AUTO_TEST_CASE(an_error_names_the_call_and_the_words_of_the_api) {
  const ApiError refused{"cudaMalloc", 2, "cudaErrorMemoryAllocation", "out of memory", true};
  const Error error = as_error("take device memory", refused);
  BOOST_TEST(error.message ==
             "cannot take device memory: cudaMalloc said cudaErrorMemoryAllocation (2): out of "
             "memory");
  BOOST_TEST(error.hint == "ask for less, or free what others hold");
}

}  // namespace
}  // namespace memqual::kernels::cuda
