// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/kernel_elements.h"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace memqual;

namespace {

KernelOp op_of(KernelOperation what) {
  KernelOp op;
  op.what = what;
  return op;
}

/// The dtypes that `op` takes.
std::set<std::string> taken_by(const KernelOp& op) {
  std::set<std::string> taken;
  for (const std::string& dtype : kernel_dtypes())
    if (element_trouble(op, {dtype, 9, 9}).empty()) taken.insert(dtype);
  return taken;
}

const std::set<std::string> kFloats{"float64", "float32", "float16", "bfloat16"};

}  // namespace

BOOST_AUTO_TEST_SUITE(kernel_elements)

BOOST_AUTO_TEST_CASE(each_operation_takes_what_the_kernels_take) {
  using Op = KernelOperation;
  const std::set<std::string> all(kernel_dtypes().begin(), kernel_dtypes().end());
  std::set<std::string> numbers = kFloats;
  numbers.insert("int32");
  for (const Op what : {Op::random, Op::copy, Op::transpose, Op::fill})
    BOOST_TEST((taken_by(op_of(what)) == all));
  BOOST_TEST((taken_by(op_of(Op::sqrt)) == kFloats));
  for (const Op what : {Op::scale_offset, Op::triad})
    BOOST_TEST((taken_by(op_of(what)) == numbers));
  for (const Op what : {Op::five_point, Op::nine_point, Op::box_blur})
    BOOST_TEST((taken_by(op_of(what)) == std::set<std::string>{"float64", "float32"}));
  KernelOp convert = op_of(Op::convert);
  for (const char* half : {"float16", "bfloat16"}) {
    convert.dtype = half;
    BOOST_TEST((taken_by(convert) == std::set<std::string>{"float32"}));
  }
  convert.dtype = "float32";
  BOOST_TEST((taken_by(convert) == std::set<std::string>{"float16", "bfloat16"}));
}

BOOST_AUTO_TEST_CASE(numbers_have_to_fit_integers) {
  KernelOp fill = op_of(KernelOperation::fill);
  fill.value = 300;
  BOOST_TEST(element_trouble(fill, {"uint8", 1, 1}) ==
             "uint8 with 300: use a whole number from 0 to 255");
  BOOST_TEST(element_trouble(fill, {"int32", 1, 1}).empty());
  fill.value = 0.5;
  BOOST_TEST(!element_trouble(fill, {"int32", 1, 1}).empty());
  BOOST_TEST(element_trouble(fill, {"float16", 1, 1}).empty());
  KernelOp scale = op_of(KernelOperation::scale_offset);
  scale.b = 3e9;
  BOOST_TEST(!element_trouble(scale, {"int32", 1, 1}).empty());
  BOOST_TEST(element_trouble(scale, {"float32", 1, 1}).empty());
}

BOOST_AUTO_TEST_CASE(a_reflection_needs_as_many_rows_and_columns_as_it_mirrors) {
  KernelOp blur = op_of(KernelOperation::box_blur);
  blur.boundary = KernelBoundary::reflect;
  blur.radius = 4;
  BOOST_TEST(element_trouble(blur, {"float64", 5, 5}).empty());
  BOOST_TEST(!element_trouble(blur, {"float64", 4, 5}).empty());
  BOOST_TEST(!element_trouble(blur, {"float64", 5, 4}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
