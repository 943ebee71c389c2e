// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/kernel_fields.h"

#include <boost/test/unit_test.hpp>

using namespace memqual;

namespace {

Kernel full_step() {
  Kernel step;
  KernelOp blur;
  blur.what = KernelOperation::box_blur;
  blur.radius = 3;
  blur.boundary = KernelBoundary::constant;
  blur.value = -0.1;
  KernelOp scale;
  scale.what = KernelOperation::scale_offset;
  scale.a = 1e300;
  scale.b = 1.0 / 3.0;
  KernelOp half;
  half.what = KernelOperation::convert;
  half.dtype = "float16";
  step.chain = {blur, scale, half};
  step.in = ArrayRef{ArrayPlace::npy, "in file.npy", std::nullopt, ArrayAccess::read};
  step.out = ArrayRef{ArrayPlace::memory, "b", ArrayType{"float16", 30, 20, {5, 6, 20}},
                      ArrayAccess::mapped};
  step.reduce = KernelReduce::summary;
  step.checksum = true;
  step.tile = TileShape{5, 7};
  step.threads = 2;
  step.rounds = 9;
  step.verify = true;
  step.device = KernelDevice::cuda;
  return step;
}

Result<Kernel> read_with(const std::string& key, const std::string& value) {
  KernelFields fields = kernel_fields(full_step());
  for (auto& [name, text] : fields)
    if (name == key) text = value;
  return kernel_from_fields(fields);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernel_fields_of_steps)

BOOST_AUTO_TEST_CASE(a_step_comes_back_as_it_was) {
  const Result<Kernel> back = kernel_from_fields(kernel_fields(full_step()));
  BOOST_REQUIRE(back.ok());
  BOOST_TEST((*back == full_step()));
  const Result<Kernel> empty = kernel_from_fields({});
  BOOST_REQUIRE(empty.ok());
  BOOST_TEST((*empty == Kernel{}));
}

BOOST_AUTO_TEST_CASE(only_what_differs_from_the_default_is_written) {
  Kernel step;
  step.chain.emplace_back().what = KernelOperation::sqrt;
  step.in = ArrayRef{ArrayPlace::memory, "a", ArrayType{"float64", 2, 3}, ArrayAccess::mapped};
  const KernelFields expected{
      {"op.0", "sqrt"}, {"in", "a"}, {"in.dtype", "float64"}, {"in.rows", "2"}, {"in.cols", "3"}};
  BOOST_TEST((kernel_fields(step) == expected));
}

BOOST_AUTO_TEST_CASE(bad_values_are_named) {
  const std::pair<const char*, const char*> bad[] = {
      {"op.0", "explode"},        {"op.1.a", "much"},
      {"op.0.boundary", "cliff"}, {"in.place", "cloud"},
      {"out.dtype", "int128"},    {"out.rows", "0"},
      {"out.rows", "-1"},         {"out.cols", "9000000000000000000"},
      {"out.shape", "5x6"},       {"out.shape", "5x6x20x"},
      {"out.shape", "0x6x20"},    {"out.shape", "5,6,20"},
      {"out.shape", ""},          {"out.shape", "30x20x18446744073709551615"},
      {"threads", "0"},           {"rounds", "1x"},
      {"reduce", "mean"},         {"tile.rows", ""},
      {"device", "abacus"}};
  for (const auto& [key, value] : bad) {
    const Result<Kernel> read = read_with(key, value);
    BOOST_TEST_CONTEXT(key << "=" << value) {
      BOOST_REQUIRE(!read.ok());
      BOOST_TEST(read.error().message.find("kernel: bad ") == 0u);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_step_is_described_in_one_line) {
  BOOST_TEST(
      describe_kernel(full_step()) ==
      "box_blur radius 3, scale_offset 1e+300*x + 0.3333333333333333, convert to float16, "
      "summary, checksum over in file.npy, npy file into b (30x20 float16), tiles of 5x7, on "
      "cuda, 2 threads, 9 rounds, verified");
  BOOST_TEST(kernel_title(full_step()) == "box_blur, scale_offset, convert, summary, checksum");
}

BOOST_AUTO_TEST_SUITE_END()
