// SPDX-License-Identifier: Apache-2.0
#include "scenarios/load/kernel_elements.h"

#include <charconv>
#include <cmath>

namespace memqual {
namespace {

bool is_floating(const std::string& dtype) { return dtype != "int32" && dtype != "uint8"; }

bool is_whole(double value, double least, double most) {
  return value >= least && value <= most && std::trunc(value) == value;
}
bool is_int32(double value) { return is_whole(value, -2147483648.0, 2147483647.0); }

std::string number_text(double value) {
  char digits[32];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

std::string halo_trouble(const KernelOp& op, const ArrayType& type) {
  if (type.dtype != "float64" && type.dtype != "float32")
    return "takes float64 or float32, not " + type.dtype + "; " +
           (is_floating(type.dtype) ? "convert it to float32 in a step before"
                                    : "use an array of those");
  const std::uint64_t halo = op.what == KernelOperation::box_blur ? op.radius : 1;
  if (op.boundary == KernelBoundary::reflect && (halo >= type.rows || halo >= type.cols))
    return "cannot reflect " + std::to_string(halo) + " rows and columns of an array of " +
           std::to_string(type.rows) + "x" + std::to_string(type.cols) +
           "; use another boundary or a smaller radius";
  return "";
}

}  // namespace

std::string element_trouble(const KernelOp& op, const ArrayType& type) {
  const std::string& dtype = type.dtype;
  const bool short_float = dtype == "float16" || dtype == "bfloat16";
  switch (op.what) {
    case KernelOperation::fill:
      if (is_floating(dtype) || (dtype == "int32" && is_int32(op.value)) ||
          (dtype == "uint8" && is_whole(op.value, 0, 255)))
        return "";
      return dtype + " with " + number_text(op.value) + ": use a whole number from " +
             (dtype == "int32" ? "-2147483648 to 2147483647" : "0 to 255");
    case KernelOperation::sqrt:
      return is_floating(dtype) ? ""
                                : "takes floating elements, not " + dtype +
                                      "; use float64, float32, float16 or bfloat16";
    case KernelOperation::scale_offset:
    case KernelOperation::triad:
      if (dtype == "uint8") return "takes int32 or floating elements, not uint8; use one of them";
      if (dtype == "int32" && !(is_int32(op.a) && is_int32(op.b)))
        return "of int32 takes whole numbers from -2147483648 to 2147483647; change a or b";
      return "";
    case KernelOperation::convert: {
      const bool narrowing =
          dtype == "float32" && (op.dtype == "float16" || op.dtype == "bfloat16");
      if (narrowing || (short_float && op.dtype == "float32")) return "";
      return "makes float16 or bfloat16 of float32, or float32 of those, not " + op.dtype + " of " +
             dtype + "; write another dtype";
    }
    case KernelOperation::five_point:
    case KernelOperation::nine_point:
    case KernelOperation::box_blur:
      return halo_trouble(op, type);
    default:
      return "";
  }
}

}  // namespace memqual
