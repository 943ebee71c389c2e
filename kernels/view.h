// SPDX-License-Identifier: Apache-2.0
// A row-major array, or a rectangle of one, that somebody else owns. One dimension is one row.
#pragma once

#include <cstddef>

#include "kernels/element.h"

namespace memqual::kernels {

/// `Byte` is std::byte or const std::byte.
template <class Byte>
struct BasicView {
  Byte* data = nullptr;  ///< element (0, 0); any alignment
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;  ///< bytes from one row to the next, >= cols * element size
  Element element = Element::float64;

  BasicView() = default;
  /// A whole array without gaps between rows.
  BasicView(Byte* first, std::size_t row_count, std::size_t col_count, Element type)
      : BasicView(first, row_count, col_count, type, col_count * element_size(type)) {}
  BasicView(Byte* first, std::size_t row_count, std::size_t col_count, Element type,
            std::size_t stride_bytes)
      : data(first), rows(row_count), cols(col_count), stride(stride_bytes), element(type) {}

  std::size_t row_bytes() const { return cols * element_size(element); }
  /// Bytes of the elements, gaps between rows not counted.
  std::size_t bytes() const { return rows * row_bytes(); }
  bool empty() const { return rows == 0 || cols == 0; }
  /// Rows follow each other without gaps: the whole can be walked as one run.
  bool contiguous() const { return rows <= 1 || stride == row_bytes(); }
  Byte* row(std::size_t index) const { return data + index * stride; }
  Byte* at(std::size_t r, std::size_t c) const { return row(r) + c * element_size(element); }
  /// The rectangle whose first element is (r, c). It must lie inside.
  BasicView part(std::size_t r, std::size_t c, std::size_t row_count, std::size_t col_count) const {
    return {at(r, c), row_count, col_count, element, stride};
  }

  /// A view that may be written may be read.
  operator BasicView<const std::byte>() const { return {data, rows, cols, element, stride}; }
};

using View = BasicView<std::byte>;
using ConstView = BasicView<const std::byte>;

/// Where a view's element (0, 0) lies in the array that it is a part of, and how long that array's
/// rows are. What depends on an element's place (random fill, sums, checksums) is then the same for
/// every way of cutting the array.
struct Position {
  std::size_t row = 0;
  std::size_t col = 0;
  std::size_t array_cols = 0;
};

}  // namespace memqual::kernels
