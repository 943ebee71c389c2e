// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy header, versions 1 to 3:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/element.h"
#include "kernels/result.h"

namespace memqual::kernels {

/// A little-endian, row-major array. One dimension is one row; more than two are joined into rows
/// of the last dimension's length.
struct NpyHeader {
  Element element = Element::float64;
  std::vector<std::uint64_t> shape;  ///< as it was saved; none of a single number
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::uint64_t data_offset = 0;  ///< bytes from the start of the file to the first element
};

/// At most this many bytes of a file need to be read for parse_npy_header.
inline constexpr std::size_t kNpyHeaderLimit = 65536;

/// Reads the header from the first bytes of a file, all of it or kNpyHeaderLimit of them. Never
/// trusts them: any bytes are a header or an Error. What is refused says so: other types, other
/// byte order, column-major arrays, more elements than 2^60 bytes hold.
Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes);

/// A version 1 header whose length is a multiple of 64. At most 64 dimensions. NumPy has no
/// bfloat16: an Error.
Result<std::string> make_npy_header(Element element, const std::vector<std::uint64_t>& shape);

}  // namespace memqual::kernels
