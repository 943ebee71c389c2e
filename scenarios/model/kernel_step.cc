// SPDX-License-Identifier: Apache-2.0
#include "scenarios/model/kernel_step.h"

#include <array>
#include <utility>

namespace memqual {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 6> kDtypes{
    {{"float64", 8}, {"float32", 4}, {"float16", 2}, {"bfloat16", 2}, {"int32", 4}, {"uint8", 1}}};

}  // namespace

bool has_halo(KernelOperation what) {
  return what == KernelOperation::five_point || what == KernelOperation::nine_point ||
         what == KernelOperation::box_blur;
}

bool makes_array(KernelOperation what) {
  return what == KernelOperation::fill || what == KernelOperation::random;
}

bool stands_alone(KernelOperation what) {
  return makes_array(what) || what == KernelOperation::triad || what == KernelOperation::transpose;
}

bool same_elements(const ArrayType& a, const ArrayType& b) {
  return a.dtype == b.dtype && a.rows == b.rows && a.cols == b.cols;
}

bool runs_on_device(KernelOperation what) { return !has_halo(what) && !stands_alone(what); }

const std::vector<std::string>& kernel_dtypes() {
  static const std::vector<std::string> words = [] {
    std::vector<std::string> all;
    for (const auto& [word, bytes] : kDtypes) all.emplace_back(word);
    return all;
  }();
  return words;
}

std::uint64_t dtype_bytes(std::string_view dtype) {
  for (const auto& [word, bytes] : kDtypes)
    if (word == dtype) return bytes;
  return 0;
}

}  // namespace memqual
