// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/kernel_step.h"

#include <boost/test/unit_test.hpp>

#include "scenarios/model/workload.h"

using namespace memqual;

BOOST_AUTO_TEST_SUITE(kernel_step)

BOOST_AUTO_TEST_CASE(every_dtype_of_kernels_has_a_size) {
  BOOST_TEST(kernel_dtypes().size() == 6u);
  for (const std::string& dtype : kernel_dtypes()) BOOST_TEST(dtype_bytes(dtype) > 0u, dtype);
  BOOST_TEST(dtype_bytes("float64") == 8u);
  BOOST_TEST(dtype_bytes("bfloat16") == 2u);
  BOOST_TEST(dtype_bytes("int64") == 0u);
}

BOOST_AUTO_TEST_CASE(operations_that_stand_alone_are_no_steps_of_a_pass) {
  std::vector<std::string> alone, near;
  for (const std::string& word : words_of<KernelOperation>()) {
    const KernelOperation what = *from_word<KernelOperation>(word);
    if (stands_alone(what)) alone.push_back(word);
    if (has_halo(what)) near.push_back(word);
  }
  BOOST_TEST((alone == std::vector<std::string>{"fill", "random", "triad", "transpose"}));
  BOOST_TEST((near == std::vector<std::string>{"five_point", "nine_point", "box_blur"}));
}

BOOST_AUTO_TEST_CASE(a_step_with_a_file_needs_the_scratch_folder) {
  Kernel step;
  step.in = ArrayRef{ArrayPlace::memory, "a", std::nullopt, ArrayAccess::mapped};
  BOOST_TEST(!needs_scratch({{step, ""}}));
  step.out = ArrayRef{ArrayPlace::raw, "b", std::nullopt, ArrayAccess::mapped};
  BOOST_TEST(needs_scratch({{step, ""}}));
}

BOOST_AUTO_TEST_SUITE_END()
