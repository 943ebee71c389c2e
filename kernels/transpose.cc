// SPDX-License-Identifier: Apache-2.0
#include "kernels/transpose.h"

#include <string>

namespace memqual::kernels {

Status transpose(const Kernels& kernels, const ConstView& x, View out, Store store) {
  if (x.rows != out.cols || x.cols != out.rows || x.element != out.element)
    return Error{"cannot transpose " + std::to_string(x.rows) + "x" + std::to_string(x.cols) + " " +
                     std::string(to_string(x.element)) + " into " + std::to_string(out.rows) + "x" +
                     std::to_string(out.cols) + " " + std::string(to_string(out.element)),
                 "exchange rows and columns"};
  const StencilOps& ops = kernels.stencil();
  const std::size_t size = element_size(x.element);
  const StencilOps::Transpose run = size == 8   ? ops.transpose_8
                                    : size == 4 ? ops.transpose_4
                                    : size == 2 ? ops.transpose_2
                                                : ops.transpose_1;
  if (!x.empty()) run(x.data, x.stride, out.data, out.stride, x.rows, x.cols, store);
  return done();
}

}  // namespace memqual::kernels
